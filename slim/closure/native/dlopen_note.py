"""What an ELF file says itself that it may dlopen(): the notes of UAPI.12."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import msgspec

_TYPE = 0x407C0C0A
"""Type of such a note, of the owner `FDO`."""


class Priority(Enum):
    """How much a file needs what it may dlopen(); UAPI.12."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True)
class DlopenNote:
    """One feature of a `.note.dlopen`: any one of `sonames` serves it."""

    sonames: tuple[str, ...]
    priority: Priority
    feature: str


class _Note(msgspec.Struct):
    soname: list[str]
    priority: str = "recommended"
    feature: str = ""


def dlopen_notes(notes: bytes, *, little_endian: bool) -> Iterator[DlopenNote]:
    """The features that a PT_NOTE segment lists; raises ValueError for one that is not what UAPI.12 says."""
    header = struct.Struct(("<" if little_endian else ">") + "III")
    position = 0
    while position + header.size <= len(notes):
        name_size, text_size, kind = header.unpack_from(notes, position)
        name_start = position + header.size
        text_start = name_start + (name_size + 3) // 4 * 4
        if kind == _TYPE and notes[name_start : name_start + 4] == b"FDO\0":
            yield from _features(notes[text_start : text_start + text_size])
        position = text_start + (text_size + 3) // 4 * 4


def _features(raw: bytes) -> list[DlopenNote]:
    try:
        notes = msgspec.json.decode(raw.rstrip(b"\0"), type=list[_Note])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError(f"its .note.dlopen is not what UAPI.12 says: {error}") from error
    known = {priority.value: priority for priority in Priority}
    return [
        DlopenNote(tuple(note.soname), known.get(note.priority, Priority.RECOMMENDED), note.feature)
        for note in notes
    ]
