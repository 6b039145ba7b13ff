"""What a crawl may do, and what it finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FOUND_BY = "crawl"


@dataclass(frozen=True)
class Crawl:
    """The user's bounds."""

    depth: int = 3
    """`--crawl-depth`: how many links away from where it starts; what a page shows is as deep as the
    page."""
    pages: int = 100
    """`--crawl-pages`: how many addresses are asked for at the most, of whatever kind."""
    seconds: float = 60.0
    """`--crawl-time`: for all of it."""
    exclude: tuple[str, ...] = ()
    """`--crawl-exclude`: globs of paths that are left out."""
    destructive: bool = False
    """`--crawl-destructive`: follow links that look as if they log out or delete, too."""
    ignore_robots: bool = False
    """`--crawl-ignore-robots`: follow what robots.txt disallows, too."""


class Kind(Enum):
    """What an address is to what names it: decides how its answer is read."""

    PAGE = "page"
    """Where a link, a frame or a form leads."""
    ASSET = "asset"
    """What a page shows or runs: images, styles, classic scripts, fonts, films."""
    MODULE = "module"
    """A JavaScript module, which may import others."""
    MANIFEST = "manifest"
    """A web application's manifest."""
    SITEMAP = "sitemap"
    ROBOTS = "robots.txt"


@dataclass(frozen=True)
class Reference:
    """A link as a document has it, before it is resolved."""

    text: str
    """A URL, most often a relative one."""
    kind: Kind = Kind.PAGE
    query: str | None = None
    """Of a form: takes the place of the URL's own query."""
    by_get: bool = True
    """False where the page's script sends another method, as `data-method="delete"` says."""


@dataclass(frozen=True)
class Step:
    """An address to be asked for."""

    path: str
    """Path and query, normalised."""
    kind: Kind
    depth: int
    page: str
    """Where it was found: path and query; empty for where the crawl starts."""
