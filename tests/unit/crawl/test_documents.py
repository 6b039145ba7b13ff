"""What pages, styles, scripts and lists lead to."""

import time

import pytest

from probes.crawl.listings import manifest_references, sitemap_references
from probes.crawl.markup import characters, tags
from probes.crawl.model import Kind, Reference
from probes.crawl.page import candidates, read_page
from probes.crawl.scripts import module_references
from probes.crawl.styles import style_references
from probes.crawl.text import text_of
from probes.exercise.exchange import Exchange, Result


def texts(references):
    return [one.text for one in references]


def page(text):
    return texts(read_page(text).references)


def test_tags_are_read_as_browsers_do():
    text = """<A  HREF = 'x&amp;y'data-A=1 data-a=2 checked>t<!-- <i> --><script><p></script ><!--><u></U x>
    < b></3>"""
    found = list(tags(text))
    assert [("/" if tag.end else "") + tag.name for tag in found] == ["a", "script", "/script", "u", "/u"]
    assert found[0].attributes == {"href": "x&y", "data-a": "1", "checked": ""}
    assert (found[0].content, found[1].content) == ("t", "<p>")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("?a=1&region=2&copy=3", "?a=1&region=2&copy=3"), ("?a&amp;b", "?a&b"), ("&copy;&copy", "©©"),
        ("&#x2F;&#47&#0;&#xD800;", "//\ufffd\ufffd"), ("&nothing;&", "&nothing;&"), ("&#" + "9" * 5000, None),
    ],
)  # fmt: skip
def test_character_references_of_attributes(written, meant):
    assert characters(written, in_attribute=True) == meant or meant is None


def test_forms_by_get_are_sent_as_they_stand():
    text = """<form action="/s?old=1"><input name=q value='a "b"'><input type=checkbox name=c checked>
      <input type=radio name=r value=1><input type=radio name=r value=2 checked><textarea name=t>
x &lt;</textarea><select name=s><option value=1>A<option>B  b</select><select name=m multiple>
      <option selected>1<option selected>2</select><button name=first value=1>Go</button>
      <button name=second>x</button>
      <input type=file name=f>
      <input name=d disabled><input value=nameless></form><form method=POST><input name=x></form>
      <form method=dialog></form><form><input name=open>"""
    assert read_page(text).references == (
        Reference("/s?old=1", query="q=a+%22b%22&c=on&r=2&t=x+%3C&s=1&m=1&m=2&first=1&f="),
        Reference("", query="open="),
    )


def test_what_a_page_shows_and_where_it_leads():
    text = """<base href=/b/><base href=/c/><link rel="alternate" href=feed><link rel=canonical href=me>
    <link href=no>
    <link rel=modulepreload href=m.js><meta http-equiv=Refresh content="5; url='next'"><area href=map>
    <video poster=p.png><source src=v.mp4><track src=t.vtt></video><object data=o.svg></object>
    <embed src=e.swf>
    <svg><use xlink:href="i.svg#x"/><image href=i.png /></svg><noscript><img src=ns.png></noscript>
    <script src=c.js></script><script type=module>import "./i.js"</script><style>@import 's.css';</style>
    <textarea><a href=no></textarea><iframe src=f.html></iframe>
    <link rel=preload imagesrcset="w.png 1x, z.png 2x">"""
    found = read_page(text)
    assert found.base == "/b/"
    assert texts(found.references) == [
        "feed", "me", "m.js", "next", "map", "p.png", "v.mp4", "t.vtt", "o.svg", "e.swf", "i.svg#x", "i.png",
        "ns.png", "c.js", "./i.js", "s.css", "f.html", "w.png", "z.png",
    ]  # fmt: skip


def test_candidates_of_a_srcset():
    assert list(candidates(" a.png 1x,b,c.png  2x , d.png,  e(1,2).png x(1,2) 3x, f.png ")) == [
        "a.png", "b,c.png", "d.png", "e(1,2).png", "f.png"
    ]  # fmt: skip
    assert list(candidates(", ,")) == []


def test_what_style_sheets_load():
    text = """@import url(a.css);@import "b.css" screen;/* url(no.png) */x{y:url( 'c d.png' );z:URL(e\\).png)}
    w{filter:url(#f)}@font-face{src:url("g.woff2?#iefix") format("woff2")}/* open url(no)"""
    assert texts(style_references(text)) == ["a.css", "b.css", "c d.png", "e).png", "g.woff2?#iefix"]


