"""A Java site that uses another part of the class library on every page; only the first is probed."""

from __future__ import annotations

from images.started import Check, Checks, Image, contains, equal

PORT = 8000
PROBE_ARGUMENTS = ("--http-probe", "/")

PAGES = {
    "greet?language=fr": "Bonjour, world",
    "greet?language=de": "Hallo, world",
    "time?zone=Asia/Tokyo": "2023-11-15 07:13 JST",
    "time?zone=America/St_Johns": "2023-11-14 18:43 NST",
    "locale?tag=de-DE": "Hallo aus einem dicken Abbild|1.234,50\u00a0€|14. November 2023",
    "locale?tag=ja-JP": "Hello from a fat image|￥1,234|2023年11月14日",
    "charset?name=Shift_JIS": "93fa967b",
    "charset?name=GB18030": "c8d5b1be",
    "charset?name=IBM930": "0e456245660f",
    "zip": "name.txt 700",
    "xml": "a;b;",
    "digest?algorithm=SHA3-256": "04e83f1cf0b16a31dd6bd4470dc2d0ff17827d376846ae3cfd587206b6bf9a3e",
    "sign?key=EC&algorithm=SHA256withECDSA": "true",
    "sign?key=Ed25519&algorithm=Ed25519": "true",
    "sign?key=RSA&algorithm=SHA512withRSA": "true",
    "cipher": "26",
    "authorities": "true",
    "secure": "Bonjour, world over TLSv1.3",
    "refused": "refused",
    "beans": "17",
    "load": "true",
    "heap": "true",
    "preferences": "green",
    "run": "0 40",
    "json": '{"a":[1,2]}',
    "names": "127.0.0.1 true",
    "owner": "root image/png",
    "watch": "new",
    "picture?format=png": "true 20",
    "picture?format=jpeg": "true 20",
    "colour": "3",
    "random": "4",
    "currency": "￥",
    "sql": "1970-01-01T00:00:00Z",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        with checks("the first page"):
            equal(site.get("/").text, "Hello from a fat image")
        for page, wanted in PAGES.items():
            with checks(f"page {page}"):
                equal(site.get(f"/{page}").text, wanted)
        with checks("no such page"):
            answer = site.get("/nothing")
            equal((answer.status, answer.text), (404, "no such page: nothing"))
        with checks("a page that breaks, and its record in the form that the settings name"):
            equal(site.get("/broken").status, 500)
            site.eventually("[SEVERE] broken: java.lang.ArithmeticException")
        with checks("TLS from outside"):
            equal(site.get_by_tls("/", 8443), b"Hello from a fat image")
        with checks("the virtual machine says what it is"):
            contains(site.execute("java", "-version").stderr, 'openjdk version "17.')
        with checks("its modules"):
            contains(site.execute("java", "--list-modules").stdout, "java.desktop")
        with checks("the settings of its start"):
            contains(
                site.execute("java", "-XshowSettings:locale", "-version").stderr.lower(), "available locales"
            )
        with checks("SIGTERM ends it"):
            equal(site.stop(), 143)
    with checks("a page on the command line, with an agent"):
        finished = image.run("traced", "zip")
        equal((finished.outcome, finished.stderr), ((0, "name.txt 700\n"), "agent: true\n"))
    with checks("the entrypoint's branch without Java"):
        equal(image.run("backup").outcome, (0, "the backup is sound\n"))
    with checks("the zone of the environment"):
        equal(image.run("zone", options=("--env", "TZ=Europe/Berlin")).outcome, (0, "Europe/Berlin\n"))
    with checks("another collector, other class data, a small heap"):
        options = ("--env", "JAVA_TOOL_OPTIONS=-XX:+UseParallelGC -XX:-UseCompressedOops -Xmx64m")
        equal(image.run("zip", options=options).outcome, (0, "name.txt 700\n"))
    return checks.results
