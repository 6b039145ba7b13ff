"""From what is written in a source to the modules that it may import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from slim.closure.python.interpreters import Interpreter
from slim.closure.python.names import Place, everything, matching, relative, split_made
from slim.closure.python.path import Found
from slim.closure.python.written import (
    HOLE,
    IN_FUNCTION,
    IN_MAIN,
    IN_SELF_TEST,
    NEVER,
    OPTIONAL,
    OWN_PACKAGE,
    Import,
    Written,
)
from slim.oci.path import ImagePath, name, parent

BUILT_IN = frozenset(sys.builtin_module_names) | sys.stdlib_module_names | {"__main__", "__future__"}
"""Names that need no file, or that only other systems have."""

_FROZEN = ("/importlib/_bootstrap.py", "/importlib/_bootstrap_external.py", "/zipimport.py")
"""Sources of modules that every interpreter since 3.8 holds inside itself and never looks for: a part of its
start-up, Python/frozen.c."""


class Role(Enum):
    """Whose a source is; decides which of its imports count."""

    APPLICATION = "application"
    """All but those for type checkers."""
    LIBRARY = "library"
    """Of a distribution: not those of a start by hand."""
    TEST = "test"
    """A library's tests, where something reaches them: what they import when loaded."""
    STANDARD = "standard"
    """The standard library's: not those of its self-tests either."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One file that an import reads."""

    raw: str
    what: str
    """The name as it was asked for, for people."""
    deferred: bool = False
    """A library can do without it until one of its functions is called."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that leads nowhere."""

    what: str


