"""nginx with a folder of sites, three loadable modules and TLS: only the front page is ever probed."""

from __future__ import annotations

import base64
import gzip
import ssl

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/", "--port", "80")

PNG = b"\x89PNG\r\n\x1a\n"


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(80) as server:
        _sites(checks, server)
        _modules(checks, server)
        _refusals(checks, server)
        _secure(checks, server)
        _operation(checks, server)
    return checks.results


def _sites(checks: Checks, server: Container) -> None:
    with checks("another page, without its suffix, by try_files"):
        equal(server.get("/about").text, "<h1>about</h1>\n")
    with checks("types by mime.types"):
        types = [server.get(path).headers["content-type"] for path in ("/style.css", "/app.js", "/logo.svg")]
        equal(types, ["text/css", "application/javascript", "image/svg+xml"])
    with checks("a text in the visitor's language, by a map in conf.d"):
        equal(server.get("/greeting", Accept_Language="de-AT").text, "hallo")
        equal(server.get("/greeting").text, "hello")
    with checks("the listing of a folder outside of the root, and a file of it"):
        contains(server.get("/files/").text, '<a href="notes.txt">')
        equal(server.get("/files/notes.txt").text, "handout number one\n")
    with checks("a page for members"):
        equal(server.get("/members/minutes.txt").status, 401)
        told = base64.b64encode(b"ada:lovelace").decode()
        answer = server.get("/members/minutes.txt", Authorization=f"Basic {told}")
        equal((answer.status, answer.text), (200, "minutes of the meeting\n"))
    with checks("a wrong password"):
        told = base64.b64encode(b"ada:wrong").decode()
        equal(server.get("/members/minutes.txt", Authorization=f"Basic {told}").status, 401)
    with checks("another site, by its name, compressed"):
        answer = server.get("/x", Host="backend.test", Accept_Encoding="gzip")
        contains(gzip.decompress(answer.body), b'"path":"/x"')
    with checks("the same behind a proxy"):
        contains(server.get("/api/deep/path").text, '"path":"/deep/path"')
    with checks("a rewrite"):
        answer = server.get("/old/about")
        equal((answer.status, answer.headers["location"].endswith("/about")), (301, True))


def _modules(checks: Checks, server: Container) -> None:
    with checks("a header by a loadable module"):
        equal(server.get("/").headers["x-served-by"], "sites")
    with checks("a picture made smaller by a loadable module"):
        answer = server.get("/thumbnail/photo.png")
        equal((answer.status, answer.headers["content-type"]), (200, "image/png"))
        equal((answer.body[:8], answer.body[19], answer.body[23]), (PNG, 4, 4))
    with checks("a feed in Shift_JIS made a page by a loadable module"):
        answer = server.get("/feed.xml")
        equal(answer.status, 200)
        contains(answer.text, "<h1>日本</h1>")


def _refusals(checks: Checks, server: Container) -> None:
    with checks("the site's own page for what is missing"):
        answer = server.get("/missing")
        equal((answer.status, answer.text), (404, "<h1>nothing here</h1>\n"))
    with checks("the site's own page for a backend that is down"):
        answer = server.get("/broken/")
        equal((answer.status, answer.text), (502, "<h1>out of order</h1>\n"))
    with checks("error pages are not for visitors"):
        equal(server.get("/errors/404.html").status, 404)
    with checks("too many requests"):
        equal([server.get("/slow").status for _ in range(2)], [200, 503])
    with checks("a method that is not allowed"):
        equal(server.request("DELETE", "/limited/style.css").status, 403)


def _secure(checks: Checks, server: Container) -> None:
    with checks("TLS, by name, with HTTP/2"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])
        with server.connect(443) as plain, context.wrap_socket(plain, server_hostname="secure.test") as raw:
            equal((raw.selected_alpn_protocol(), raw.version()), ("h2", "TLSv1.3"))
    with checks("a page over TLS, with the header of an included file"):
        context.set_alpn_protocols(["http/1.1"])
        with server.connect(443) as plain, context.wrap_socket(plain, server_hostname="secure.test") as raw:
            raw.sendall(b"GET / HTTP/1.0\r\nHost: secure.test\r\n\r\n")
            answer = b"".join(iter(lambda: raw.recv(4096), b""))
        contains(answer, b"Strict-Transport-Security: max-age=60")
        contains(answer, b"<h1>secure</h1>")


def _operation(checks: Checks, server: Container) -> None:
    with checks("a log of its own for one site, in a format of its own"):
        contains(server.read("/var/log/nginx/backend.log"), b'"GET /x HTTP/1.1" 200')
    with checks("nginx -t reads every site"):
        equal(server.execute("nginx", "-t").exit_code, 0)
    with checks("USR1: logs are opened again"):
        server.signal("USR1")
        equal(server.get("/about").status, 200)
    with checks("HUP: new workers answer"):
        server.signal("HUP")
        equal(server.get("/about").status, 200)
    with checks("it stops in good order and starts again"):
        equal(server.stop(), 0)
        server.start_again()
        equal(server.get("/about").status, 200)
