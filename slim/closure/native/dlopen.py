"""Rule: libraries that a program names in a string, to load them by dlopen(3) if it ever has a use for them.

Nothing links the string to the call, so this rule guesses; it guesses rightly often enough to be on by
default (a media library that loads a codec, a client that loads a security library) and can be switched
off. Only libraries of the image count, found as the file that names them would find them, so that a
wrong guess costs the size of one library; a profile may withhold what is known never to be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import msgspec

from slim.closure.facts import Parser
from slim.closure.native.elf import ElfFacts, MalformedElfError, read_elf
from slim.closure.native.ldso import LibrarySearch, Requester
from slim.closure.native.symbols import LOADING
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent, printable
from slim.plan import Unresolved

RULE = "dlopen"

MAX_PROGRAM_BYTES = 1 << 28
"""What is read of a file; in a larger one nothing is found."""

LONGEST_NAME = 256
"""Characters of a name or path that are looked for before its `.so`."""

_SUFFIX = re.compile(rb"\.so(?:\.\d+){0,3}(?![\w.+-])")
_NAME = re.compile(rb"(?:/[\w.+@-]+)*/[\w.+-]+$|lib[\w+-][\w.+-]*$|[\w+-][\w.+-]*$")
_ENDS = b"\0:;"
"""What stands around a name that is a string, or a member of a list, of its own."""


class SonameStrings(msgspec.Struct, frozen=True):
    """What a file holds that looks like the name of a shared library."""

    whole: tuple[str, ...]
    """Strings of their own, with or without folders."""
    inside: tuple[str, ...]
    """`lib*.so*` inside of other text, where a language keeps its strings side by side without an end."""


def read_sonames(content: bytes) -> SonameStrings:
    """The library names in `content`, whatever it is; sorted."""
    whole: set[str] = set()
    inside: set[str] = set()
    for begin, end in _own_strings(content):
        _read_part(content, begin, end, whole, inside)
    return SonameStrings(tuple(sorted(whole)), tuple(sorted(inside - whole)))


def _read_part(content: bytes, begin: int, end: int, whole: set[str], inside: set[str]) -> None:
    """Add the names in one part of a file; where the part begins or ends, so does a string."""
    for match in _SUFFIX.finditer(content, begin, end):
        first_byte = max(begin, match.start() - LONGEST_NAME)
        before = content[first_byte : match.start()]
        named = _NAME.search(before)
        if named is None:
            continue
        first = len(before) - len(named[0]) - 1
        text = (named[0] + match[0]).decode("ascii", "replace")
        alone = before[first] in _ENDS if first >= 0 else first_byte == begin > 0
        behind = content[match.end() : min(end, match.end() + 1)]
        if alone and (behind in (b"\0", b":", b";") or (not behind and end < len(content))):
            whole.add(text)
        elif named[0].startswith(b"lib"):
            inside.add(text)


def _own_strings(content: bytes) -> tuple[tuple[int, int], ...]:
    """Where the loaded parts of an ELF file are, without its dynamic strings: those are of the linker, and
    hold what a library was once linked with before a tool like auditwheel renamed it."""
    try:
        facts = read_elf(BytesIO(content), len(content))
    except MalformedElfError:
        return ((0, len(content)),)
    return tuple(facts.texts)


SONAMES = Parser("sonames-2", read_sonames, SonameStrings, limit=MAX_PROGRAM_BYTES)


class DlopenRule:
    """The libraries that strings name: of an unowned ELF file any string, of a package's file whole
    strings only, and only where it calls dlopen(3) or one of the functions around it."""

    def __init__(self, search: LibrarySearch) -> None:
        self._search = search

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The libraries that one ELF file names, each found as its own loader would."""
        facts = context.elf(path) if entry.kind is Kind.FILE else None
        if facts is None or not facts.dynamic or facts.is_libc(name(path)):
            return
        unowned = context.owners.owner(path) is None
        if not unowned and facts.symbols.isdisjoint(LOADING):
            return
        strings = context.facts(path, SONAMES)
        if strings is None:
            return
        by = Requester(facts, parent(path))
        for soname in (*strings.whole, *(strings.inside if unowned else ())):
            yield from self._library(soname, path, by)

    def _library(self, soname: str, path: ImagePath, by: Requester) -> Iterator[Need]:
        facts: ElfFacts = by.facts
        if soname in facts.needed or soname == facts.soname:
            return
        found = self._search.find(soname, by)
        for library in found.paths if found else ():
            why = f"a string of {printable(path)}: dlopen(3) may ask for it"
            yield Need(library, RULE, why, path, part_of=Part.STRING)
