"""The links of a page, for a first probe file."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

_SOURCES = {"a": "href", "link": "href", "script": "src", "img": "src"}
_DOES_SOMETHING = ("logout", "log-out", "signout", "sign-out", "delete", "remove")
"""Words in a path that should not be asked for just to see what is there."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if _SOURCES.get(tag) == name and value:
                self.found[value.strip()] = None


def links_of(page: str, path: str, *, limit: int) -> tuple[str, ...]:
    """Paths on the same site that `page`, found at `path`, links to: in its order, none twice, `limit`
    at the most. Without what lets one guess that it does something, such as logging out."""
    parser = _Links()
    parser.feed(page)
    home = "http://localhost"
    found: dict[str, None] = {}
    for target in parser.found:
        try:
            url = urlsplit(urldefrag(urljoin(home + path, target)).url)
        except ValueError:
            continue
        if f"{url.scheme}://{url.netloc}" != home or not _may_be_sent(url.path):
            continue
        found[(url.path or "/") + (f"?{url.query}" if url.query else "")] = None
    found.pop(path, None)
    return tuple(one for one in found if one.isprintable() and " " not in one)[:limit]


def _may_be_sent(path: str) -> bool:
    return not any(word in path.lower() for word in _DOES_SOMETHING)
