"""A Sinatra site on Debian's Ruby, served by Puma; only its first page is ever probed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")

SEPARATOR = "sep4rator"
UPLOAD = (
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    f"Content-Type: text/plain; charset=Shift_JIS\r\n\r\n12345\r\n--{SEPARATOR}--\r\n"
)
TEXTS = {
    "/page/hello": ("a page of ERB templates", "<li>two</li>"),
    "/haml": ("a page of HAML", "<li>b</li>"),
    "/settings": ("YAML", "Gäste"),
    "/time/Asia/Tokyo": ("a time zone", "2023-11-15T07:13:20+09:00"),
    "/zlib": ("zlib and base64", "packedeA=="),
    "/normal": ("Unicode's normal form", "1"),
    "/big": ("decimals", "0.3e0"),
    "/greeting/de": ("a translation", "guten Tag"),
    "/plugin/roots": ("a plug-in with bundled gems", "10 -2"),
    "/count": ("a shell line", "3"),
    "/temporary": ("a temporary file", "600"),
    "/template": ("a template in code", "42"),
    "/markup": ("XML of a bundled gem", "t"),
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(9292) as site:
        for path, (name, wanted) in TEXTS.items():
            with checks(name):
                answer = site.get(path)
                equal(answer.status, 200)
                contains(answer.text, wanted)
        _answers(checks, site)
        _requests(checks, site)
        with checks("rake"):
            equal(site.execute("rake", "count").outcome, (0, "2\n"))
            equal(site.execute("rake", "list").outcome, (0, "cities.csv\nlocales\nsettings.yml\n"))
        with checks("Ruby from the command line, with an option"):
            equal(site.execute("ruby", "-rjson", "-e", "puts JSON[[1]]").outcome, (0, "[1]\n"))
        with checks("it stops in good order"):
            site.stop()
            contains(site.logs(), "Gracefully stopping")
    with (
        checks("details of an error, with a hint"),
        image.start(9292, options=("--env", "DETAILS=1", "--env", "RACK_ENV=development")) as site,
    ):
        answer = site.get("/typo")
        equal(answer.status, 500)
        contains(answer.text, "undefined method")
        contains(answer.text, "guestbook.rb")
    with (
        checks("another middleware by name"),
        image.start(9292, options=("--env", "COMPRESSION=ETag")) as site,
    ):
        contains(site.get("/").headers, "etag")
    return checks.results


def _answers(checks: Checks, site: Container) -> None:
    with checks("a static file with its type"):
        answer = site.get("/style.css")
        equal((answer.status, answer.headers["content-type"].partition(";")[0]), (200, "text/css"))
    with checks("JSON"):
        equal(site.get("/api/items").json(), {"items": [1, 2]})
    with checks("CSV"):
        equal(site.get("/cities").json(), {"Berlin": 3677472, "Bern": 134794})
    with checks("the site's own page for 404"):
        answer = site.get("/missing/page")
        equal(answer.status, 404)
        contains(answer.text, "No page /missing/page")
    with checks("the site's own page for 500"):
        answer = site.get("/broken")
        equal(answer.status, 500)
        contains(answer.text, "Sorry, this page is broken")
    with checks("digests of OpenSSL and of Ruby"):
        equal([len(site.get(f"/digest/{kind}").text) for kind in ("sha512", "md5")], [256, 64])
    with checks("certificates"):
        equal(site.get("/certificates").json()["count"] > 100, True)
    for name, size in (("Shift_JIS", 6), ("EUC-JP", 6), ("UTF-16LE", 6), ("GB18030", 6), ("ISO-2022-JP", 12)):
        with checks(f"the encoding {name}"):
            equal(len(site.get(f"/encoded/{name}").json()), size)
    with checks("a program that is given text"):
        equal(int(site.get("/packed").text) < 40, True)
    with checks("a compressed answer"):
        equal(site.get("/page/x", Accept_Encoding="gzip").headers["content-encoding"], "gzip")
    with checks("twenty requests at once"), ThreadPoolExecutor(4) as pool:
        equal(set(pool.map(lambda n: site.get(f"/page/p{n}").status, range(20))), {200})


def _requests(checks: Checks, site: Container) -> None:
    with checks("JSON sent"):
        answer = site.request(
            "POST", "/api/echo", {"Content-Type": "application/json"}, b'{"a": ["\xc3\xbc"]}'
        )
        equal(answer.json(), {"a": ["ü"]})
    with checks("a file sent by a form, in another charset"):
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/upload", headers, UPLOAD.encode())
        equal(json.loads(answer.body), {"name": "a.txt", "size": 5})
    with checks("a session after a redirect"):
        answer = site.post_form("/login", {"user": "ada"})
        equal(answer.status, 303 if answer.status == 303 else 302)
        equal(site.get("/login", Cookie=answer.cookie).text, "hello ada")
    with checks("405 of a wrong method is 404 here, and HEAD works"):
        equal(site.request("DELETE", "/api/items").status, 404)
        equal(site.request("HEAD", "/page/x").status, 200)
