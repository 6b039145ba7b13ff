"""Files in which a site lists its addresses: sitemaps (sitemaps.org, protocol 0.9) and web manifests.

A sitemap is read as text, not as XML: nothing in it is expanded, and one that is cut off still counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from probes.crawl.markup import characters
from probes.crawl.model import Kind, Reference

_LOCATION = re.compile(
    r"<(?:\w{1,20}:)?loc>\s{0,100}(?:<!\[CDATA\[)?\s{0,100}([^<\]]{1,4000})", re.IGNORECASE
)
_INDEX = re.compile(r"<(?:\w{1,20}:)?sitemapindex\b", re.IGNORECASE)
_SHOWN = ("icons", "screenshots")


def sitemap_references(text: str) -> Iterator[Reference]:
    """The pages of a sitemap, or the sitemaps of an index; of a text file each line is one."""
    if "<" not in text:
        yield from (Reference(line.strip()) for line in text.splitlines() if line.strip().startswith("http"))
        return
    kind = Kind.SITEMAP if _INDEX.search(text[:10_000]) else Kind.PAGE
    for match in _LOCATION.finditer(text):
        yield Reference(characters(match[1]).strip(), kind)


def manifest_references(text: str) -> Iterator[Reference]:
    """What a web manifest starts and shows: W3C, Web Application Manifest, section 1."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(manifest, dict):
        return
    if isinstance(manifest.get("start_url"), str):
        yield Reference(manifest["start_url"])
    for name in _SHOWN:
        yield from (Reference(source, Kind.ASSET) for source in _texts(manifest.get(name), "src"))
    yield from (Reference(url) for url in _texts(manifest.get("shortcuts"), "url"))


def _texts(items: object, key: str) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get(key), str):
            yield item[key]
