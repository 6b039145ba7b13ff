"""A PHP application behind nginx and PHP-FPM; only its first page is ever probed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")

SEPARATOR = "sep4rator"
UPLOAD = (
    f'--{SEPARATOR}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    f"Content-Type: application/octet-stream\r\n\r\nGIF89a\x01\x00\x01\x00\r\n--{SEPARATOR}--\r\n"
)
TEXTS = {
    "/page/hello": ("a page of a template", "<h1>hello</h1>"),
    "/legacy/ada": ("a class of the table", "good day ada"),
    "/report/csv": ("a class by a name made at run time", '"a b",c\n'),
    "/number/de_DE": ("a number in German", "1.234.567,891"),
    "/number/ar_EG": ("a number in Arabic", "١٬٢٣٤٬٥٦٧٫٨٩١"),
    "/date/fr_FR": ("a date in French", "jeudi 1 janvier 1970"),
    "/sorted": ("a collation", "Apfel Äpfel Zebra"),
    "/time/Asia/Tokyo": ("a time zone", "2023-11-15T07:13:20+09:00"),
    "/database": ("SQLite", "1"),
    "/xml": ("XML and XSLT", "text"),
    "/zip": ("an archive", "packedpacked"),
    "/text": ("character sets", "GRÖSSE 93fa967b a3f364bc é"),
    "/lines": ("a shell line", "4"),
}
IMAGES = {"png": b"\x89PNG", "jpeg": b"\xff\xd8", "gif": b"GIF8", "webp": b"RIFF"}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(80) as site:
        for path, (name, wanted) in TEXTS.items():
            with checks(name):
                answer = site.get(path)
                equal(answer.status, 200)
                contains(answer.text, wanted)
        for kind, start in IMAGES.items():
            with checks(f"a drawing as {kind}"):
                answer = site.get(f"/image/{kind}")
                equal((answer.headers["content-type"], answer.body[: len(start)]), (f"image/{kind}", start))
        _answers(checks, site)
        _commands(checks, site)
        with checks("it stops"):
            site.stop()
    with (
        checks("a branch of the start script that was not taken"),
        image.start(80, options=("--env", "MIGRATE=1")) as site,
    ):
        equal(site.logs().splitlines()[:1], ["1"])
    return checks.results


def _answers(checks: Checks, site: Container) -> None:
    with checks("a static file with its type"):
        answer = site.get("/style.css")
        equal((answer.status, answer.headers["content-type"]), (200, "text/css"))
    with checks("the application's page for 404"):
        answer = site.get("/missing/page")
        equal(answer.status, 404)
        contains(answer.text, "Nothing here")
    with checks("the application's page for 500, and the error in the log"):
        answer = site.get("/broken")
        equal(answer.status, 500)
        contains(answer.text, "Sorry, this page is broken")
        contains(site.read("/var/log/nginx/error.log").decode(), "broken on purpose")
    with checks("a session"):
        answer = site.get("/session/ada")
        equal(site.get("/session", Cookie=answer.cookie).text, "hello ada")
        equal(site.get("/session").text, "hello stranger")
    with checks("a file sent by a form, told by its content"):
        headers = {"Content-Type": f"multipart/form-data; boundary={SEPARATOR}"}
        answer = site.request("POST", "/upload", headers, UPLOAD.encode("latin-1"))
        equal(answer.json(), {"name": "a.bin", "type": "image/gif"})
    with checks("a program that is given text"):
        equal(int(site.get("/packed").text) < 40, True)
    with checks("TLS: certificates and ciphers"):
        count, told = site.get("/tls").text.split()
        equal((int(count) > 100, told), (True, "ok"))
    with checks("a PHP file that is not there"):
        equal(site.get("/nothing.php").status, 404)
    with checks("twenty requests at once"), ThreadPoolExecutor(4) as pool:
        equal(set(pool.map(lambda number: site.get(f"/page/p{number}").status, range(20))), {200})


def _commands(checks: Checks, site: Container) -> None:
    with checks("the application's command, with every extension"):
        told = site.execute("bin/console", "extensions")
        equal((told.exit_code, told.stdout.count(" yes"), told.stdout.count(" no")), (0, 8, 0))
    with checks("the command tells how it is used"):
        told = site.execute("bin/console")
        equal(told.exit_code, 64)
    with checks("PHP from the command line"):
        equal(site.execute("php", "-r", "echo ini_get('memory_limit'), PHP_SAPI;").outcome, (0, "-1cli"))
    with checks("php-fpm tests its configuration"):
        told = site.execute("php-fpm8.2", "--test")
        contains(told.stderr, "test is successful")
