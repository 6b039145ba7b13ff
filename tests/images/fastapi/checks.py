"""A FastAPI service with two uvicorn workers, its packages laid beside it by `pip --target`.

Only /health is ever asked for.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import struct
from typing import Any

from images.started import Check, Checks, Container, Image, Response, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/health")
PORT = 8000
SEPARATOR = "sep4rator"
UPLOAD = (
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    f"Content-Type: text/plain\r\n\r\n12345\r\n--{SEPARATOR}--\r\n"
)
ITEM = {"name": "map", "price": "3.50", "owner": {"email": "ada@Example.ORG", "site": "https://ada.example"}}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        _models(checks, site)
        _pages(checks, site)
        _branches(checks, site)
        with checks("a WebSocket"):
            equal(_echo(site, "grüße"), "GRÜSSE")
        with checks("an error in the log, and two workers"):
            answer = site.get("/broken")
            equal((answer.status, answer.text), (500, "Internal Server Error"))
            site.eventually("ZeroDivisionError: division by zero")
            equal(site.logs().count("the service opens"), 2)
        with checks("it stops in good order"):
            equal(site.stop(), 0)
            contains(site.logs(), "the service closes")
    _other_starts(checks, image)
    return checks.results


def _post(site: Container, path: str, body: Any) -> Response:
    return site.request("POST", path, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _models(checks: Checks, site: Container) -> None:
    with checks("a model with an e-mail address, a URL and a decimal"):
        answer = _post(site, "/items", ITEM)
        equal(answer.status, 201)
        equal((answer.json()["owner"]["email"], answer.json()["price"]), ("ada@example.org", "3.50"))
    with checks("dates, addresses, UUIDs and secrets in it"):
        owner = {"email": "b@post.example.com", "born": "1815-12-10", "address": "10.0.0.1"}
        number = "12345678-1234-5678-1234-567812345678"
        told = _post(site, "/items", {**ITEM, "owner": owner, "number": number, "token": "t"}).json()
        equal((told["owner"]["born"], told["number"], told["token"]), ("1815-12-10", number, "**********"))
    with checks("wrong values, each told"):
        wrong = {"name": "a b", "price": -1, "colour": "green", "kind": "old", "owner": {"email": "ada@"}}
        answer = _post(site, "/items", wrong)
        equal(answer.status, 422)
        kinds = sorted(error["type"] for error in answer.json()["detail"])
        wanted = ["enum", "greater_than", "literal_error", "string_pattern_mismatch", "value_error"]
        equal(kinds, wanted)
        contains(answer.text, "There must be something after the @-sign.")
    with checks("an e-mail address with a domain beyond ASCII"):
        told = _post(site, "/items", {**ITEM, "owner": {"email": "ada@bücher.example.com"}}).json()
        equal(told["owner"]["email"], "ada@bücher.example.com")
    with checks("a validator of the service's own, and broken JSON"):
        contains(_post(site, "/items", {**ITEM, "name": "reserved"}).text, "this name is reserved")
        equal(site.request("POST", "/items", {"Content-Type": "application/json"}, b"{").status, 422)
    with checks("an exception with a handler, and HTTPException"):
        answer = _post(site, "/items", {**ITEM, "colour": "blue"})
        equal((answer.status, answer.json()), (409, {"error": "map is out of stock"}))
        answer = site.get("/items/100")
        equal((answer.status, answer.headers["x-reason"]), (404, "range"))
    with checks("parameters of path, query and header"):
        answer = site.get("/items/7?words=a&words=b", Agent="tester")
        equal(answer.json(), {"number": 7, "words": ["a", "b"], "agent": "tester"})
        contains(site.get("/items/x").text, "int_parsing")


def _pages(checks: Checks, site: Container) -> None:
    with checks("a page of templates, and the file that it links to"):
        text = site.get("/page/hello").text
        contains(text, "<title>Hello</title>")
        contains(text, "<li>2 two &amp; three</li>")
        equal(site.get("/static/site.css").headers["content-type"], "text/css; charset=utf-8")
    with checks("the interactive documentation and its schema"):
        contains(site.get("/docs").text, "swagger-ui")
        contains(site.get("/redoc").text, "redoc")
        schema = site.get("/openapi.json").json()
        equal(schema["components"]["schemas"]["Owner"]["properties"]["email"]["format"], "email")
    with checks("a file sent, and a form"):
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/upload", headers, UPLOAD.encode())
        equal(answer.json(), {"name": "a.txt", "size": 5, "type": "text/plain", "note": "hi"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        equal(site.request("POST", "/form", headers, b"first=a").json(), {"first": "a", "second": 2})
    with checks("a background task"):
        equal(_post(site, "/later", {}).json(), {"queued": True})
        site.eventually("the background task ran")
    with checks("basic authentication"):
        equal(site.get("/private").status, 401)
        secret = base64.b64encode(b"ada:x").decode()
        equal(site.get("/private", Authorization=f"Basic {secret}").json(), "ada")
    with checks("a stream, compressed"):
        answer = site.get("/numbers", Accept_Encoding="gzip")
        equal(gzip.decompress(answer.body)[-4:], b"999\n")
    with checks("a download, a part of it, a redirect, CORS"):
        contains(site.get("/download").headers["content-disposition"], "logo.svg")
        equal(site.get("/download", Range="bytes=0-3").body, b"<svg")
        equal(site.get("/moved").headers["location"], "/health")
        answer = site.get("/health", Origin="https://shop.example")
        equal(answer.headers["access-control-allow-origin"], "https://shop.example")
    with checks("404 and 405"):
        equal(site.get("/missing").json(), {"detail": "Not Found"})
        equal(site.request("DELETE", "/health").status, 405)


def _branches(checks: Checks, site: Container) -> None:
    with checks("modules of the service found by name"):
        equal(site.get("/convert/roman/19").json(), "XIX")
        equal(site.get("/convert/words/19").json(), "number 19")
    with checks("the certificates that TLS trusts"):
        equal(site.get("/certificates").json()["x509_ca"] > 100, True)
    with checks("modules imported in branches"):
        equal(site.get("/report/csv").json(), "a,1\r\nb,2\r\n")
        contains(site.get("/report/xml").json(), '<row name="b" size="2" />')
        equal(site.get("/report/mean").json(), 1.5)
    with checks("another process, by uvloop"):
        equal(site.get("/command").json(), [1])
    with checks("a name resolved, by uvloop"):
        contains(site.get("/resolve").json(), "127.0.0.1")


def _echo(site: Container, text: str) -> str:
    """One message there and back by RFC 6455."""
    with site.connect() as connection:
        connection.settimeout(10)
        key = base64.b64encode(os.urandom(16)).decode()
        asked = "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        asked += f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        connection.sendall(asked.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(4096)
            assert part, head
            head += part
        contains(head, b"101 Switching Protocols")
        sent, mask = text.encode(), os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(sent))
        connection.sendall(struct.pack("!BB", 0x81, 0x80 | len(sent)) + mask + masked)
        frame = head.partition(b"\r\n\r\n")[2]
        while len(frame) < 2 or len(frame) < 2 + frame[1]:
            frame += connection.recv(4096)
        return frame[2 : 2 + frame[1]].decode()


def _other_starts(checks: Checks, image: Image) -> None:
    uvicorn = ("python3", "-m", "uvicorn", "service.main:app", "--host", "0.0.0.0")
    with checks("other loops and protocols of uvicorn, and its log as debug"):
        options = ("--loop", "asyncio", "--http", "h11", "--ws", "wsproto", "--log-level", "debug")
        refused = image.run(*uvicorn, *options)
        contains(refused.stderr, "No module named 'wsproto'")
        options = ("--loop", "asyncio", "--http", "h11", "--ws", "websockets-sansio", "--proxy-headers")
        with image.start(PORT, *uvicorn, *options) as site:
            equal(site.get("/health").json(), {"ok": True})
            equal(_echo(site, "one"), "ONE")
    with checks("an application that is not there"):
        contains(image.run(*uvicorn[:3], "service.other:app").stderr, "Could not import module")
    with checks("uvicorn's version and help"):
        contains(image.run(*uvicorn[:3], "--version").stdout, "Running uvicorn")
        contains(image.run(*uvicorn[:3], "--help").stdout, "--ssl-keyfile")
