"""What JavaScript modules import by a literal address; ECMAScript 2024, sections 12 and 16.2.

Bare names (`import "lodash"`) are no addresses. Strings, templates, comments and regular expressions are
passed over: what they say is no import. Whether a slash begins a regular expression is told by what stands
before it; a wrong guess costs no more than the rest of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probes.crawl.model import Kind, Reference

_IMPORT = (
    r"""(?<![\w$.])(?:import|export)"""
    r"""(?:\s{0,20}\(?\s{0,20}|[\s*{][^;'"`()=]{0,500}?(?<![\w$])from\s{0,20})"""
    r"""["']((?:\.{0,2}/|https?://)[^"'\s]{1,500})["']"""
)
_PASSED_OVER = (
    r"/\*.*?(?:\*/|\Z)",
    r"//[^\n]*",
    r"[=(,:\[!&|?{};][ \t]{0,20}/(?![*/])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n]){0,200}\]|[^/\\\[\n]){1,500}/",
    r'"(?:\\.|[^"\\\n])*+"?',
    r"'(?:\\.|[^'\\\n])*+'?",
    r"`(?:\\.|[^`\\])*+`?",
)
"""Comments, a regular expression behind what no value ends with, strings, a template."""
_TOKEN = re.compile("|".join((_IMPORT, *_PASSED_OVER)), re.DOTALL)


def module_references(text: str) -> Iterator[Reference]:
    """In order; imports that are functions of a literal (`import("./x.js")`) included."""
    for match in _TOKEN.finditer(text):
        if match[1]:
            yield Reference(match[1], Kind.MODULE)
