"""A Go program without a C library: files beside it, files elsewhere that it names, tables of the system."""

from __future__ import annotations

from images.started import Check, Checks, Image, equal

PORT = 8080
PROBE_ARGUMENTS = ("--http-probe", "/")

PAGES = {
    "page?name=a%26b": "<title>a&amp;b</title>\n<p>a&amp;b</p>\n",
    "logo": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "words?language=en": "alpha\nbeta\n",
    "words?language=fr": "alpha\nbêta\n",
    "migrations": "0001_one.sql 0002_two.sql",
    "time?zone=Asia/Tokyo": "2023-11-15 07:13 JST",
    "time?zone=America/St_Johns": "2023-11-14 18:43 NST",
    "user?name=www-data": "33 www-data /var/www",
    "type?of=avif": "image/avif",
    "type?of=odt": "application/vnd.oasis.opendocument.text",
    "host?name=localhost": "127.0.0.1 ::1",
    "roots": "true",
    "secure": "hello from a fat image 304",
    "pack": "PACKED",
    "port": "5432",
    "temporary": "/tmp",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        with checks("the first page"):
            equal(site.get("/").text, "hello from a fat image")
        for page, wanted in PAGES.items():
            with checks(f"page {page}"):
                equal(site.get(f"/{page}").text, wanted)
        with checks("no such page"):
            equal(site.get("/nothing").status, 404)
        with checks("no such zone"):
            equal(site.get("/time?zone=Nowhere").status, 500)
        with checks("TLS from outside"):
            equal(site.get_by_tls("/", 8443), b"hello from a fat image")
    with checks("read-only, without any capability"), image.start(PORT, options=_BARE) as site:
        equal(site.get("/logo").status, 200)
    return checks.results


_BARE = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
