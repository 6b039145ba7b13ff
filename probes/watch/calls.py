r"""The grammar of one strace line, after process id and time stamp.

strace prints a path in quotes with `"`, `\`, control characters and bytes past ASCII escaped as
in C, and (-y) a descriptor's path in angle brackets, where `<` and `>` are escaped too. So a line
is read from the left, quotes and brackets as wholes: names may hold ` = `, `)` and `<`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from probes.watch.uses import UNKNOWN, USES, WITHOUT_PATHS, Where

_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_DESCRIPTOR = rb"(AT_FDCWD|-?\d+)(?:<([^>]*)>(?:\(deleted\))?)?"
_RESULT = rb"(\?|-?\d+|0x[0-9a-f]+)(?:<([^>]*)>(\(deleted\))?)?(?: ([A-Z][A-Z0-9_]+)\b)?"
# what follows the one path of a call has neither quotes nor brackets, up to the result
_PLAIN = re.compile(_QUOTED + rb'([^"<]*)\)\s+= ' + _RESULT, re.DOTALL)
_AT = re.compile(_DESCRIPTOR + rb", " + _QUOTED + rb'([^"<]*)\)\s+= ' + _RESULT, re.DOTALL)
_ENDING = re.compile(rb"\)\s+= " + _RESULT, re.DOTALL)
_NAME = re.compile(rb"([a-z_][a-z0-9_]*)\(")
_FOLDER = re.compile(_DESCRIPTOR + rb"\Z", re.DOTALL)
_STRING = re.compile(_QUOTED, re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|<[^>]*>|[\[{(]|[\]})]|,|[^"<\[{(\]}),]++', re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}


class Named(NamedTuple):
    """A path as a call names it."""

    text: bytes
    descriptor: int | None = None
    """The folder that it is relative to; None: the current folder."""
    folder: bytes | None = None
    """That folder's path as the kernel gave it to strace; None where strace could not read it."""


class Call(NamedTuple):
    """One system call."""

    name: str
    paths: tuple[Named | None, ...]
    """In the order of `USES`; None for NULL or an address that could not be read."""
    rest: bytes
    """All arguments but a single path: flags."""
    result: str
    """`?` where the call never returned."""
    returned: bytes | None
    """The path of the descriptor that it returned, where strace could read it and it still has
    that name."""
    error: str
    """The errno's name; empty when it succeeded."""
    unread: bool = False
    """A path was shown as an address: strace could not read the program's memory."""


def read_call(text: bytes) -> Call | None:
    """Read a complete line; None where it is not one."""
    named = _NAME.match(text)
    if named is None:
        return None
    name, at = named[1].decode(), named.end()
    places = USES.get(name)
    if places is not None and len(places) == 1:
        where = places[0].where
        if where is Where.FIRST and (found := _PLAIN.match(text, at)):
            quoted, rest, *ending = found.groups()
            return Call(name, (Named(unescaped(quoted)),), rest, *_outcome(*ending))
        if where is Where.AT_FIRST and (found := _AT.match(text, at)):
            fd, folder, quoted, rest, *ending = found.groups()
            return Call(name, (_named(quoted, fd, folder),), rest, *_outcome(*ending))
    return _read_any(name, text, at)


def unescaped(quoted: bytes) -> bytes:
    """Undo strace's escapes."""
    return _ESCAPE.sub(_character, quoted) if b"\\" in quoted else quoted


def descriptor(argument: bytes) -> Named | None:
    """What an argument that is a descriptor stands for; None where it is none."""
    found = _FOLDER.match(argument)
    return None if found is None else _named(b"", *found.groups())


def _character(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes((int(code, 8) & 0xFF,))
    return _CONTROL.get(code, code)


def _named(quoted: bytes, fd: bytes, folder: bytes | None) -> Named:
    number = None if fd == b"AT_FDCWD" else int(fd)
    return Named(unescaped(quoted), number, None if folder is None else unescaped(folder))


def _outcome(
    result: bytes, returned: bytes | None, deleted: bytes | None, error: bytes | None
) -> tuple[str, bytes | None, str]:
    kept = None if returned is None or deleted else unescaped(returned)
    failed = result in (b"-1", b"?") and error
    return result.decode(), kept, error.decode() if failed and error else ""


def _read_any(name: str, text: bytes, at: int) -> Call | None:
    """Any call at all, its arguments taken apart one by one."""
    arguments, end = _arguments(text, at)
    ending = _ENDING.match(text, end)
    if ending is None:
        return None
    places = USES.get(name)
    if places is not None:
        paths = tuple(_path_at(arguments, place.where) for place in places)
    elif name not in WITHOUT_PATHS and any(argument[:1] == b'"' for argument in arguments):
        paths = tuple(_path_at(arguments, place.where) for place in UNKNOWN)
    else:
        paths = ()
    unread = any(_is_address(arguments, place.where) for place in places or ())
    return Call(name, paths, b", ".join(arguments), *_outcome(*ending.groups()), unread)


def _is_address(arguments: list[bytes], where: Where) -> bool:
    index = where.indices[1]
    return index < len(arguments) and arguments[index].startswith(b"0x")


def _path_at(arguments: list[bytes], where: Where) -> Named | None:
    folder_index, index = where.indices
    if index >= len(arguments):
        return None
    argument = arguments[index]
    if where is Where.SOCKET:
        _, _, address = argument.partition(b"sun_path=")
        argument = address
    string = _STRING.match(argument)
    if folder_index is None:
        return None if string is None else Named(unescaped(string[1]))
    folder = _FOLDER.match(arguments[folder_index])
    if folder is None:
        return None
    return _named(b"" if string is None else string[1], *folder.groups())


def _arguments(text: bytes, at: int) -> tuple[list[bytes], int]:
    """The arguments from `at` on, and where the closing parenthesis is."""
    arguments: list[bytes] = []
    depth, begin = 0, at
    for token in _TOKEN.finditer(text, at):
        first = token[0][:1]
        if first in (b"[", b"{", b"("):
            depth += 1
        elif first in (b"]", b"}", b")"):
            if depth == 0:
                arguments.append(text[begin : token.start()].strip())
                return arguments, token.start()
            depth -= 1
        elif first == b"," and depth == 0:
            arguments.append(text[begin : token.start()].strip())
            begin = token.end()
    return arguments, len(text)
