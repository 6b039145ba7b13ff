from pathlib import Path

from lxml import etree

DATA = Path(__file__).parent.parent / "data"


def xpath():
    tree = etree.parse(DATA / "books.xml")
    print(
        tree.xpath("//book[price > 10]/title/text()"), tree.xpath("count(//b:*)", namespaces={"b": "urn:b"})
    )
    print(tree.xpath("re:test('abc', 'b+')", namespaces={"re": "http://exslt.org/regular-expressions"}))


def transform():
    style = etree.XSLT(etree.parse(DATA / "books.xsl"))
    print(str(style(etree.parse(DATA / "books.xml"), heading=etree.XSLT.strparam("All"))).strip())


def schema():
    grammar = etree.XMLSchema(etree.parse(DATA / "books.xsd"))
    print(grammar.validate(etree.parse(DATA / "books.xml")))
    print(grammar.validate(etree.fromstring("<books><paper/></books>")), grammar.error_log[0].message[:29])
    from lxml import isoschematron

    rules = etree.parse(DATA / "rules.sch")
    print(isoschematron.Schematron(rules).validate(etree.parse(DATA / "books.xml")))
    relax = etree.RelaxNG(
        etree.fromstring('<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><text/></element>')
    )
    print(relax.validate(etree.fromstring("<a>x</a>")))


def html():
    from lxml import html
    from lxml.html import builder as E

    page = html.fromstring("<p>One <b>two</i> <a href='/x'>three</a>")
    page.make_links_absolute("https://site.example")
    print([link[2] for link in page.iterlinks()], html.tostring(page).decode())
    print(html.tostring(E.DIV(E.CLASS("a"), "x")).decode())
    print(etree.tostring(etree.fromstring("<ä>ö</ä>"), encoding="iso-8859-1"))
    text = html.fromstring("<p>\u20ac</p>".encode("cp1252"), parser=html.HTMLParser(encoding="cp1252")).text
    print(text)


def objects():
    from xml.sax.handler import ContentHandler

    from lxml import objectify, sax

    root = objectify.fromstring("<a><n>1</n><n>2.5</n></a>")
    print(sum(root.n), objectify.dump(root).count("FloatElement"))
    sax.saxify(etree.XML("<a><b/></a>"), ContentHandler())
    for event, element in etree.iterparse(DATA / "books.xml", tag="title"):
        print(event, element.text)
        break
