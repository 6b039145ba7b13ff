"""String literals of compiled programs whose languages keep them side by side without an end.

Go and Rust store a string as an address and a length: `lea` of the address and `mov` of the length in
code, or both as two words in data. Only there is told where a literal ends. Read for x86-64, as the
Go and Rust compilers write it; on other processors nothing is found, and what remains is to look for
the image's own paths in the bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from slim.closure.facts import Parser

MAX_PROGRAM_BYTES = 1 << 27
LONGEST = 512
"""Bytes of a literal; a longer one is text."""

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_X86_64 = 62
_LOAD, _EXECUTE = 1, 1
_LEA = re.compile(rb"[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d](....)", re.DOTALL)
_LENGTH = re.compile(
    rb"(?:[\xb8-\xbf]|\x48\xc7[\xc0-\xc7]|\x48\xc7\x44\x24.|\x48\xc7\x84\x24....)(..\0\0)", re.DOTALL
)
_AFTER = 32
"""Bytes of code in which the length stands, before or after the address."""
_BESIDE = 8
"""Bytes after it in which it stands where both are arguments of a call."""
_COINCIDENCE = 3
"""A word of so few bytes in data is more often something else."""
_TEXT = re.compile(rb"/[\x21-\x7e]{2,511}|[a-z/][\w./+-]* [\x20-\x7e\n]{1,400}")
_NAME = re.compile(rb"[a-z][\w.+-]{1,63}")
_GO = b"runtime.gopanic"
"""The name of a function that every Go program has, in the table that it prints traces from."""
_STARTS = (
    b"os/exec.Command",
    b"\0execvp\0",
    b"\0execlp\0",
    b"\0execv\0",
    b"\0posix_spawnp\0",
    b"\0posix_spawn\0",
)


class Literals(msgspec.Struct, frozen=True):
    """What a program's literals hold that may be a path, a program's name or a line for a shell; sorted."""

    texts: tuple[str, ...] = ()
    """Absolute paths, and lines of words."""
    names: tuple[str, ...] = ()
    """Single words that are arguments, or members of a list."""
    starts_programs: bool = False
    """It is linked with what starts other programs: Go's os/exec, execvp(3), posix_spawn(3)."""
    is_go: bool = False
    """No string of it ends in a NUL."""


_MAX_SEGMENTS = 16
"""Of those that are loaded; linkers make four or five."""


def read_literals(content: bytes) -> Literals:
    """The literals of an ELF program; none of anything else."""
    starts = any(mark in content for mark in _STARTS)
    try:
        found = set(_literals(content))
    except struct.error:
        found = set()
    texts = {raw.decode("ascii") for raw, _ in found if _TEXT.fullmatch(raw)}
    names = {raw.decode("ascii") for raw, beside in found if beside and _NAME.fullmatch(raw)}
    return Literals(tuple(sorted(texts)), tuple(sorted(names)), starts, _GO in content)


LITERALS = Parser("literals-5", read_literals, Literals, limit=MAX_PROGRAM_BYTES)


def _literals(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """Each literal, and whether address and length stand right beside each other."""
    if not content.startswith(b"\x7fELF\2\1"):
        return
    header = _HEADER.unpack_from(content)
    machine, first, size, count = header[2], header[5], header[9], header[10]
    if machine != _X86_64 or size != _SEGMENT.size:
        return
    segments = [_SEGMENT.unpack_from(content, first + size * number) for number in range(min(count, 64))]
    loads = [
        (s[1], s[2], s[3], s[5]) for s in segments if s[0] == _LOAD
    ]  # flags, offset, address, size in file
    # what a damaged file claims beyond its end is not there
    loads = [
        (flags, offset, address, min(length, len(content) - offset))
        for flags, offset, address, length in loads[:_MAX_SEGMENTS]
        if offset < len(content)
    ]
    places = [(address, address + length, offset) for flags, offset, address, length in loads]
    for flags, offset, address, length in loads:
        if flags & _EXECUTE:
            yield from _in_code(content, offset, address, length, places)
        else:
            yield from _in_data(content, offset, length, places)


def _in_code(
    content: bytes, offset: int, address: int, length: int, places: list[tuple[int, int, int]]
) -> Iterator[tuple[bytes, bool]]:
    """`lea` of an address with a `mov` of a length beside it; each length beside it counts."""
    for match in _LEA.finditer(content, offset, offset + length):
        end = match.end()
        target = address + (end - offset) + int.from_bytes(match[1], "little", signed=True)
        start = _placed(target, places)
        if start is None or not 0x20 < content[start] < 0x7F:
            continue
        beside = True
        for near in _LENGTH.finditer(content, end, end + _AFTER):
            count = int.from_bytes(near[1], "little")
            if 0 < count <= LONGEST:
                yield content[start : start + count], beside and near.start() - end < _BESIDE
                beside = False
        for near in _LENGTH.finditer(content, max(offset, match.start() - _AFTER // 2), match.start()):
            count = int.from_bytes(near[1], "little")
            if 0 < count <= LONGEST:
                yield content[start : start + count], beside and near.end() == match.start()


def _in_data(
    content: bytes, offset: int, length: int, places: list[tuple[int, int, int]]
) -> Iterator[tuple[bytes, bool]]:
    """Two words, an address and a small number, where the linker left addresses in place."""
    words = content[offset : offset + length - length % 8]
    for (target,), (count,) in pairwise(struct.iter_unpack("<Q", words)):
        if 0 < count <= LONGEST and target > LONGEST:
            start = _placed(target, places)
            if start is not None:
                yield content[start : start + count], count > _COINCIDENCE


def _placed(address: int, places: list[tuple[int, int, int]]) -> int | None:
    """Where an address is in the file."""
    for first, last, offset in places:
        if first <= address < last:
            return offset + address - first
    return None
