"""Facts of an ELF file that its loader acts on, read once and frozen.

Only the ELF header, the program headers, the dynamic section, its strings and the notes are
read: section headers may be stripped, or lie, and no loader looks at them. Sources: elf(5),
the System V gABI chapter 5, UAPI.12 for `.note.dlopen`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import IO

from elftools.common.exceptions import ELFError
from elftools.common.utils import struct_parse
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile

from slim.closure.native.dlopen_note import DlopenNote, dlopen_notes
from slim.closure.native.symbols import IDLE, SYMBOLS

MAGIC = b"\x7fELF"

DF_1_NODEFLIB = 0x800
"""DT_FLAGS_1: the loader's default folders are not searched; gABI, ld.so(8)."""

DF_1_PIE = 0x08000000
"""DT_FLAGS_1: a position-independent program, with or without an interpreter; elf.h."""

MAX_HEADERS = 4096
MAX_DYNAMIC_BYTES = 1 << 20
MAX_STRING_BYTES = 1 << 26
MAX_NOTE_BYTES = 1 << 20
"""Bounds on what a file's headers may make us read; real files stay far below."""

_LIBC = ("libc.so.", "libpthread.so.", "ld-linux", "ld-musl-", "libc.musl-", "libgcc_s.so.")


class ElfKind(Enum):
    """The object file types that a loader meets; `e_type`."""

    EXECUTABLE = "executable"
    SHARED = "shared"
    """A library, or a position-independent program: the interpreter tells."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ElfFacts:
    """What one ELF file asks of its loader."""

    kind: ElfKind
    bits: int
    """32 or 64."""
    machine: str
    """As elf.h spells it, without `EM_`: X86_64, 386, AARCH64 …"""
    interpreter: str
    """PT_INTERP; empty for a library and for a static program."""
    dynamic: bool
    """Whether there is a dynamic section."""
    soname: str
    needed: tuple[str, ...]
    """DT_NEEDED, in order."""
    rpath: tuple[str, ...]
    """DT_RPATH, split at colons; empty where DT_RUNPATH is given, since it then counts for nothing."""
    runpath: tuple[str, ...]
    no_default_folders: bool
    """DF_1_NODEFLIB."""
    is_program: bool
    """Whether execve(2) starts it: it has an interpreter, or it is a static executable."""
    symbols: frozenset[str]
    """Those asked for that stand among the dynamic strings: imported, or exported by itself."""
    dlopen: tuple[DlopenNote, ...]
    texts: tuple[tuple[int, int], ...] = ()
    """Where in the file its own strings may stand, as start and end: what is loaded, less the dynamic
    strings, which are names of symbols and libraries."""

    def is_libc(self, file_name: str) -> bool:
        """Whether it is a part of a C library: it has symbols like pthread_create because it holds
        them, not because it calls them. Debian's musl has no soname, so the file's name counts too."""
        known = self.soname or file_name
        return known == "libc.so" or known.startswith(_LIBC)

    def is_loadable_by(self, other: ElfFacts) -> bool:
        """Whether both fit into one process: the loader passes over libraries of another class
        or machine as if they were not there (ld.so(8))."""
        return (self.bits, self.machine) == (other.bits, other.machine)


class MalformedElfError(Exception):
    """The file begins as ELF and then is not; the message says where. Internal to the closure."""


@dataclass(frozen=True, slots=True)
class _Segment:
    offset: int
    address: int
    size: int


def read_elf(stream: IO[bytes], size: int, symbols: frozenset[str] = SYMBOLS) -> ElfFacts:
    """The facts of the ELF file of `size` bytes in `stream`, with those of `symbols` that it names;
    raises MalformedElfError, and nothing else for whatever the bytes may be."""
    try:
        return _read(stream, size, symbols)
    except MalformedElfError:
        raise
    except (
        ELFError, ConstructError, struct.error, UnicodeError, ValueError, KeyError, IndexError,
        TypeError, AttributeError, OverflowError, AssertionError,
    ) as error:  # fmt: skip
        # pyelftools checks little of what it reads: a lying header comes out as any of these.
        raise MalformedElfError(str(error) or type(error).__name__) from error


def _read(stream: IO[bytes], size: int, symbols: frozenset[str]) -> ElfFacts:
    elf = ELFFile(stream)
    segments = _segments(elf, size)
    interpreter = ""
    for segment in segments.get("PT_INTERP", [])[:1]:
        interpreter = _text(_slice(stream, segment.offset, min(segment.size, 4096), size, "PT_INTERP"))
    dynamic = segments.get("PT_DYNAMIC", [])
    tags = _dynamic_tags(elf, dynamic[0], size) if dynamic else []
    strings = _dynamic_strings(stream, tags, segments.get("PT_LOAD", []), size) if tags else b""
    runpath = _paths(tags, "DT_RUNPATH", strings)
    soname = next(iter(_names(tags, "DT_SONAME", strings)), "")
    flags = next((value for tag, value in tags if tag == "DT_FLAGS_1"), 0)
    return ElfFacts(
        kind={"ET_EXEC": ElfKind.EXECUTABLE, "ET_DYN": ElfKind.SHARED}.get(elf["e_type"], ElfKind.OTHER),
        bits=elf.elfclass,
        machine=str(elf["e_machine"]).removeprefix("EM_"),
        interpreter=interpreter,
        dynamic=bool(dynamic),
        soname=soname,
        needed=tuple(_names(tags, "DT_NEEDED", strings)),
        rpath=() if runpath else _paths(tags, "DT_RPATH", strings),
        runpath=runpath,
        no_default_folders=bool(flags & DF_1_NODEFLIB),
        is_program=bool(interpreter) or elf["e_type"] == "ET_EXEC" or bool(flags & DF_1_PIE),
        symbols=frozenset(
            name
            for name in symbols - IDLE.get(soname, frozenset())
            if b"\0" + name.encode() + b"\0" in strings
        ),
        dlopen=tuple(_dlopen_notes(elf, segments.get("PT_NOTE", []), size)),
        texts=_texts(tags, segments.get("PT_LOAD", []), size),
    )


def _segments(elf: ELFFile, size: int) -> dict[str, list[_Segment]]:
    """Program headers by type. Read one by one: pyelftools' own walk reads every section too."""
    count, width, start = elf["e_phnum"], elf["e_phentsize"], elf["e_phoff"]
    if count > MAX_HEADERS:
        raise MalformedElfError(f"{count} program headers")
    if count and start + count * width > size:
        raise MalformedElfError(f"the program headers end at byte {start + count * width} of {size}")
    found: dict[str, list[_Segment]] = {}
    for index in range(count):
        header = struct_parse(elf.structs.Elf_Phdr, elf.stream, start + index * width)
        segment = _Segment(header["p_offset"], header["p_vaddr"], header["p_filesz"])
        found.setdefault(str(header["p_type"]), []).append(segment)
    return found