def test_what_modules_import():
    text = """import a, {b} from './a.js';import"/b.js";export*from "../c.js"
    export const x = "./no.js"; const y = import("./d.js"); import z from "bare";
    // import "./no.js"
    /* import "./no.js" */ ximport("./no.js"); import.meta.url; export default "./no.js";
    import { c }
      from "http://localhost:8000/e.js" """
    assert texts(module_references(text)) == [
        "./a.js",
        "/b.js",
        "../c.js",
        "./d.js",
        "http://localhost:8000/e.js",
    ]


def test_what_strings_comments_and_regular_expressions_say_is_no_import():
    text = r"""const a = "import './no.js'", b = 'import "./no.js"; \' import("./no.js")'; import "./a.js";
    let c = `import "./no.js" ${1}
      import("./no.js")`; /* import "./no.js" */ import "./b.js"; // import "./no.js"
    x = y.replace(/["'/]/g, "").match( /`/ ) && z / 2; import("./c.js"); u = "http://a/b"; import "./d.js"
    say('it"s'); import{e}from"./e.js";let f="\\";import"./f.js"
    """
    assert texts(module_references(text)) == ["./a.js", "./b.js", "./c.js", "./d.js", "./e.js", "./f.js"]


def test_sitemaps_and_indexes_of_sitemaps():
    text = "<urlset><url><loc> http://a/x?y&amp;z </loc></url><url><loc><![CDATA[http://a/w]]></loc></url>"
    assert texts(sitemap_references(text)) == ["http://a/x?y&z", "http://a/w"]
    index = "<s:sitemapindex><s:sitemap><s:loc>http://a/1.xml</s:loc>"
    assert list(sitemap_references(index)) == [Reference("http://a/1.xml", Kind.SITEMAP)]
    assert texts(sitemap_references("http://a/1\nno\nhttp://a/2\n")) == ["http://a/1", "http://a/2"]


def test_web_manifests():
    text = (
        '{"start_url": "/s", "icons": [{"src": "i.png"}, 3], "shortcuts": [{"url": "/t"}], "screenshots": 5}'
    )
    assert texts(manifest_references(text)) == ["/s", "i.png", "/t"]
    assert [list(manifest_references(bad)) for bad in ("[]", "{", "[" * 100_000)] == [[], [], []]


@pytest.mark.parametrize(
    ("body", "headers", "text"),
    [
        ("é".encode(), {}, "é"),
        (b"\xe9 and more text", {}, "é and more text"),
        (b"cut off \xc3", {}, "cut off \ufffd"),
        ("é".encode("utf-16"), {}, "é"),
        (b"\xa4", {"Content-Type": 'text/html; charset="ISO-8859-15"'}, "€"),
        (b"<meta charset=koi8-r>\xc1", {}, "<meta charset=koi8-r>а"),
        (b"\x80", {"Content-Type": "text/html; charset=latin1"}, "€"),
        (b"x", {"Content-Type": "text/html; charset=punycode"}, "x"),
        (b"\x1f\x8bnot gzip", {}, ""),
    ],
)
def test_the_encoding_of_a_body(body, headers, text):
    exchange = Exchange("GET /", "http", Result.ANSWERED, 200, headers=tuple(headers.items()), body=body)
    assert text_of(exchange) == text


SIZE = 1 << 18


@pytest.mark.parametrize(
    "unit",
    [
        "<", "<a", "<a href=", '<a href="', "<a ='", "<!--", "</", "<!", "<script>", "<b><i>", "&", "&#",
        "<a \t", "<form>", "<select><option>", "<a href=x style='url('>", "<img srcset=',,,'>", "/*", "url(",
        "url(' ", "url(\\", "@import ", "import ", "import{", "import(", "export*", "\n//", "<loc>", "<loc> ",
        "\n", '"', "'\\", "`\\", "=/", "=/[", "(/a", "//", "{",
    ],
)  # fmt: skip
def test_hostile_text_costs_little_more_than_its_length(unit):
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    begin = time.process_time()
    sum(1 for _ in read_page(text).references)
    for reader in (style_references, module_references, sitemap_references, manifest_references):
        sum(1 for _ in reader(text))
    assert time.process_time() - begin < 2
