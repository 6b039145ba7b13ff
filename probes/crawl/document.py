"""What an answer leads to, by what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probes.crawl.listings import manifest_references, sitemap_references
from probes.crawl.model import Kind, Reference
from probes.crawl.page import read_page
from probes.crawl.scripts import module_references
from probes.crawl.styles import style_references
from probes.crawl.text import media_type, text_of
from probes.exercise.exchange import Exchange

_HTML = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True)
class Document:
    """What a document leads to."""

    references: Iterable[Reference] = ()
    base: str = ""
    """Of `<base href>`; empty where there is none."""


def read_document(kind: Kind, exchange: Exchange) -> Document:
    """`kind` is what it was asked for as: a page that is shown as an image leads nowhere."""
    text = text_of(exchange)
    sort = media_type(exchange)
    html = sort in _HTML or (not sort and _looks_html(exchange))
    if kind is Kind.SITEMAP:
        return Document(sitemap_references(text))
    if kind is Kind.PAGE and html:
        page = read_page(text)
        return Document(page.references, page.base)
    if html:
        return Document()
    if kind is Kind.MANIFEST:
        return Document(manifest_references(text))
    if sort == "text/css":
        return Document(style_references(text))
    return Document(module_references(text) if kind is Kind.MODULE else ())


def _looks_html(exchange: Exchange) -> bool:
    start = exchange.body[:500].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