def _slice(stream: IO[bytes], offset: int, length: int, size: int, what: str) -> bytes:
    if offset + length > size:
        raise MalformedElfError(f"{what} ends at byte {offset + length} of {size}")
    stream.seek(offset)
    data = stream.read(length)
    if len(data) != length:
        raise MalformedElfError(f"{what} is cut off")
    return data


def _dynamic_tags(elf: ELFFile, segment: _Segment, size: int) -> list[tuple[str, int]]:
    if segment.size > MAX_DYNAMIC_BYTES:
        raise MalformedElfError(f"a dynamic section of {segment.size} bytes")
    _slice(elf.stream, segment.offset, segment.size, size, "PT_DYNAMIC")
    layout = elf.structs.Elf_Dyn
    tags: list[tuple[str, int]] = []
    for offset in range(segment.offset, segment.offset + segment.size, layout.sizeof()):
        entry = struct_parse(layout, elf.stream, offset)
        if entry["d_tag"] == "DT_NULL":
            break
        tags.append((str(entry["d_tag"]), entry["d_val"]))
    return tags


def _dynamic_strings(
    stream: IO[bytes], tags: list[tuple[str, int]], loads: list[_Segment], size: int
) -> bytes:
    values = dict(reversed(tags))  # the first of a tag counts
    address, length = values.get("DT_STRTAB"), values.get("DT_STRSZ", 0)
    if address is None:
        return b""
    if length > MAX_STRING_BYTES:
        raise MalformedElfError(f"a string table of {length} bytes")
    for load in loads:
        if load.address <= address < load.address + load.size:
            return _slice(stream, load.offset + address - load.address, length, size, "DT_STRTAB")
    raise MalformedElfError("DT_STRTAB points outside every segment")


def _texts(tags: list[tuple[str, int]], loads: list[_Segment], size: int) -> tuple[tuple[int, int], ...]:
    values = dict(reversed(tags))
    address, length = values.get("DT_STRTAB", -1), values.get("DT_STRSZ", 0)
    found: list[tuple[int, int]] = []
    for load in loads:
        start, end = load.offset, min(load.offset + load.size, size)
        if load.address <= address < load.address + load.size:
            strings = load.offset + address - load.address
            found += [(start, strings), (min(strings + length, end), end)]
        else:
            found.append((start, end))
    return tuple((start, end) for start, end in found if start < end)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _names(tags: list[tuple[str, int]], wanted: str, strings: bytes) -> list[str]:
    names = []
    for tag, offset in tags:
        if tag != wanted:
            continue
        end = strings.find(b"\0", offset)
        if offset >= len(strings) or end < 0:
            raise MalformedElfError(f"{wanted} points outside the string table")
        names.append(_text(strings[offset:end]))
    return names


def _paths(tags: list[tuple[str, int]], wanted: str, strings: bytes) -> tuple[str, ...]:
    return tuple(folder for text in _names(tags, wanted, strings)[:1] for folder in text.split(":"))


def _dlopen_notes(elf: ELFFile, segments: list[_Segment], size: int) -> Iterator[DlopenNote]:
    for segment in segments:
        if segment.size > MAX_NOTE_BYTES:
            raise MalformedElfError(f"notes of {segment.size} bytes")
        notes = _slice(elf.stream, segment.offset, segment.size, size, "PT_NOTE")
        yield from dlopen_notes(notes, little_endian=elf.little_endian)
