"""What JavaScript modules import by a literal address; ECMAScript 2024, section 16.2.

Bare names (`import "lodash"`) are no addresses. What a string or a comment in the midst of a line says
may be taken for an import: it is then a link that leads nowhere, and told as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.crawl.model import Kind, Reference

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|^[ \t]{0,100}//[^\n]*", re.DOTALL | re.MULTILINE)
_IMPORT = re.compile(
    r"""(?<![\w$.])(?:import|export)"""
    r"""(?:\s{0,20}\(?\s{0,20}|[\s*{][^;'"`()=]{0,500}?(?<![\w$])from\s{0,20})"""
    r"""["']((?:\.{0,2}/|https?://)[^"'\s]{1,500})["']"""
)


def module_references(text: str) -> Iterator[Reference]:
    """In order; imports that are functions of a literal (`import("./x.js")`) included."""
    for match in _IMPORT.finditer(_COMMENT.sub(" ", text)):
        yield Reference(match[1], Kind.MODULE)
