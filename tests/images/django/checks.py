"""A Django project of which only the home page is ever asked for.

Never probed: linked pages, the admin, forms, two languages, mail, error pages, DEBUG pages, the
database and caches that the environment may choose, management commands, its tests.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from images.started import Check, Checks, Container, Finished, Image, Response, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")
PORT = 8000
FORM = "application/x-www-form-urlencoded"
SEPARATOR = "sep4rator"


class Visitor:
    """A browser as far as Django cares: cookies, and the token of the form that it was shown."""

    def __init__(self, site: Container, language: str = "en") -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.language = language

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookie, "Accept-Language": self.language, **(headers or {})}
        answer = self.site.request(method, path, sent, body)
        for name, value in re.findall(r"(\w+)=([^;,]*);", answer.headers.get("set-cookie", "")):
            if name in ("csrftoken", "sessionid", "messages", "django_language"):
                self.cookies[name] = value
        return answer

    def get(self, path: str) -> Response:
        return self.request("GET", path)

    def post(self, path: str, **fields: str) -> Response:
        """GET the form, then send it."""
        self.get(path)
        body = urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}).encode()
        return self.request("POST", path, {"Content-Type": FORM}, body)


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        _pages(checks, site)
        _exports(checks, site)
        _forms(checks, site)
        _errors(checks, site)
        with checks("createsuperuser"):
            made = site.execute(
                *("python", "manage.py", "createsuperuser", "--noinput", "--username", "ada"),
                *("--email", "ada@shop.example"),
                options=("--env", "DJANGO_SUPERUSER_PASSWORD=lovelace1815"),
            )
            equal((made.exit_code, made.stdout.strip()), (0, "Superuser created successfully."))
        _admin(checks, site)
        _accounts(checks, site)
        _commands(checks, site)
        with checks("it stops in good order"):
            equal(site.stop(), 0)
    _debug(checks, image)
    return checks.results


def _pages(checks: Checks, site: Container) -> None:
    visitor, german = Visitor(site), Visitor(site, "de")
    with checks("the list that the home page links to, in pages"):
        text = visitor.get("/products/").text
        contains(text, "Atlas")
        contains(text, "&lt;Page 1 of 3&gt;")
        contains(text, 'href="?page=2"')
        contains(visitor.get("/products/?page=3").text, "Journal")
    with checks("a search that finds nothing"):
        contains(visitor.get("/products/?q=zebra").text, "<li>nothing</li>")
    with checks("a page with the project's own tags, humanize, l10n, cache"):
        text = visitor.get("/products/compass-rose/").text
        contains(text, "<b>1236.50&nbsp;€</b> 1,202 ★★★")
        contains(text, "March 14, 2023, 11:13 p.m.")
        contains(text, "3 stars")
    with checks("the same in German: translations and formats"):
        text = german.get("/products/journal/").text
        contains(text, '<html lang="de">')
        contains(text, "<b>1243,50&nbsp;€</b>")
        contains(text, "14. Januar 2023 23:13")
        contains(text, "5 Sterne")
    with checks("a language chosen by a form and kept in a cookie"):
        chooser = Visitor(site)
        chooser.get("/contact/")
        token = chooser.cookies["csrftoken"]
        body = urlencode({"csrfmiddlewaretoken": token, "language": "de", "next": "/"}).encode()
        equal(chooser.request("POST", "/i18n/setlang/", {"Content-Type": FORM}, body).status, 302)
        contains(chooser.get("/").text, "Willkommen")
    with checks("a yearly archive"):
        contains(visitor.get("/archive/2023/").text, "January February March 10")
    with checks("JSON, grouped by the database"):
        first = visitor.get("/api/products/").json()["months"][0]
        equal((first["month"], first["count"]), ("2023-01-01T00:00:00+01:00", 4))
    with checks("an asynchronous view"):
        equal(visitor.get("/slow/").json(), {"count": 10})
    with checks("a time zone by name"):
        contains(visitor.get("/time/Asia/Tokyo/").text, "2023-01-15T07:13:20+09:00 Asia/Tokyo")
    with checks("a feed and a site map"):
        contains(visitor.get("/feed/").text, "<title>New products</title>")
        contains(visitor.get("/sitemap.xml").text, "/products/atlas/</loc>")
    with checks("the catalogue of messages for JavaScript, in German"):
        contains(german.get("/jsi18n/").text, "Alle ausw\\u00e4hlen")
    with checks("static files by their hashed names, compressed too"):
        link = re.search(r'href="(/static/catalog/shop\.\w+\.css)"', visitor.get("/").text)
        assert link, "no style sheet is linked"
        answer = site.get(link[1], Accept_Encoding="gzip")
        equal((answer.status, answer.headers["content-type"]), (200, 'text/css; charset="utf-8"'))
        equal(site.get("/static/admin/css/base.css").status, 200)


def _exports(checks: Checks, site: Container) -> None:
    with checks("CSV"):
        contains(site.get("/export/csv/").text, "Atlas,1234.50\r\n")
    with checks("a zip archive"):
        answer = site.get("/export/zip/")
        equal((answer.status, answer.headers["content-type"]), (200, "application/zip"))
        archive = zipfile.ZipFile(io.BytesIO(answer.body))
        equal(archive.read("Globe.txt"), b"1240.50")
    with checks("serializers by name"):
        equal(len(site.get("/export/json/").json()), 10)
        contains(site.get("/export/xml/").text, '<object model="catalog.product" pk="1">')


def _forms(checks: Checks, site: Container) -> None:
    visitor, german = Visitor(site), Visitor(site, "de")
    right = {"name": "Bob", "email": "bob@post.example", "topic": "order", "message": "Hello " * 12}
    with checks("the form's widgets"):
        text = visitor.get("/contact/").text
        for part in ("<textarea", 'type="radio"', 'name="wanted_month"', "March"):
            contains(text, part)
    with checks("a wrong form, told in two languages"):
        contains(visitor.post("/contact/", email="x").text, "Enter a valid email address.")
        contains(german.post("/contact/", email="x").text, "Dieses Feld ist zwingend erforderlich.")
    with checks("a right form sends mail and leaves a message"):
        answer = visitor.post("/contact/", **right)
        equal((answer.status, answer.headers["location"]), (302, "/"))
        contains(visitor.get("/").text, '<p class="success">Thank you</p>')
        site.eventually("Bob wrote: Hello")
        site.eventually('Content-Disposition: attachment; filename="terms.txt"')
    with checks("a form without its token is refused"):
        answer = site.request("POST", "/contact/", {"Content-Type": FORM}, urlencode(right).encode())
        equal(answer.status, 403)
        contains(answer.text, "CSRF verification failed")
    with checks("a session in the database"):
        equal(visitor.get("/cart/atlas/").status, 302)
        contains(visitor.get("/").text, "Atlas is in the cart")
        contains(visitor.get("/").text, "<p>1</p>")
    with checks("a file sent"):
        visitor.get("/upload/")
        fields = [
            ('form-data; name="csrfmiddlewaretoken"', visitor.cookies["csrftoken"]),
            ('form-data; name="file"; filename="big.txt"\r\nContent-Type: text/plain', "x" * 3_000_000),
        ]
        body = "".join(f"--{SEPARATOR}\r\nContent-Disposition: {h}\r\n\r\n{v}\r\n" for h, v in fields)
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = visitor.request("POST", "/upload/", headers, f"{body}--{SEPARATOR}--\r\n".encode())
        equal(answer.json(), {"name": "big.txt", "size": 3_000_000, "type": "text/plain"})


def _errors(checks: Checks, site: Container) -> None:
    with checks("the project's own page for 404, in German"):
        answer = Visitor(site, "de").get("/missing/")
        equal(answer.status, 404)
        contains(answer.text, "<h1>Keine solche Seite</h1>")
    with checks("the project's own page for 500, and a mail with the technical page"):
        answer = site.get("/broken/")
        equal(answer.status, 500)
        contains(answer.text, "The shop is broken")
        site.eventually("ZeroDivisionError: division by zero")
        site.eventually("Subject: [Django] ERROR")
        site.eventually('Content-Type: text/html; charset="utf-8"')
        site.eventually("<h1>ZeroDivisionError")
    with checks("405"):
        equal(site.request("TRACE", "/products/").status, 405)


def _admin(checks: Checks, site: Container) -> None:
    visitor, german = Visitor(site), Visitor(site, "de")
    with checks("the admin's log-in"):
        contains(visitor.get("/admin/login/").text, "Django administration")
        contains(visitor.post("/admin/login/", username="ada", password="wrong").text, "correct username")
        for one in (visitor, german):
            answer = one.post("/admin/login/?next=/admin/", username="ada", password="lovelace1815")
            equal(answer.status, 302)
    with checks("its index, in German"):
        text = german.get("/admin/").text
        contains(text, "Katalog")
        contains(text, "Neueste Aktionen")
    with checks("a change list with filters, dates and a search"):
        text = visitor.get("/admin/catalog/product/?q=a&category__id__exact=1").text
        contains(text, "By category")
        contains(text, "Atlas")
        contains(text, "Past 7 days")
    with checks("an add form with inlines and a widget of its own"):
        text = visitor.get("/admin/catalog/product/add/").text
        contains(text, "admin-autocomplete")
        contains(text, "vDateField")
    with checks("something added, through a signal too"):
        answer = visitor.post(
            "/admin/catalog/product/add/",
            name="Kite",
            slug="kite",
            category="1",
            price="3.5",
            details="{}",
            **{"added_0": "2024-02-03", "added_1": "12:00", "change_set-TOTAL_FORMS": "0"},
            **{"change_set-INITIAL_FORMS": "0"},
        )
        equal(answer.status, 302)
        contains(visitor.get("/admin/catalog/product/").text, "was added successfully")
        contains(visitor.get("/admin/catalog/product/11/change/").text, "Change object (1)")
    with checks("history, and an action that asks first"):
        contains(visitor.get("/admin/catalog/product/11/history/").text, "Added")
        answer = visitor.post(
            "/admin/catalog/product/", action="delete_selected", _selected_action="11", index="0"
        )
        contains(answer.text, "Are you sure")
        equal(visitor.post("/admin/catalog/product/11/delete/", post="yes").status, 302)
    with checks("what its autocompletion asks"):
        query = "term=ma&app_label=catalog&model_name=product&field_name=category"
        equal(visitor.get(f"/admin/autocomplete/?{query}").json()["results"], [{"id": "1", "text": "Maps"}])
    with checks("users and their permissions"):
        contains(visitor.get("/admin/auth/user/1/change/").text, "Can add log entry")
        contains(visitor.get("/admin/auth/user/add/").text, "password2")
        contains(visitor.get("/admin/password_change/").text, "Old password")
        contains(visitor.get("/admin/auth/user/1/password/").text, "ada")


def _accounts(checks: Checks, site: Container) -> None:
    visitor = Visitor(site)
    with checks("a page behind a log-in"):
        equal(visitor.get("/account/").headers["location"], "/accounts/login/?next=/account/")
        visitor.post("/accounts/login/?next=/account/", username="ada", password="lovelace1815")
        equal(visitor.get("/account/").text, "ada")
    with checks("a password that is too common"):
        answer = visitor.post(
            "/accounts/password_change/",
            old_password="lovelace1815",
            new_password1="trustno1",
            new_password2="trustno1",
        )
        contains(answer.text, "This password is too common.")
    with checks("a password that was forgotten"):
        answer = Visitor(site).post("/accounts/password_reset/", email="ada@shop.example")
        equal(answer.headers["location"], "/accounts/password_reset/done/")
        site.eventually("Subject: Password reset on")
        contains(Visitor(site).get("/accounts/password_reset/done/").text, "emailed you instructions")
        link = re.search(r"http://[^/]+(/accounts/reset/\S+)", site.logs())
        assert link, "no link in the mail"
        stranger = Visitor(site)
        answer = stranger.get(link[1])
        contains(stranger.get(answer.headers["location"]).text, "Enter new password")


COMMANDS = {
    ("check", "--deploy"): "System check identified",
    ("migrate", "--plan"): "No planned migration operations.",
    ("showmigrations", "admin"): "[X] 0003_logentry_add_action_flag_choices",
    ("makemigrations", "--dry-run"): "No changes detected",
    ("sqlmigrate", "catalog", "0001"): 'CREATE TABLE "catalog_product"',
    ("report", "json"): '{"name": "Atlas", "price": "1234.50"}',
    ("report", "text"): "- Atlas\n- Ballad",
    ("shell", "-c", "import catalog.models as m; print(m.Product.objects.count() + 32)"): "42",
    ("dumpdata", "catalog.category", "--format", "jsonl"): '"fields": {"name": "Maps"}',
    ("diffsettings",): "ROOT_URLCONF = 'shop.urls'",
    ("findstatic", "admin/css/base.css"): "/contrib/admin/static/admin/css/base.css",
    ("inspectdb", "catalog_category"): "class CatalogCategory(models.Model):",
    ("sendtestemail", "eve@post.example"): "To: eve@post.example",
    ("createcachetable", "cached", "--dry-run"): "",
    ("clearsessions",): "",
    ("test", "--verbosity", "2"): "test_changes_are_noted",
    ("collectstatic", "--noinput", "--dry-run"): "unmodified",
    ("startapp", "extra", "/tmp"): "",
    ("help", "loaddata"): "Installs the named fixture(s) in the database.",
    ("optimizemigration", "catalog", "0001", "--check"): "No optimizations possible.",
}
POSTGRESQL = "import psycopg; print(psycopg.pq.__impl__, psycopg.sql.SQL('select 1').as_string(None))"
CACHES = {
    "filebased.FileBasedCache": "/tmp/cache",
    "dummy.DummyCache": "",
    "db.DatabaseCache": "cached",
}


def _commands(checks: Checks, site: Container) -> None:
    def run(*argv: str, **environment: str) -> Finished:
        options = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        return site.execute("python", "manage.py", *argv, options=options)

    with ThreadPoolExecutor(4) as pool:
        finished = dict(zip(COMMANDS, pool.map(lambda argv: run(*argv), COMMANDS), strict=True))
    for argv, wanted in COMMANDS.items():
        with checks(f"manage.py {' '.join(argv)}"):
            equal((finished[argv].exit_code, finished[argv].stderr * finished[argv].exit_code), (0, ""))
            contains(finished[argv].stdout + finished[argv].stderr, wanted)
    with checks("an error of a management command"):
        equal(run("report", "pdf").stderr.strip(), "CommandError: no such format")
    with checks("the PostgreSQL driver, chosen by the environment"):
        equal(run("shell", "-c", POSTGRESQL).stdout.splitlines()[-1], "binary select 1")
        contains(run("check", DATABASE="postgresql").stdout, "no issues")
        contains(run("migrate", DATABASE="postgresql", PGHOST="127.0.0.9").stderr, "Connection refused")
        contains(run("migrate", DATABASE="postgresql", PGHOST="db.invalid").stderr, "resolve host")
    with checks("caches, chosen by the environment"):
        equal(run("createcachetable", CACHE="db.DatabaseCache", CACHE_LOCATION="cached").exit_code, 0)
        test = "from django.core.cache import cache as c; c.set('a', 1); print(c.get('a'))"
        for backend, location in CACHES.items():
            told = run("shell", "-c", test, CACHE=backend, CACHE_LOCATION=location).stdout.splitlines()[-1]
            equal(told, "None" if "Dummy" in backend else "1")
    with checks("mail to files, chosen by the environment"):
        backend = "django.core.mail.backends.filebased.EmailBackend"
        equal(run("sendtestemail", "eve@post.example", EMAIL_BACKEND=backend).exit_code, 0)


def _debug(checks: Checks, image: Image) -> None:
    command = ("python", "manage.py", "runserver", "0.0.0.0:8000")
    with (
        checks("the development server, with DEBUG"),
        image.start(PORT, *command, options=("--env", "DEBUG=1")) as site,
    ):
        with checks("DEBUG: the technical page for 404"):
            answer = site.get("/missing/")
            equal(answer.status, 404)
            contains(answer.text, "Using the URLconf defined in")
        with checks("DEBUG: the technical page for 500"):
            answer = site.get("/broken/")
            equal(answer.status, 500)
            contains(answer.text, "return HttpResponse(1 / 0)")
            contains(site.request("GET", "/broken/", {"Accept": "text/plain"}).text, "Request Method: GET")
        with checks("DEBUG: static files from where they are installed"):
            equal(site.get("/static/admin/js/core.js").status, 200)
            equal(site.get("/static/catalog/dot.png").headers["content-type"], "image/png")
