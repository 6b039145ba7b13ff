"""Names of modules in compiled code: extension modules, and byte code without a source.

C code imports by `PyImport_ImportModule("decimal")`; Cython and mypyc write the dotted names of what
they import. Rust's strings stand side by side without an end, so that a name may have others attached.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import msgspec

from slim.closure.facts import Parser

_LIMIT = 1 << 28
_DOTTED = re.compile(rb"(?<![A-Za-z_])[A-Za-z_]\w{0,63}+(?:\.[A-Za-z_]\w{0,63}){1,7}")
_WORD = re.compile(rb"(?<=\0)[A-Za-z_][a-z0-9_]{1,30}(?=\0)")
_IN_BYTECODE = re.compile(rb"[zZaA\xda\xfa]([\x02-\x7f])([A-Za-z_][\w.]+)")
_MOST = 20000
_UNSORTED = 1 << 23
"""Bytes that are read of a compiled file without sections."""


class Names(msgspec.Struct, frozen=True, array_like=True):
    """Names that stand in a compiled file, sorted."""

    dotted: tuple[str, ...] = ()
    """Dotted ones; the last component may have more attached than its own."""
    words: tuple[str, ...] = ()
    """Plain ones between two zero bytes."""


def _read_extension(content: bytes) -> Names:
    dotted: set[bytes] = set()
    words: set[bytes] = set()
    for begin, end in _constants(content):
        dotted.update(match[0] for match in _DOTTED.finditer(content, begin, end))
        words.update(match[0] for match in _WORD.finditer(content, begin, end))
    return Names(_texts(dotted), _texts(words))


def _constants(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the sections of a 64-bit ELF file are that hold constants, elf(5); of anything else, where its
    beginning is. Not their bytes: there are files of hundreds of megabytes."""
    found = []
    try:
        if content[:5] != b"\x7fELF\x02":
            raise ValueError
        order = "<" if content[5] == 1 else ">"
        (table,) = struct.unpack_from(f"{order}Q", content, 0x28)
        size, count, names = struct.unpack_from(f"{order}HHH", content, 0x3A)
        headers = [
            struct.unpack_from(f"{order}IIQQQQ", content, table + number * size) for number in range(count)
        ]
        texts = headers[names][4]
        for name, _, _, _, offset, length in headers:
            if content[texts + name : texts + name + 8].partition(b"\0")[0] in (
                b".rodata",
                b".rodata.",
                b".data",
            ):
                found.append((offset, offset + length))
    except (ValueError, struct.error, IndexError):
        found = []
    yield from found or [(0, _UNSORTED)]


def _read_bytecode(content: bytes) -> Names:
    """Constants of a marshalled code object: type, length, text."""
    found = {text[: length[0]] for length, text in _IN_BYTECODE.findall(content)}
    return Names(
        _texts({text for text in found if b"." in text}), _texts({t for t in found if b"." not in t})
    )


def _texts(found: set[bytes]) -> tuple[str, ...]:
    return tuple(raw.decode("ascii", "replace") for raw in sorted(found)[:_MOST])


EXTENSION = Parser("python-extension-4", _read_extension, Names, limit=_LIMIT)
BYTECODE = Parser("python-bytecode-1", _read_bytecode, Names, limit=1 << 24)


def prefixes(dotted: str) -> Iterator[str]:
    """A dotted name, and what it may be where more is attached to its end, the longest first."""
    yield dotted
    above, _, last = dotted.rpartition(".")
    for end in range(len(last) - 1, 2, -1):
        yield f"{above}.{last[:end]}"
