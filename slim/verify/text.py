"""Text as lines that can be compared: a line of a thousand words in pieces."""

from __future__ import annotations

import re

from slim.verify.likeness import TROUBLE
from slim.verify.patterns import Line

_LONG = 300
"""Characters of a line that is not taken apart."""
_PIECE = re.compile(r"[^,;{}>]*[,;{}>]?")


def as_shown(text: str) -> str:
    """`text` as a terminal shows it in the end: a progress bar once, not as often as it was drawn. What
    tells of trouble stays."""
    if "\r" not in text:
        return text
    return "\n".join(map(_last_written, text.replace("\r\n", "\n").split("\n")))


def _last_written(line: str) -> str:
    *before, last = line.rstrip("\r").split("\r")
    return "\r".join((*(one for one in before if TROUBLE.search(one)), last))


def lines_of(text: str, *, cut: bool = False) -> list[Line]:
    """The lines of `text`; long ones, like scripts and JSON without line ends, in several. `cut`: the
    text goes on, and its last line may not be whole."""
    found: list[Line] = []
    for line in text.splitlines():
        if len(line) <= _LONG:
            found.append(Line(line))
        else:
            found.extend(Line(piece) for piece in _PIECE.findall(line) if piece)
    return found[:-1] if cut else found
