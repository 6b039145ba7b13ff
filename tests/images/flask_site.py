"""What the Flask site of two recipes must do; only its first page is ever probed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Container, Image, contains, equal

PORT = 8000
TYPES = {"/static/style.css": "text/css", "/static/dot.png": "image/png"}
SEPARATOR = "sep4rator"
UPLOAD = (
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    f"Content-Type: text/plain\r\n\r\n12345\r\n--{SEPARATOR}--\r\n"
)


def exercise(image: Image, *, health: tuple[str, ...], user: str, farewell: str) -> list[Check]:
    """All routes, errors, the health check and a stop in good order (`farewell` is in the log)."""
    checks = Checks()
    with image.start(PORT) as site:
        _pages(checks, site)
        _forms(checks, site)
        _standard_library(checks, site)
        with checks("the image's user, home and groups"):
            told = site.get("/whoami").json()
            equal((told["user"], told["home"]), (user, f"/home/{user}"))
            contains(told["groups"], "audio")
        with checks("the health check's command"):
            equal(site.execute(*health).exit_code, 0)
        with checks("forty requests at once"), ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda number: site.get(f"/page/p{number}").status, range(40))
            equal(set(answers), {200})
        with checks("it stops in good order"):
            equal(site.stop(), 0)
            contains(site.logs(), farewell)
        with checks("the same container starts again"):
            site.start_again()
            equal(site.get("/").status, 200)
    with checks("read-only, with a folder for temporary files and no new privileges"):
        options = ("--read-only", "--tmpfs", "/tmp", "--security-opt", "no-new-privileges")
        with image.start(PORT, options=options) as site:
            equal(site.get("/").text, "hello from a fat image")
    return checks.results


def _pages(checks: Checks, site: Container) -> None:
    with checks("the first page"):
        equal(site.get("/").text, "hello from a fat image")
    with checks("a page of templates that extend and import others"):
        answer = site.get("/page/hello")
        equal((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        contains(answer.text, "<title>Hello</title>")
        contains(answer.text, "<li>two &amp; three</li>")
    with checks("JSON"):
        equal(site.get("/api/items").json(), {"items": [{"id": 0}, {"id": 1}, {"id": 2}]})
    for path, kind in TYPES.items():
        with checks(f"the file {path} with its type"):
            answer = site.get(path)
            equal((answer.status, answer.headers["content-type"].partition(";")[0]), (200, kind))
    with checks("a file that has not changed"):
        tag = site.get("/static/dot.png").headers["etag"]
        equal(site.get("/static/dot.png", If_None_Match=tag).status, 304)
    with checks("the site's own page for 404"):
        answer = site.get("/missing/page")
        equal(answer.status, 404)
        contains(answer.text, "<h1>No page /missing/page</h1>")
    with checks("the site's own page for 500, and the traceback in the log"):
        answer = site.get("/broken")
        equal(answer.status, 500)
        contains(answer.text, "This page is broken")
        site.eventually("ZeroDivisionError: division by zero")
    with checks("405"):
        equal(site.request("DELETE", "/api/items").status, 405)


def _forms(checks: Checks, site: Container) -> None:
    with checks("JSON sent"):
        headers = {"Content-Type": "application/json"}
        answer = site.request("POST", "/api/echo", headers, json.dumps({"a": ["ü"]}).encode())
        equal((answer.status, answer.json()), (201, {"a": ["ü"]}))
    with checks("JSON that is broken is 400"):
        equal(site.request("POST", "/api/echo", {"Content-Type": "application/json"}, b"{").status, 400)
    with checks("a file sent by a form"):
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/upload", headers, UPLOAD.encode())
        equal(answer.json(), {"name": "a.txt", "size": 5, "note": "hi"})
    with checks("a signed session after a redirect"):
        answer = site.post_form("/login", {"user": "ada"})
        equal((answer.status, answer.headers["location"].endswith("/login")), (302, True))
        equal(site.get("/login", Cookie=answer.cookie).text, "hello ada")
        equal(site.get("/login").text, "hello stranger")


def _standard_library(checks: Checks, site: Container) -> None:
    """Modules that are imported when their route is asked for, and what they need in turn."""
    with checks("csv, and a data file of the site"):
        equal(site.get("/cities").json(), {"Berlin": 3677472, "Bern": 134794})
    with checks("sqlite3"):
        equal(site.get("/total").text, "42")
    with checks("zoneinfo and strptime"):
        equal(site.get("/time/Asia/Tokyo").text, "2023-11-15T07:13:00+09:00")
    with checks("the certificates that TLS trusts"):
        more = site.get("/certificates").json()["x509_ca"]
        equal(more > 100, True)
    with checks("codecs found by name"):
        equal(site.get("/encoded").json(), {"idna": "xn--bcher-kva.example", "cp1252": "80"})
    with checks("lzma and hashes of OpenSSL and of Python"):
        equal(len(site.get("/digest/sha512").text), 128)
        equal(len(site.get("/digest/blake2s").text), 64)
    with checks("a module of the site found by name"):
        equal(site.get("/plugin/roots").text, "1.4142")
    with checks("a pool of processes"):
        equal(site.get("/parallel").json(), [1, 2, 3])
    with checks("a temporary file"):
        equal(site.get("/temporary").text, "0o600")
