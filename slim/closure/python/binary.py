"""Names of modules in compiled code: extension modules, and byte code without a source.

C code imports by `PyImport_ImportModule("decimal")`; Cython and mypyc write the dotted names of what
they import. Rust's strings stand side by side without an end, so that a name may have others attached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.facts import Parser

_LIMIT = 1 << 28
_DOTTED = re.compile(rb"[A-Za-z_]\w{0,63}(?:\.[A-Za-z_]\w{0,63}){1,7}")
_WORD = re.compile(rb"(?<=\0)[A-Za-z_][a-z0-9_]{1,30}(?=\0)")
_IN_BYTECODE = re.compile(rb"[zZaA\xda\xfa]([\x02-\x7f])([A-Za-z_][\w.]+)")
_MOST = 20000


class Names(msgspec.Struct, frozen=True, array_like=True):
    """Names that stand in a compiled file, sorted."""

    dotted: tuple[str, ...] = ()
    """Dotted ones; the last component may have more attached than its own."""
    words: tuple[str, ...] = ()
    """Plain ones between two zero bytes."""


def _read_extension(content: bytes) -> Names:
    dotted = {match for match in _DOTTED.findall(content) if not match.startswith(b"GLIBC")}
    words = set(_WORD.findall(content))
    return Names(_texts(dotted), _texts(words))


def _read_bytecode(content: bytes) -> Names:
    """Constants of a marshalled code object: type, length, text."""
    found = {text[: length[0]] for length, text in _IN_BYTECODE.findall(content)}
    return Names(
        _texts({text for text in found if b"." in text}), _texts({t for t in found if b"." not in t})
    )


def _texts(found: set[bytes]) -> tuple[str, ...]:
    return tuple(raw.decode("ascii", "replace") for raw in sorted(found)[:_MOST])


EXTENSION = Parser("python-extension-1", _read_extension, Names, limit=_LIMIT)
BYTECODE = Parser("python-bytecode-1", _read_bytecode, Names, limit=1 << 24)


def prefixes(dotted: str) -> Iterator[str]:
    """A dotted name, and what it may be where more is attached to its end, the longest first."""
    yield dotted
    above, _, last = dotted.rpartition(".")
    for end in range(len(last) - 1, 2, -1):
        yield f"{above}.{last[:end]}"
