"""What an HTML page leads to: links, what it shows and runs, and its forms by GET, in document order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from probes.crawl.forms import Forms
from probes.crawl.markup import Tag, tags
from probes.crawl.model import Kind, Reference
from probes.crawl.scripts import module_references
from probes.crawl.styles import style_references

_SOURCES: dict[str, tuple[str, ...]] = {
    "img": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "body": ("background",),
}
"""Which attributes name what is shown; HTML standard, section 4.8, and SVG."""
_ASSETS = frozenset(
    {
        "stylesheet",
        "icon",
        "preload",
        "prefetch",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
    }
)
_CONNECTIONS = frozenset({"dns-prefetch", "preconnect", "pingback", "profile"})
"""Relations whose href is no document; IANA's registry of link relations."""
_REFRESH = re.compile(r"^\s*[0-9.]*\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """What a page leads to."""

    base: str
    """Of `<base href>`: against this, itself resolved against the page's own URL, all else is
    resolved; empty where there is none."""
    references: tuple[Reference, ...]


def read_page(text: str) -> Page:
    """The references of a page in the order in which they stand there; a form's where it ends."""
    base, forms = "", Forms()
    found: list[Reference] = []
    for tag in tags(text):
        if tag.name == "base" and not tag.end and not base:
            base = tag.attributes.get("href", "")
        found += forms.see(tag)
        if not tag.end:
            found += _of_tag(tag)
    return Page(base, (*found, *forms.rest()))


def _of_tag(tag: Tag) -> Iterator[Reference]:
    reader = _READERS.get(tag.name)
    if reader:
        yield from reader(tag)
    for name in _SOURCES.get(tag.name, ()):
        if tag.attributes.get(name):
            yield Reference(tag.attributes[name], Kind.ASSET)
    if srcset := tag.attributes.get("srcset") or tag.attributes.get("imagesrcset"):
        yield from (Reference(one, Kind.ASSET) for one in candidates(srcset))
    if "url(" in (style := tag.attributes.get("style", "")).lower():
        yield from style_references(style)


def _link(tag: Tag) -> Iterator[Reference]:
    if tag.attributes.get("href"):
        by_get = tag.attributes.get("data-method", "get").lower() == "get"
        yield Reference(tag.attributes["href"], by_get=by_get)


def _frame(tag: Tag) -> Iterator[Reference]:
    if tag.attributes.get("src"):
        yield Reference(tag.attributes["src"])


def _linked(tag: Tag) -> Iterator[Reference]:
    relations = frozenset(tag.attributes.get("rel", "").lower().split())
    target = tag.attributes.get("href")
    if not target or not relations or relations & _CONNECTIONS:
        return
    if "manifest" in relations:
        yield Reference(target, Kind.MANIFEST)
    elif "modulepreload" in relations:
        yield Reference(target, Kind.MODULE)
    else:
        yield Reference(target, Kind.ASSET if relations & _ASSETS else Kind.PAGE)


def _script(tag: Tag) -> Iterator[Reference]:
    module = tag.attributes.get("type", "").strip().lower() == "module"
    if tag.attributes.get("src"):
        yield Reference(tag.attributes["src"], Kind.MODULE if module else Kind.ASSET)
    elif module:
        yield from module_references(tag.content)


def _style(tag: Tag) -> Iterable[Reference]:
    return style_references(tag.content)


def _meta(tag: Tag) -> Iterator[Reference]:
    if tag.attributes.get("http-equiv", "").lower() == "refresh":
        match = _REFRESH.match(tag.attributes.get("content", ""))
        if match:
            yield Reference(match[1].strip())


_READERS: dict[str, Callable[[Tag], Iterable[Reference]]] = {
    "a": _link,
    "area": _link,
    "iframe": _frame,
    "frame": _frame,
    "link": _linked,
    "script": _script,
    "style": _style,
    "meta": _meta,
}


def candidates(srcset: str) -> Iterator[str]:
    """The URLs of a `srcset`; HTML standard, section 4.8.4.2.1: a URL may hold commas, and so may what
    stands in parentheses behind it."""
    position, length = 0, len(srcset)
    while True:
        while position < length and (srcset[position].isspace() or srcset[position] == ","):
            position += 1
        if position == length:
            return
        start = position
        while position < length and not srcset[position].isspace():
            position += 1
        url = srcset[start:position]
        yield url.rstrip(",")
        if url.endswith(","):
            continue
        depth = 0
        while position < length and (depth or srcset[position] != ","):
            depth += {"(": 1, ")": -1}.get(srcset[position], 0) if depth or srcset[position] == "(" else 0
            position += 1
