"""A Next.js site, built and started by `npm start`: only its first page is ever probed."""

from __future__ import annotations

import json
import re
import time

from images.started import Check, Checks, Container, Image, contains, equal

PORT = 3000
PROBE_ARGUMENTS = ("--http-probe", "/")
SEPARATOR = "fat-boundary"


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        _pages(checks, site)
        _interfaces(checks, site)
        _files(checks, site)
        _errors(checks, site)
        with checks("what runs before the start"):
            contains(site.logs(), "starting on linux")
    with checks("the version, by another command"):
        contains(image.run("npx", "next", "--version").stdout, "Next.js v15")
    with checks("help"):
        contains(image.run("node_modules/.bin/next", "start", "--help").stdout, "--keepAliveTimeout")
    with (
        checks("another port, by a variable in the script"),
        image.start(3100, options=("--env", "PORT=3100")) as site,
    ):
        equal(site.get("/about").status, 200)
    with checks("without npm, read-only"):
        options = ("--read-only", "--tmpfs", "/tmp")
        with image.start(PORT, "node", "node_modules/next/dist/bin/next", "start", options=options) as site:
            contains(site.get("/item/1").text, "lamp")
    with checks("the other scripts of the package.json are told"):
        contains(image.run("npm", "run").stdout, "next build")
    return checks.results


def _pages(checks: Checks, site: Container) -> None:
    with checks("a page with a client component"):
        answer = site.get("/about")
        equal((answer.status, answer.headers["x-fat"]), (200, "yes"))
        contains(answer.text, "<title>About | Fat</title>")
        contains(answer.text, "count <!-- -->0")
    with checks("what the router asks for when a link is followed"):
        answer = site.get("/about", RSC="1")
        contains(answer.headers["content-type"], "text/x-component")
    with checks("a page made when it is asked for"):
        contains(site.get("/item/2").text, "<h1>chair</h1>")
    with checks("a redirect and a rewrite"):
        answer = site.get("/moved")
        equal((answer.status, answer.headers["location"]), (308, "/about"))
        contains(site.get("/alias/1").text, "<h1>lamp</h1>")
    with checks("middleware"):
        answer = site.get("/closed")
        equal((answer.status, answer.text), (403, "closed"))
    with checks("a page of the older router, and its data"):
        contains(site.get("/old?name=ada").text, "old <!-- -->ada")
        build = re.search(r'"buildId":"([^"]+)"', site.get("/old").text)
        assert build is not None
        equal(site.get(f"/_next/data/{build[1]}/old.json?name=bob").json()["pageProps"], {"name": "bob"})
    with checks("a page that is made anew after a while"):
        first = site.get("/news").text
        time.sleep(1.1)
        site.get("/news")
        late = time.monotonic() + 5
        while site.get("/news").text == first and time.monotonic() < late:
            time.sleep(0.1)
        equal(site.get("/news").text == first, False)


def _interfaces(checks: Checks, site: Container) -> None:
    with checks("a route handler with cookies and headers"):
        told = site.get("/api/hello?name=ada", Cookie="seen=1", User_Agent="checks").json()
        equal(told, {"name": "ada", "seen": "1", "agent": "checks"})
    with checks("a file sent by a form"):
        body = (
            f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
            f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            f"Content-Type: text/plain\r\n\r\nfives\r\n--{SEPARATOR}--\r\n"
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/api/hello", headers, body.encode())
        equal((answer.status, answer.json()), (201, {"size": 5, "note": "hi"}))
    with checks("a route of the edge runtime"):
        equal(site.get("/api/edge").text, "edge /api/edge")
    with checks("a stream"):
        equal(site.get("/api/stream").text, "one two three")
    with checks("an API of the older router"):
        headers = {"Content-Type": "application/json"}
        answer = site.request("POST", "/api/old", headers, json.dumps({"a": 1}).encode())
        equal(answer.json(), {"method": "POST", "body": {"a": 1}})
    with checks("405"):
        equal(site.request("DELETE", "/api/hello").status, 405)


def _files(checks: Checks, site: Container) -> None:
    with checks("a public file with its tag"):
        answer = site.get("/dot.png")
        equal((answer.status, answer.headers["content-type"]), (200, "image/png"))
        equal(site.get("/dot.png", If_None_Match=answer.headers["etag"]).status, 304)
    with checks("scripts and styles of the build"):
        page = site.get("/").text
        for path in sorted(set(re.findall(r'"(/_next/static/[^"]+\.(?:js|css))"', page))):
            equal(site.get(path).status, 200)
        contains(page, ".css")
    with checks("an image made smaller, in another format"):
        answer = site.get("/_next/image?url=%2Fdot.png&w=32&q=75", Accept="image/webp")
        equal((answer.status, answer.headers["content-type"]), (200, "image/webp"))
        equal(answer.body[8:12], b"WEBP")
    with checks("gzip"):
        equal(site.get("/about", Accept_Encoding="gzip").headers["content-encoding"], "gzip")


def _errors(checks: Checks, site: Container) -> None:
    with checks("the site's own page for 404"):
        answer = site.get("/missing")
        equal(answer.status, 404)
        contains(answer.text, "No such page here")
    with checks("404 from within a page"):
        answer = site.get("/item/9")
        equal(answer.status, 404)
    with checks("500, and the trace in the log"):
        equal(site.get("/item/1?crash=1").status, 500)
        site.eventually("a page that is broken")
    with checks("500 of the older router"):
        answer = site.get("/old?crash=1")
        equal(answer.status, 500)
        contains(answer.text, "Internal Server Error")
    with checks("a path that cannot be decoded"):
        equal(site.get("/%ff").status, 404)
    with checks("an image that is none"):
        equal(site.get("/_next/image?url=%2Fmissing.png&w=32&q=75").status in (400, 404), True)
