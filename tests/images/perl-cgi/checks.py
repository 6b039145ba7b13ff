"""CGI scripts in Perl behind lighttpd, whose pages are modules loaded by name; one script is probed."""

from __future__ import annotations

from images.started import Check, Checks, Container, Image, contains, equal

PORT = 8080
PROBE_ARGUMENTS = ("--http-probe", "/cgi-bin/index.cgi")

PAGES = {
    "database": "42\n",
    "json": '{"max":9,"ok":true,"sum":6}',
    "locale": "de_DE.UTF-8 Donnerstag ,\n",
    "time&zone=Asia/Tokyo": "14 Nov 07:13 JST\n",
    "secure": "200 over TLSv1_3\n",
    "authorities": "some\n",
    "unicode": "LATIN SMALL LETTER A WITH DIAERESIS|α|Cyrillic|Thai|2|same|LATIN CAPITAL LETTER A|lower\n",
    "pack": "zipped|ebe4136f|7|eA==|0cc175b9c0f1b6a831c399e269772661|1|abc|zip\n",
    "lazy&format=csv": 'Text::CSV\na,"b c"\n123456789012345678900\nword\n8\n',
    "lazy&format=yaml": "YAML\n---\na: 1\n\n123456789012345678900\nword\n8\n",
    "lazy&format=tabs": "Text::ParseWords\na,b\n123456789012345678900\nword\n8\n",
    "heredoc": "named 127.0.0.1\n$VAR1 = [2,4,6];\n1 1\nglobbed\nroot 80\n",
}
CHARSETS = {
    "Shift_JIS": "shiftjis 93fa967b 1",
    "euc-kr": "euc-kr eceddce2 1",
    "big5": "big5-eten a4e9a5bb 1",
    "gb2312": "euc-cn c8d5b1be 1",
    "iso-2022-jp": "iso-2022-jp 1b2442467c4b5c1b2842 1",
    "UTF-16LE": "UTF-16LE e5652c67 1",
}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(PORT) as site:
        with checks("the first script"):
            equal(site.get("/cgi-bin/index.cgi?name=you").text, "Hello, you\n")
        with checks("a script that loads its libraries by path"):
            equal(site.get("/cgi-bin/old.cgi").text, "Dear Reader\n")
        for page, wanted in PAGES.items():
            with checks(f"page {page}"):
                equal(_page(site, page), wanted)
        for charset, wanted in CHARSETS.items():
            with checks(f"text in {charset}"):
                equal(_page(site, f"encode&charset={charset}"), wanted + "\n")
        with checks("a template that includes another and loads plug-ins"):
            equal(
                _page(site, "template&name=a%26b"),
                "<title>a&amp;b</title>\n\n<li>A</li><li>B</li><li>C</li> 2001 7\n",
            )
        with checks("no such page"):
            answer = site.get("/cgi-bin/page.pl?page=nothing")
            equal((answer.status, answer.text), (404, "no such page: Nothing\n"))
        with checks("a script that dies shows where"):
            answer = site.get("/cgi-bin/page.pl?page=broken")
            equal(answer.status, 500)
            contains(answer.text, "it is broken")
        with checks("perl on its own"):
            equal(site.execute("perl", "-MList::Util=sum", "-e", "print sum 1..4").outcome, (0, "10"))
        with checks("it stops in good order"):
            equal(site.stop(), 0)
    return checks.results


def _page(site: Container, query: str) -> str:
    return site.get(f"/cgi-bin/page.pl?page={query}").text
