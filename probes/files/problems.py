"""What is wrong in a probe file: all of it at once, each with its place, cause and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from slim.errors import UsageError

DOCUMENTED = "see docs/probes.md for the format"
_SHOWN = 50
"""More problems than this are counted, not listed."""

Key = tuple[str | int, ...]
"""The way from the file's top to a value: ("steps", 2, "http", "path")."""


@dataclass(frozen=True)
class Problem:
    """One mistake."""

    file: str
    line: int
    """From 1; 0: the file as a whole."""
    column: int
    key: str
    """`steps[2].http.path`, indices from 0; empty: the file as a whole."""
    cause: str
    remedy: str

    @property
    def place(self) -> str:
        """`probes.yaml:12:5`, as editors and compilers write it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.place}: {key}{self.cause}; {self.remedy}"


class ProbeFileError(UsageError):
    """A probe file that cannot be used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(
            sorted(set(problems), key=lambda one: (one.file, one.line, one.column, one.key))
        )
        first = self.problems[0]
        if len(self.problems) == 1:
            where = f"{first.place}, key {first.key}" if first.key else first.place
            super().__init__(f"the probe file {where} is wrong", cause=first.cause, remedy=first.remedy)
            return
        shown = [str(one) for one in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            shown.append(f"and {len(self.problems) - _SHOWN} more")
        super().__init__(
            f"the probe file {first.file} has {len(self.problems)} mistakes",
            cause="\n".join(shown),
            remedy=f"mend each; {DOCUMENTED}",
        )


def spell_key(key: Key) -> str:
    """`steps[2].http.path`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def near(wrong: str, known: Iterable[str]) -> str:
    """The remedy for a name that is none: the one that was meant, or all that there are."""
    names = sorted(known)
    found = difflib.get_close_matches(wrong.lower().replace("-", "_"), names, n=1)
    if found:
        return f"did you mean {found[0]}?"
    return f"there are {', '.join(names)}" if names else DOCUMENTED
