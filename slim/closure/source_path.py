"""Files as sources name them: `./x` from the source's own folder on, `*` for what only a run knows."""

from __future__ import annotations

import posixpath

HERE = "./"
ANY = "*"


def normal(text: str) -> str:
    """A file from the source's folder on without needless `..`; any other text as it is."""
    if not text.startswith(HERE):
        return text
    clean = posixpath.normpath(text)
    return HERE if clean == "." else HERE + clean


def line_of(text: str) -> str:
    """A shell line: what only a run knows is a variable there."""
    return text.replace(ANY, " $x ")
