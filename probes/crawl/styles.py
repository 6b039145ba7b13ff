"""What style sheets load: `url(…)` and `@import "…"`. CSS Syntax Level 3; CSS Values, section 4.5."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.crawl.model import Kind, Reference
from probes.crawl.urls import LONGEST

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_QUOTED = rf"""(?:"([^"\n]{{1,{LONGEST}}})"|'([^'\n]{{1,{LONGEST}}})'"""
_LOADED = re.compile(
    rf"""url\(\s{{0,100}}{_QUOTED}|((?:\\.|[^\s"'()\\]){{1,{LONGEST}}}))|@import\s{{1,100}}{_QUOTED})""",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6}\s?|.)")


def style_references(text: str) -> Iterator[Reference]:
    """In order; what only points into the document itself is left out."""
    for match in _LOADED.finditer(_COMMENT.sub(" ", text)):
        found = next((one for one in match.groups() if one), "")
        if found and not found.startswith("#"):
            yield Reference(_ESCAPE.sub(_one, found), Kind.ASSET)


def _one(match: re.Match[str]) -> str:
    """CSS Syntax Level 3, section 4.3.7."""
    escaped = match[1]
    try:
        return chr(int(escaped, 16))
    except (ValueError, OverflowError):
        return escaped
