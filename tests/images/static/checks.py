"""One static binary FROM scratch: nothing but the program, its files and its configuration."""

from __future__ import annotations

from images.started import Check, Checks, Image, equal

PROBE_ARGUMENTS = ("--http-probe", "/")


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(8080) as server:
        with checks("it greets as its environment says"):
            equal(server.get("/").text, "hello from scratch")
        with checks("a file that no probe asked for"):
            equal(server.get("/file").text, "a file of the image\n")
        with checks("another one"):
            equal(server.get("/style.css").status, 200)
        with checks("a missing file is 404"):
            equal(server.get("/missing").status, 404)
        with checks("HEAD has a length and no body"):
            answer = server.request("HEAD", "/file")
            equal((answer.status, answer.headers["content-length"], answer.body), (200, "20", b""))
        with checks("POST is 405"):
            equal(server.request("POST", "/file", body=b"x").status, 405)
        with checks("the image's user and folder"):
            equal(server.get("/-/identity").text, "uid=65534 gid=65534 cwd=/srv groups=65534")
        with checks("the user may not write into the image"):
            equal(server.request("PUT", "/new", body=b"x").status, 403)
        with checks("the health check's command"):
            equal(server.execute("/httpd", "--check").exit_code, 0)
        with checks("a request that is none is 400"), server.connect() as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            equal(raw.recv(12), b"HTTP/1.1 400")
        with checks("SIGTERM ends it in good order"):
            equal(server.stop(), 0)
            server.eventually("httpd: bye")
    options = ("--read-only", "--cap-drop", "ALL", "--env", "GREETING=other")
    with (
        checks("read-only, without capabilities, with another environment"),
        image.start(8080, options=options) as server,
    ):
        equal(server.get("/").text, "other")
    return checks.results
