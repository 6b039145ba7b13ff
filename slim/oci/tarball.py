"""Reading tar archives as streams: ustar, pax and GNU headers.

After pax(1) of POSIX.1-2017, the GNU tar manual's "Basic Tar Format", and, where these leave
a choice, Go's archive/tar, which every container engine reads layers with.

The standard library's tarfile reads the same formats, but not as engines do: Go's reader has its
own rules for times, drops empty attribute values and takes attribute values as bytes. This reader
follows them, refuses sparse files, which no layer may hold, and goes forwards only, so that one
pass over the stream yields the members and the digest of what was read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from slim.errors import ImageError
from slim.oci.path import printable
from slim.oci.streams import Reader, truncated

BLOCK = 512
MAX_SPECIAL = 1 << 24
"""Bytes of one pax or long-name header, at the most; Go's reader stops at a sixteenth of it."""
LATEST_TIME = (1 << 63) // 1_000_000_000
"""Seconds that a signed 64-bit count of nanoseconds reaches; engines turn later times into 0."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member's header; its bytes are in the stream right behind."""

    name: str
    """As it stands; bytes that are not UTF-8 are lone surrogates."""
    type: str
    """The type flag, `0` for all spellings of a file."""
    mode: int
    uid: int
    gid: int
    size: int
    """Bytes of content: 0 for all that have none, whatever the header says."""
    mtime: int
    """Whole seconds, rounded down; 0 for times before 1970, as engines extract them."""
    link: str
    device: tuple[int, int]
    xattrs: tuple[tuple[str, bytes], ...]
    """`SCHILY.xattr.*`, sorted by name; empty values dropped, as Go drops them."""
    offset: int
    """Where the content begins in the stream."""


def members(reader: Reader) -> Iterator[Member]:
    """Every member of the archive that `reader` stands at the beginning of, in order.

    Global pax headers are ignored, as engines ignore them. Raises ImageError for a damaged or
    truncated archive, and for sparse members, which no engine keeps apart from holes.
    """
    special = _Special()
    while True:
        block = reader.read(BLOCK)
        if not block or not any(block):
            if block and any(reader.read(BLOCK)):
                raise ImageError("the archive is damaged", cause="data behind an end-of-archive block")
            return
        fields = _fields(block)
        flag = fields[_TYPE].decode("latin-1")
        size = _number(fields[_SIZE])
        if flag in "xgLK":
            data = _special_data(reader, size)
            special.take(flag, data)
            continue
        member = _member(fields, flag, size, special, reader.position)
        special = _Special()
        yield member
        reader.skip(member.size + -member.size % BLOCK)


_HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s8s64x8s8s155s12x")
_NAME, _MODE, _UID, _GID, _SIZE, _MTIME, _SUM, _TYPE, _LINK, _MAGIC, _MAJOR, _MINOR, _PREFIX = range(13)
_GNU_SPARSE = "S"
_WITHOUT_CONTENT = "123456"


class _Special:
    """What the headers before a member say about it."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}
        self.name: bytes | None = None
        self.link: bytes | None = None

    def take(self, flag: str, data: bytes) -> None:
        if flag == "x":
            self.records = dict(_pax_records(data))
        elif flag == "L":
            self.name = data.split(b"\0", 1)[0]
        elif flag == "K":
            self.link = data.split(b"\0", 1)[0]


def _fields(block: bytes) -> tuple[bytes, ...]:
    if len(block) < BLOCK:
        raise truncated()
    fields: tuple[bytes, ...] = _HEADER.unpack(block)
    stored = _number(fields[_SUM])
    unsigned = sum(block) - sum(fields[_SUM]) + 8 * 0x20
    if stored != unsigned:
        high = sum(byte > 127 for byte in block) - sum(byte > 127 for byte in fields[_SUM])
        if stored != unsigned - 256 * high:  # old tars add up signed bytes
            raise ImageError(
                "the archive is damaged",
                cause=f"a header's check sum is {unsigned}, it says {stored}",
                remedy="save or pull the image again",
            )
    return fields


def _number(field: bytes) -> int:
    """A numeric field: octal text, or base 256 where the first bit is set (GNU tar)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    text = field.strip(b" \0")
    try:
        return int(text, 8) if text else 0
    except ValueError as error:
        raise ImageError("the archive is damaged", cause=f"{field!r} is no octal number") from error


