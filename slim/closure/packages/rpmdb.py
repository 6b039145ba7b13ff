"""The three containers in which rpm has kept its package headers: SQLite, ndb, Berkeley DB.

Each is read from its bytes alone, nothing is executed or written, and what is damaged raises
DamagedError. The formats: sqlite.org/fileformat2.html; rpm's lib/backend/ndb/rpmpkg.c; Berkeley DB 4 and
5, dbinc/db_page.h (hash tables with big items on overflow pages).
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing


class DamagedError(Exception):
    """A database is not what it claims to be; the message says in what."""


def sqlite_headers(content: bytes) -> Iterator[bytes]:
    """The header blobs of an rpmdb.sqlite, in order."""
    if content[:16] != b"SQLite format 3\0":
        raise DamagedError("it is no SQLite database")
    # Bytes 18 and 19 are 2 in write-ahead mode, which a database in memory cannot be in.
    plain = content[:18] + b"\1\1" + content[20:]
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.deserialize(plain)
            rows = database.execute("SELECT blob FROM Packages ORDER BY hnum").fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise DamagedError(str(error)) from error
    for (blob,) in rows:
        if isinstance(blob, bytes):
            yield blob


_NDB_MAGIC = b"RpmP"
_SLOT, _SLOT_MAGIC = struct.Struct("<4sIII"), b"Slot"
"""Magic, package index, start and length in blocks of 16 bytes."""
_BLOB, _BLOB_MAGIC = struct.Struct("<4sIII"), b"BlbS"
"""Magic, package index, generation, length in bytes."""
_PAGE = 4096
_FIRST_SLOT = 32


def ndb_headers(content: bytes) -> Iterator[bytes]:
    """The header blobs of a Packages.db, by package index."""
    if len(content) < _FIRST_SLOT or content[:4] != _NDB_MAGIC:
        raise DamagedError("it is no ndb database")
    pages: int = struct.unpack_from("<I", content, 12)[0]
    end = min(pages * _PAGE, len(content))
    found = {}
    for at in range(_FIRST_SLOT, end - _SLOT.size + 1, _SLOT.size):
        magic, number, block, _ = _SLOT.unpack_from(content, at)
        if magic != _SLOT_MAGIC:
            raise DamagedError(f"no slot at byte {at}")
        if number and block:
            found[number] = block * 16
    for number in sorted(found):
        at = found[number]
        if at + _BLOB.size > len(content):
            raise DamagedError(f"the package at byte {at} is beyond the end")
        magic, same, _, length = _BLOB.unpack_from(content, at)
        if magic != _BLOB_MAGIC or same != number:
            raise DamagedError(f"no package at byte {at}")
        yield content[at + _BLOB.size : at + _BLOB.size + length]


_HASH_MAGIC = 0x061561
_HASH_PAGES = (2, 13)
"""P_HASH_UNSORTED, P_HASH."""
_OVERFLOW_PAGE = 7
_KEY_OR_DATA, _OFF_PAGE = 1, 3
"""H_KEYDATA: the bytes follow; H_OFFPAGE: they are on overflow pages."""
_HEAD = 26
"""Bytes of a page before its items."""


def bdb_headers(content: bytes) -> Iterator[bytes]:
    """The header blobs of a Berkeley DB `Packages`, in the order of its pages."""
    for order in ("<", ">"):
        if len(content) >= 512 and struct.unpack_from(order + "I", content, 12)[0] == _HASH_MAGIC:
            break
    else:
        raise DamagedError("it is no Berkeley DB hash table")
    size: int = struct.unpack_from(order + "I", content, 20)[0]
    if size < 512 or size > 1 << 16 or size & (size - 1):
        raise DamagedError(f"pages of {size} bytes")
    for page in range(size, len(content) - size + 1, size):
        if content[page + 25] in _HASH_PAGES:
            yield from _values(content, page, size, order)


def _values(content: bytes, page: int, size: int, order: str) -> Iterator[bytes]:
    """The values of one page of a hash table, where keys and values alternate."""
    count: int = struct.unpack_from(order + "H", content, page + 20)[0]
    if _HEAD + 2 * count > size:
        raise DamagedError(f"{count} items on the page at byte {page}")
    items = struct.unpack_from(f"{order}{count}H", content, page + _HEAD)
    for key, value in zip(items[::2], items[1::2], strict=False):
        if value >= size or key >= size:
            raise DamagedError(f"an item beyond its page at byte {page}")
        kind = content[page + value]
        if kind == _OFF_PAGE and value + 12 <= size:
            first, length = struct.unpack_from(order + "II", content, page + value + 4)
            yield _overflow(content, first, length, size, order)
        elif kind == _KEY_OR_DATA:  # items grow downwards: a value ends where its key begins
            yield content[page + value + 1 : page + key]


def _overflow(content: bytes, number: int, length: int, size: int, order: str) -> bytes:
    """`length` bytes from a chain of overflow pages, whose header tells the next one and how much of it
    is used."""
    parts: list[bytes] = []
    left = length
    while left > 0 and number:
        at = number * size
        if at + size > len(content) or content[at + 25] != _OVERFLOW_PAGE:
            raise DamagedError(f"no overflow page {number}")
        used: int = struct.unpack_from(order + "H", content, at + 22)[0]
        if not 0 < used <= size - _HEAD:
            raise DamagedError(f"an empty overflow page {number}")  # it would also go round for ever
        parts.append(content[at + _HEAD : at + _HEAD + min(used, left)])
        left -= used
        number = struct.unpack_from(order + "I", content, at + 16)[0]
    return b"".join(parts)
