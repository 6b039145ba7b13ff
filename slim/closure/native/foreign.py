"""Rule: libraries that scripts load through a foreign function interface: ctypes, cffi, Fiddle, ffi, Koffi.

The names stand in the source as literals: a soname (`CDLL("libmagic.so.1")`), or a bare name that the
language completes by asking ldconfig (`find_library("magic")`). They are searched as the image's own
programs would find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.facts import Parser
from slim.closure.native.ldso import LibrarySearch, Requester
from slim.closure.rule import Context, Need, Part
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, parent, printable
from slim.plan import Unresolved

RULE = "foreign"

SOURCES = (".cjs", ".js", ".lua", ".mjs", ".php", ".pl", ".pm", ".py", ".rb")

_MARKS = re.compile(rb"\b(?:find_library|CDLL|LoadLibrary|dlopen|ffi_lib|FFI|koffi)\b")
_SONAME = re.compile(rb"""["']((?:/[\w.+@-]+)*/?lib[\w.+-]+\.so(?:\.\d+)*)["']""")
_BARE = re.compile(
    rb"""\b(?:find_library|dlopen|ffi_lib)\s*\(?[^"'()\n]{0,40}["']([\w+-][\w.+-]{1,63})["']"""
)


class ForeignNames(msgspec.Struct, frozen=True):
    """The libraries that a source names."""

    sonames: tuple[str, ...]
    """`libmagic.so.1`, with or without folders."""
    bare: tuple[str, ...]
    """`magic`: what a linker would call -lmagic."""


def read_foreign(content: bytes) -> ForeignNames:
    """The names in a source, none where it calls nothing of the kind; sorted."""
    if _MARKS.search(content) is None:
        return ForeignNames((), ())
    sonames = {match.decode("ascii") for match in _SONAME.findall(content)}
    bare = {match.decode("ascii") for match in _BARE.findall(content)}
    plain = {name.removeprefix("lib") for name in bare if ".so" not in name}
    return ForeignNames(tuple(sorted(sonames)), tuple(sorted(plain)))


FOREIGN = Parser("foreign-1", read_foreign, ForeignNames)


class ForeignRule:
    """The libraries that kept sources name; sources wait until a program is kept that could load them."""

    def __init__(self, search: LibrarySearch) -> None:
        self._search = search
        self._by: Requester | None = None
        self._waiting = Waiting()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of a source, or at the first kept program those of the sources before it."""
        if entry.kind is not Kind.FILE or not entry.size:
            return
        if path.endswith(SOURCES):
            # The interface's own sources name libraries as examples and for its tests.
            if "/ctypes/" not in path and not self._waiting.holds(path) and self._by:
                yield from self._named(path, self._by, context)
        elif self._by is None:
            facts = context.elf(path)
            if facts is not None and facts.interpreter and facts.dynamic:
                self._by = Requester(facts, parent(path))
                for source in self._waiting.release():
                    yield from self._named(source, self._by, context)

    def _named(self, path: ImagePath, by: Requester, context: Context) -> Iterator[Need]:
        names = context.facts(path, FOREIGN)
        if names is None:
            return
        wanted = [
            *names.sonames,
            *(each for bare in names.bare for each in self._search.names(f"lib{bare}.so")),
        ]
        for soname in dict.fromkeys(wanted):
            found = self._search.find(soname, by)
            for library in found.paths if found else ():
                yield Need(library, RULE, f"{printable(path)} loads it by name", path, part_of=Part.STRING)