@dataclass(frozen=True)
class Source:
    """A source that is kept, as one interpreter would load it."""

    place: Place
    written: Written
    role: Role
    interpreter: Interpreter
    started: bool
    """It is a program: `python -m` names it, it is a `__main__`, or a script."""
    exported: Callable[[str], tuple[str, ...]]
    """From an `__init__` to the names that `import *` takes from it."""

    def edges(self) -> Iterator[Edge | Missing]:
        """Everything that it may import, the certain first."""
        for each in self.written.imports:
            if self._counts(each):
                yield from self._statement(each)
        for text in self.written.made:
            yield from self._made(text)
        for text in self.written.dotted:
            yield from self._dotted(text)
        for text in self.written.codecs:
            name = f"encodings.{_codec(text)}"
            found = self._find(name)
            if found.depth == 2:
                yield from self._all(found.files, f"the codec {text}", self.role is Role.STANDARD)
        yield from self._listed()
        for text in self.written.walked:
            yield from self._walked(text)
        for text in self.written.run:
            for extra in (text, f"{text}.__main__"):
                found = self._find(extra)
                if found.depth == extra.count(".") + 1:
                    yield from self._all(found.files, f"-m {text}")

    def open_patterns(self) -> Iterator[tuple[str, ...]]:
        """Names in any package, `HOLE.management.commands.HOLE`, less the first component."""
        if self.role is Role.STANDARD:
            return
        for text in self.written.made:
            level, parts = split_made(text)
            if not level and len(parts) > 1 and parts[0] == HOLE and any(part != HOLE for part in parts[1:]):
                yield tuple(parts[1:])

    # -- statements ------------------------------------------------------------------------------

    def _counts(self, each: Import) -> bool:
        if each.where & NEVER:
            return False
        if self.role is Role.APPLICATION:
            return True
        if each.where & IN_MAIN and not self.started:
            return False
        if self.role is Role.TEST:
            return not each.where & IN_FUNCTION
        return not (self.role is Role.STANDARD and each.where & IN_SELF_TEST and not self.started)

    def _statement(self, each: Import) -> Iterator[Edge | Missing]:
        deferred = self._can_wait(each)
        told = "." * each.level + each.module
        path = self.interpreter.path
        if each.level:
            found = relative(self.place, each.level, each.module, path)
        else:
            found = self._find(each.module)
            if not found.depth and each.module.partition(".")[0] not in BUILT_IN:
                yield Missing(told)
        yield from self._all(found.files, told, deferred)
        if found.depth <= each.module.count("."):
            return  # an attribute, or nothing
        names = each.names
        if "*" in names:
            names = tuple(n for file in found.own for n in self.exported(file)) + names
        for taken in names:
            inner = path.inside(found.folders, [taken]) if found.folders and taken != "*" else None
            if inner is not None and inner.depth:
                yield from self._all(
                    inner.files, f"{told}.{taken}" if each.module else told + taken, deferred
                )

    def _can_wait(self, each: Import) -> bool:
        """Whether loading the source goes well without: what a library's function imports of the standard
        library is wanted when that is called."""
        if each.where & OPTIONAL or (each.instead_of and all(map(self._is_there, each.instead_of))):
            return True
        if not each.where & IN_FUNCTION:
            return False
        found = self.interpreter.path.find(each.module) if not each.level else None
        is_standard = found is not None and found.files and self.interpreter.is_standard(found.files[0])
        return self.role is Role.STANDARD or not is_standard

    def _is_there(self, module: str) -> bool:
        return self._find(module).depth == module.count(".") + 1 or module in sys.builtin_module_names

    # -- names made at run time ------------------------------------------------------------------

    def _made(self, text: str) -> Iterator[Edge]:
        level, parts = split_made(text)
        told = text.replace(HOLE, "*").replace(OWN_PACKAGE, "")
        path = self.interpreter.path
        deferred = self.role is not Role.APPLICATION
        fixed = next((i for i, part in enumerate(parts) if HOLE in part), len(parts))
        if level:
            folder = self.place.package(level)
            files = [] if folder == "/" else matching((folder,), parts, path) if parts else []
            yield from self._all(files, told, deferred)
        elif fixed == len(parts):
            if parts:
                yield from self._all(self._find(".".join(parts)).files, told, deferred)
        elif fixed:
            found = self._find(".".join(parts[:fixed]))
            if found.depth == fixed and found.folders:
                yield from self._all(found.files, told, deferred)
                yield from self._all(matching(found.folders, parts[fixed:], path), told, deferred)
        elif parts[0] != HOLE and self.role is not Role.STANDARD:
            sites = tuple(root for root in path.roots if not self.interpreter.is_standard(root + "/"))
            yield from self._all(matching(sites, parts, path), told, deferred)

    # -- strings ---------------------------------------------------------------------------------

    def _dotted(self, text: str) -> Iterator[Edge]:
        module, colon, _ = text.partition(":")
        if text.startswith("."):
            if self.written.lazy:
                level, parts = split_made(module)
                found = relative(self.place, level, ".".join(parts), self.interpreter.path)
                yield from self._all(found.files, text, True)
            return
        found = self._find(module)
        count = module.count(".") + 1
        beyond = count - found.depth
        if not found.files and not found.folders:
            return
        if self.role is Role.STANDARD and not (self.written.unknown or self.written.lazy):
            return
        if self.role is Role.APPLICATION:
            if beyond <= 2 and not (found.depth == 1 and beyond == 2):
                yield from self._all(found.files, f"the string {text}")
                if not beyond and found.folders and not self.interpreter.is_standard(found.folders[0] + "/"):
                    yield from self._all(
                        everything(found.folders, self.interpreter.path), f"the string {text}"
                    )
        elif not beyond or (self.role is not Role.STANDARD and beyond <= 2 and (found.depth > 1 or colon)):
            yield from self._all(found.files, f"the string {text}", True)

    def _listed(self) -> Iterator[Edge]:
        """Plain words: modules beside a source that loads lazily, or applications that a project lists."""
        written, path = self.written, self.interpreter.path
        for word in written.words:
            if self.role is Role.APPLICATION:
                if written.lists_applications or written.unknown:
                    found = self._find(word)
                    is_standard = bool(found.files and self.interpreter.is_standard(found.files[0]))
                    if found.depth and (not is_standard or (written.unknown and word != "test")):
                        yield from self._all(found.files, f"the string {word}")
                        if written.lists_applications:
                            yield from self._all(everything(found.folders, path), f"the string {word}")
            elif written.lazy or (written.unknown and self.role is not Role.STANDARD):
                found = path.inside((parent(self.place.path),), [word])
                if found.own and self.place.path not in found.own:
                    yield from self._all(found.own, f"the string {word}", True)

    def _walked(self, text: str) -> Iterator[Edge]:
        path = self.interpreter.path
        if text == OWN_PACKAGE:
            folders: tuple[ImagePath, ...] = (parent(self.place.path),)
            if not (name(self.place.path).startswith("__init__.") or path.package_file(folders[0])):
                return
        else:
            found = self._find(text)
            if found.depth <= text.count("."):
                found = path.inside((parent(self.place.path),), text.split("."))
            folders = found.folders if found.depth == text.count(".") + 1 else ()
        yield from self._all(
            everything(folders, path), f"the modules of {text.replace(OWN_PACKAGE, 'its package')}"
        )

    def _find(self, dotted: str) -> Found:
        return self.interpreter.path.find(dotted, self.place.first)

    def _all(self, files: Iterable[str], what: str, deferred: bool = False) -> Iterator[Edge]:
        lazily = deferred and self.role is not Role.APPLICATION
        for raw in files:
            yield Edge(raw, what, lazily or self._is_frozen(raw))

    def _is_frozen(self, raw: str) -> bool:
        return raw.endswith(_FROZEN) and self.interpreter.is_standard(raw)


def _codec(text: str) -> str:
    """The module of a codec by one of its names, as encodings.normalize_encoding and its aliases do."""
    normal = text.replace("-", "_")
    return normal.replace("ibm", "cp") if normal.startswith("ibm") else normal
