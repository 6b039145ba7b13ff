"""Names whose package is made at run time: `*.management.commands.*` may be in any that is kept."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.python import RULE
from slim.closure.python.interpreters import Interpreter
from slim.closure.python.names import matching
from slim.closure.python.written import HOLE
from slim.closure.rule import Need, Part
from slim.oci.path import ImagePath, printable


class OpenNames:
    """Brings names and packages together, whichever is kept first; one instance serves one plan."""

    def __init__(self) -> None:
        self._packages: dict[ImagePath, None] = {}
        self._patterns: dict[tuple[str, ...], ImagePath] = {}
        """Each with the source that makes it."""

    def pattern(self, parts: tuple[str, ...], source: ImagePath, interpreter: Interpreter) -> Iterator[Need]:
        """The modules behind a name that `source` makes, HOLE for what is unknown, in all packages so far."""
        if parts in self._patterns:
            return
        self._patterns[parts] = source
        for folder in tuple(self._packages):
            yield from self._fill(parts, source, folder, interpreter)

    def package(self, folder: ImagePath, interpreter: Interpreter) -> Iterator[Need]:
        """The modules behind all names so far in one more package that is kept."""
        if interpreter.is_standard(f"{folder}/"):
            return
        self._packages[folder] = None
        for parts, source in tuple(self._patterns.items()):
            yield from self._fill(parts, source, folder, interpreter)

    def _fill(
        self, parts: tuple[str, ...], source: ImagePath, folder: ImagePath, interpreter: Interpreter
    ) -> Iterator[Need]:
        told = f"{printable(source)} imports *.{'.'.join(parts).replace(HOLE, '*')}"
        for raw in matching((folder,), list(parts), interpreter.path):
            yield Need(raw, RULE, told, source, part_of=Part.DEFERRED)
