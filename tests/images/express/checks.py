"""A shop on Express, started by node: only its first page is ever probed."""

from __future__ import annotations

import gzip
import json

from images.started import Check, Checks, Container, Image, contains, equal

PORT = 8080
PROBE_ARGUMENTS = ("--http-probe", "/")
JSON = {"Content-Type": "application/json"}
SEPARATOR = "fat-boundary"
TYPES = {"site.css": "text/css", "data.json": "application/json", "dot.png": "image/png"}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        _pages(checks, site)
        _accounts(checks, site)
        _texts(checks, site)
        _system(checks, site)
        with checks("it stops in good order"):
            equal(site.stop(), 0)
            contains(site.logs(), "stopping")
    _commands(checks, image)
    return checks.results


def _pages(checks: Checks, site: Container) -> None:
    with checks("a page of pug templates that extend and include others"):
        answer = site.get("/pages/list")
        equal((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        contains(answer.text, '<li class="there">lamp</li><li class="gone">chair</li>')
    with checks("JSON"):
        equal([item["name"] for item in site.get("/pages/items").json()], ["lamp", "chair"])
    for path, kind in {
        "site.css": "text/css",
        "data.json": "application/json",
        "dot.png": "image/png",
    }.items():
        with checks(f"the file {path} with its type"):
            answer = site.get(f"/static/{path}")
            equal((answer.status, answer.headers["content-type"].partition(";")[0]), (200, kind))
    with checks("a file that has not changed, and a part of one"):
        tag = site.get("/static/site.css").headers["etag"]
        equal(site.get("/static/site.css", If_None_Match=tag).status, 304)
        equal(site.get("/static/site.css", Range="bytes=0-3").body, b"body")
    with checks("gzip"):
        answer = site.get("/static/site.css", Accept_Encoding="gzip")
        equal(answer.headers["content-encoding"], "gzip")
        contains(gzip.decompress(answer.body), b"color")
    with checks("a download"):
        contains(site.get("/pages/download").headers["content-disposition"], "filename=items.json")
    with checks("the site's own page for 404"):
        answer = site.get("/missing/page")
        equal(answer.status, 404)
        contains(answer.text, "<h1>No page /missing/page</h1>")
    with checks("the site's own page for 500, and the trace in the log"):
        answer = site.get("/pages/broken")
        equal(answer.status, 500)
        contains(answer.text, "Something broke: a page that is broken")
        site.eventually("Error: a page that is broken")
    with checks("an error with a status"):
        equal(site.get("/pages/refused").status, 403)
    with checks("a folder redirects, and a path that leaves it is refused"):
        equal(site.get("/static/../server.js").status, 404)


def _accounts(checks: Checks, site: Container) -> None:
    with checks("a native addon: bcrypt"):
        answer = site.request("POST", "/account/register", JSON, b'{"password": "geheim"}')
        equal(answer.json(), {"ok": True, "wrong": False})
    with checks("a session after a redirect, from a nested form"):
        answer = site.post_form("/account/login", {"user[name]": "ada"})
        equal((answer.status, answer.headers["location"]), (302, "/account/me"))
        equal(site.get("/account/me", Cookie=answer.cookie).text, "hello ada")
    with checks("JSON sent"):
        answer = site.request("POST", "/account/json", JSON, json.dumps({"a": ["ü"]}).encode())
        equal((answer.status, answer.json()), (201, {"a": ["ü"]}))
    with checks("JSON that is broken is 400"):
        equal(site.request("POST", "/account/json", JSON, b"{").status, 400)
    with checks("JSON in another charset, deflated"):
        headers = {"Content-Type": "application/json; charset=utf-16le"}
        answer = site.request("POST", "/account/json", headers, '{"a": 1}'.encode("utf-16le"))
        equal(answer.json(), {"a": 1})
    with checks("an ES module with an ES package, imported when asked for"):
        equal(len(site.get("/account/token").text), 12)
    with checks("a file sent by a form"):
        body = (
            f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
            f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\nfives\r\n--{SEPARATOR}--\r\n"
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/upload", headers, body.encode())
        equal(answer.json(), {"name": "a.txt", "size": 5, "note": "hi"})


def _texts(checks: Checks, site: Container) -> None:
    with checks("another language of the site"):
        equal(site.get("/pages/greet", Accept_Language="de").text, "Guten Tag")
    with checks("locales that moment loads by name"):
        equal(site.get("/text/day/de").text, "Dienstag, 14. November 2023")
        equal(site.get("/text/day/sv").text, "tisdag, 14 november 2023")
    with checks("Intl with locales, zones and collation"):
        told = site.get("/text/intl").json()
        equal(told["number"], "1.234,50\u00a0€")
        contains(told["time"], "2023年11月15日")
        equal(told["sorted"], ["a", "z", "ä"])
    with checks("a charset"):
        equal(site.get("/text/decode").text, "テ")


def _system(checks: Checks, site: Container) -> None:
    with checks("a worker thread"):
        equal(site.get("/system/primes").json(), {"count": 168, "day": "jeudi"})
    with checks("a forked process"):
        equal(site.get("/system/child").text, "LOUD!")
    with checks("programs without a shell"):
        equal(site.get("/system/sum").text[:8], "ebe4136f")
        equal(site.get("/system/who").text, "web")
    with checks("a line for a shell"):
        equal(site.get("/system/pack").text, "H4sIAA")
    with checks("brotli"):
        equal(site.get("/system/brotli").text, "slim")
    with checks("signatures and hashes of OpenSSL"):
        told = site.get("/system/crypto").json()
        equal((told["signed"], told["md5"]), (True, "0cc175b9c0f1b6a831c399e269772661"))
    with checks("a request to itself by fetch"):
        equal(site.get("/system/self").json(), 2)
    with checks("the certificates that TLS trusts"):
        equal(site.get("/system/roots").json() > 100, True)
    with checks("a log written by a worker that a package names"):
        equal(site.get("/system/log").text, "logged")
        site.eventually("written by a worker")


def _commands(checks: Checks, image: Image) -> None:
    with checks("a command of the application beside its server"):
        equal(image.run("node", "scripts/report.js").outcome, (0, "lamp=3,chair=0\n"))
    with checks("a report found by name"):
        equal(
            image.run("node", "scripts/report.js", "calendar", "fr").outcome, (0, "mardi 14 novembre 2023\n")
        )
    with checks("a report that does not exist"):
        failed = image.run("node", "scripts/report.js", "none")
        equal(failed.exit_code, 1)
        contains(failed.stderr, "Cannot find module '../reports/none'")
    with checks("read-only, as another user"):
        options = ("--read-only", "--tmpfs", "/tmp", "--user", "2000")
        with image.start(PORT, options=options) as site:
            equal(site.get("/").text, "hello from a fat image")