def _special_data(reader: Reader, size: int) -> bytes:
    if not 0 <= size <= MAX_SPECIAL:
        raise ImageError("the archive is damaged", cause=f"an extended header of {size} bytes")
    data = reader.read(size)
    if len(data) < size:
        raise truncated()
    reader.skip(-size % BLOCK)
    return data


def _pax_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """`LENGTH KEY=VALUE NEWLINE` records; pax(1), "pax Header Block"."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        digits = data[at:space]
        end = at + int(digits) if space > 0 and digits.isdigit() else 0
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not at < end <= len(data) or data[end - 1 : end] != b"\n" or not equals or not key:
            raise ImageError("the archive is damaged", cause="an extended header cannot be parsed")
        yield key, value
        at = end


def _member(fields: tuple[bytes, ...], flag: str, size: int, special: _Special, offset: int) -> Member:
    records = special.records
    name, link = _names(fields, special)
    size = _decimal(records, b"size", size)
    if flag == _GNU_SPARSE or any(key.startswith(b"GNU.sparse.") for key in records):
        raise ImageError(
            f"the archive stores {printable(name)} as a sparse file",
            cause="engines cannot store such a layer faithfully",
            remedy="pack the archive again without --sparse",
        )
    if flag == "\0":
        flag = "5" if name.endswith("/") else "0"
    elif flag == "7":
        flag = "0"
    mtime = _seconds(records[b"mtime"]) if records.get(b"mtime") else _number(fields[_MTIME])
    if size < 0:
        raise ImageError("the archive is damaged", cause=f"{printable(name)} has {size} bytes")
    return Member(
        name=name,
        type=flag,
        mode=_number(fields[_MODE]) & 0o7777,
        uid=_decimal(records, b"uid", _number(fields[_UID])),
        gid=_decimal(records, b"gid", _number(fields[_GID])),
        size=0 if flag in _WITHOUT_CONTENT else size,
        mtime=mtime if 0 <= mtime <= LATEST_TIME else 0,
        link=link,
        device=(_number(fields[_MAJOR]), _number(fields[_MINOR])) if flag in "34" else (0, 0),
        xattrs=_xattrs(records) if records else (),
        offset=offset,
    )


def _names(fields: tuple[bytes, ...], special: _Special) -> tuple[str, str]:
    """The member's name and link target, from wherever the archiver put the whole of them."""
    name, link = special.name, special.link
    if name is None:
        name = fields[_NAME].split(b"\0", 1)[0]
        if fields[_MAGIC][:6] == b"ustar\0" and fields[_PREFIX][0]:
            name = fields[_PREFIX].split(b"\0", 1)[0] + b"/" + name
    if link is None:
        link = fields[_LINK].split(b"\0", 1)[0]
    name = special.records.get(b"path") or name
    link = special.records.get(b"linkpath") or link
    if b"\0" in name or b"\0" in link:
        raise ImageError("the archive is damaged", cause=f"a NUL byte in the name {name!r}")
    return name.decode("utf-8", "surrogateescape"), link.decode("utf-8", "surrogateescape")


def _decimal(records: dict[bytes, bytes], key: bytes, otherwise: int) -> int:
    value = records.get(key)
    if not value:
        return otherwise
    if not value.isdigit():
        raise ImageError("the archive is damaged", cause=f"{key.decode()}={value!r} is no number")
    return int(value)


_TIME = re.compile(rb"(-?\d+)(?:\.\d*)?")


def _seconds(value: bytes) -> int:
    """Whole seconds of a pax time; negative ones are not used, so their fraction is no matter."""
    match = _TIME.fullmatch(value)
    if not match:
        raise ImageError("the archive is damaged", cause=f"mtime={value!r} is no time")
    return int(match[1])


_XATTR = b"SCHILY.xattr."


def _xattrs(records: dict[bytes, bytes]) -> tuple[tuple[str, bytes], ...]:
    return tuple(
        sorted(
            (key[len(_XATTR) :].decode("utf-8", "surrogateescape"), value)
            for key, value in records.items()
            if value and key.startswith(_XATTR)
        )
    )
