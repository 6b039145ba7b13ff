"""Debian's nginx with its default configuration."""

from __future__ import annotations

import gzip
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(80) as server:
        _answers(checks, server)
        _operation(checks, server)
    _site(checks, image)
    with checks("a wrong configuration is refused"):
        refused = image.run("-c", "/etc/passwd")
        equal(refused.exit_code, 1)
        contains(refused.stderr, "[emerg]")
    return checks.results


def _answers(checks: Checks, server: Container) -> None:
    page = server.get("/")
    with checks("the default page"):
        equal((page.status, page.headers["content-type"]), (200, "text/html"))
        contains(page.text, "Welcome to nginx!")
    with checks("a missing page is nginx's own 404"):
        answer = server.get("/missing/page")
        equal(answer.status, 404)
        contains(answer.text, "<center>nginx")
    with checks("HEAD"):
        answer = server.request("HEAD", "/")
        equal((answer.status, answer.body), (200, b""))
        equal(answer.headers["content-length"], str(len(page.body)))
    with checks("a range"):
        answer = server.get("/", Range="bytes=0-9")
        equal((answer.status, answer.body), (206, page.body[:10]))
    with checks("an impossible range is 416"):
        equal(server.get("/", Range="bytes=99999-").status, 416)
    with checks("gzip"):
        answer = server.get("/", Accept_Encoding="gzip")
        equal(gzip.decompress(answer.body), page.body)
    with checks("not modified since"):
        equal(server.get("/", If_Modified_Since=page.headers["last-modified"]).status, 304)
    with checks("POST to a page is 405"):
        equal(server.request("POST", "/", body=b"x").status, 405)
    with checks("a hidden way up is 400"):
        equal(server.get("/../../etc/passwd").status, 400)
    with checks("a request line that is none is 400"), server.connect() as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        contains(raw.recv(4096), b"400 Bad Request")
    with checks("fifty requests at once"), ThreadPoolExecutor(10) as pool:
        equal({answer.status for answer in pool.map(lambda _: server.get("/"), range(50))}, {200})


def _operation(checks: Checks, server: Container) -> None:
    with checks("the access log is written"):
        contains(server.read("/var/log/nginx/access.log"), b'"GET /missing/page HTTP/1.1" 404')
    with checks("nginx -t"):
        tested = server.execute("nginx", "-t")
        equal(tested.exit_code, 0)
        contains(tested.stderr, "test is successful")
    with checks("nginx -V"):
        contains(server.execute("nginx", "-V").stderr, "--with-http_ssl_module")
    with checks("nginx -s reload starts new workers, which answer"):
        equal(server.execute("nginx", "-s", "reload").exit_code, 0)
        equal(server.get("/").status, 200)
    with checks("nginx -s reopen opens its logs again"):
        equal(server.execute("nginx", "-s", "reopen").exit_code, 0)
        equal(server.get("/").status, 200)
    with checks("it stops in good order by the image's signal"):
        equal(server.stop(), 0)
    with checks("the same container starts again"):
        server.start_again()
        equal(server.get("/").status, 200)


def _site(checks: Checks, image: Image) -> None:
    """A site of the user's own over the default one: types and the listing of folders."""
    with tempfile.TemporaryDirectory(prefix="slim-test-") as folder:
        site = Path(folder)
        site.chmod(0o755)
        (site / "style.css").write_text("body {}")
        (site / "logo.svg").write_text("<svg/>")
        (site / "empty").mkdir(mode=0o755)
        with image.start(80, options=("--volume", f"{folder}:/var/www/html:ro")) as server:
            with checks("types by mime.types"):
                types = [server.get(path).headers["content-type"] for path in ("/style.css", "/logo.svg")]
                equal(types, ["text/css", "image/svg+xml"])
            with checks("a folder without an index is 403"):
                equal(server.get("/empty/").status, 403)
            with checks("a folder without its slash is redirected"):
                equal(server.get("/empty").status, 301)
