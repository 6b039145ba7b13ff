"""What a compiled class names; The Java Virtual Machine Specification, chapter 4.

Only the constant pool is read, and only of a class that refers to something of interest: starting
programs, loading native libraries, the desktop's part of the class library.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import msgspec

from slim.closure.facts import Parser

MAGIC = b"\xca\xfe\xba\xbe"

_STARTS = (b"java/lang/ProcessBuilder", b"java/lang/Runtime")
_LOADS = (
    b"loadLibrary",
    b"com/sun/jna/Native",
    b"com/sun/jna/Library",
    b"jdk/incubator/foreign/SymbolLookup",
    b"java/lang/foreign/SymbolLookup",
)
_DESKTOP = (b"java/awt/", b"javax/imageio/", b"javax/swing/", b"javax/print/")
_PRINTING = (b"java/awt/print/", b"javax/print/")
_SOUND = b"javax/sound/"

_SIZES = {
    3: 4,
    4: 4,
    5: 8,
    6: 8,
    7: 2,
    8: 2,
    9: 4,
    10: 4,
    11: 4,
    12: 4,
    15: 3,
    16: 2,
    17: 4,
    18: 4,
    19: 2,
    20: 2,
}
"""Bytes after the tag of each constant, but for Utf8 (1); table 4.4-A."""
_UTF8, _STRING = 1, 8
_WIDE = (5, 6)
"""Long and Double take two numbers of the pool."""

_PROGRAM = re.compile(r"(?:/[\w.+-]+)*/?[a-zA-Z][\w.+-]{0,63}")
_LINE = re.compile(r"[a-z/][\w./+-]*[ ;|].*", re.DOTALL)
_LIBRARY = re.compile(r"[\w.+-]{2,64}")


class ClassFacts(msgspec.Struct, frozen=True):
    """What a class, or all classes of an archive, name; each list sorted."""

    programs: tuple[str, ...] = ()
    """Strings beside a use of ProcessBuilder or Runtime that may be a program's name."""
    lines: tuple[str, ...] = ()
    """Strings there that read as a line for a shell or for Runtime.exec."""
    libraries: tuple[str, ...] = ()
    """Strings beside a use of System.loadLibrary, JNA and the like."""
    desktop: bool = False
    """It refers to AWT, Swing, image I/O or printing."""
    printing: bool = False
    sound: bool = False


def read_class(content: bytes) -> ClassFacts:
    """The facts of a class file; none of what is no class."""
    if not content.startswith(MAGIC):
        return ClassFacts()
    starts = _STARTS[0] in content or (_STARTS[1] in content and b"exec" in content)
    loads = any(mark in content for mark in _LOADS)
    strings = tuple(_strings(content)) if starts or loads else ()
    # Runtime.exec splits a line into words itself; ProcessBuilder takes a line only for `sh -c`
    lines = _STARTS[1] in content or "-c" in strings
    return ClassFacts(
        programs=_chosen(strings if starts else (), _PROGRAM),
        lines=_chosen(strings if starts and lines else (), _LINE),
        libraries=_chosen(strings if loads else (), _LIBRARY),
        desktop=any(mark in content for mark in _DESKTOP),
        printing=any(mark in content for mark in _PRINTING),
        sound=_SOUND in content,
    )


CLASS = Parser("java-class-1", read_class, ClassFacts)


def together(facts: list[ClassFacts]) -> ClassFacts:
    """The facts of many classes as one."""
    return ClassFacts(
        programs=tuple(sorted({text for one in facts for text in one.programs})),
        lines=tuple(sorted({text for one in facts for text in one.lines})),
        libraries=tuple(sorted({text for one in facts for text in one.libraries})),
        desktop=any(one.desktop for one in facts),
        printing=any(one.printing for one in facts),
        sound=any(one.sound for one in facts),
    )


def _chosen(strings: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(sorted({text for text in strings if pattern.fullmatch(text)}))


def _strings(content: bytes) -> Iterator[str]:
    """The string constants of a class; as many as there are before anything odd."""
    texts: dict[int, bytes] = {}
    wanted: list[int] = []
    position, number = 10, 1
    try:
        (count,) = struct.unpack_from(">H", content, 8)
        while number < count:
            tag = content[position]
            if tag == _UTF8:
                (length,) = struct.unpack_from(">H", content, position + 1)
                texts[number] = content[position + 3 : position + 3 + length]
                position += 3 + length
            else:
                if tag == _STRING:
                    wanted += struct.unpack_from(">H", content, position + 1)
                position += 1 + _SIZES[tag]
            number += 2 if tag in _WIDE else 1
    except (struct.error, IndexError, KeyError):
        pass
    for index in wanted:
        yield texts.get(index, b"").decode("utf-8", "replace")
