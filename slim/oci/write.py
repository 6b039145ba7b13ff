"""Writing layers, and the archive that `docker load` takes, as one deterministic stream.

A layer is a tar file after POSIX.1-2001 ("pax", the pax utility, "pax Interchange Format"), which
is what OCI image-spec layer.md asks for and what the engines read. Headers hold numbers only,
no user or group names, no access times: the same members give the same bytes. Names are
written as the kernel's bytes: one that is not UTF-8 goes into a `path` record under
`hdrcharset=BINARY`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from slim.errors import ImageError
from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, name, printable, to_bytes

BLOCK = 512
"""tar's unit: headers are one block, contents are padded to whole ones."""

_COPY_BYTES = 1 << 20
_END = bytes(2 * BLOCK)
_WHITEOUT_PREFIX = ".wh."
_HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x")
_TYPE_FLAGS = {
    Kind.FILE: b"0",
    Kind.SYMLINK: b"2",
    Kind.CHARACTER_DEVICE: b"3",
    Kind.BLOCK_DEVICE: b"4",
    Kind.DIRECTORY: b"5",
    Kind.FIFO: b"6",
}
_HARD_LINK = b"1"
_PAX_RECORDS = b"x"


class Hash(Protocol):
    """What is used of a hashlib object."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Member:
    """An entry as a layer holds it."""

    entry: Entry
    link_to: ImagePath | None = None
    """The member of the same layer, written before, that this one is a hard link to."""


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A layer that was written."""

    diff_id: str
    """`sha256:` and the digest of its uncompressed tar."""
    size: int
    """Bytes of that tar."""


def _octal(value: int, width: int) -> bytes | None:
    """A number as ustar spells it in a field of `width` bytes; None where it does not fit."""
    if value < 0 or value >= 8 ** (width - 1):
        return None
    return b"%0*o\0" % (width - 1, value)


def _size_field(size: int) -> bytes:
    """A size in 12 bytes; from 8 GiB on in base 256, tar(5) "GNU tar archives"."""
    return _octal(size, 12) or b"\x80" + size.to_bytes(11, "big")


def _record(key: bytes, value: bytes) -> bytes:
    """A pax record: its own length in decimal, a space, `key=value`, a newline."""
    body = len(key) + len(value) + 3
    length = body + len(str(body))
    if len(str(length)) > len(str(body)):
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def _ustar(  # one argument for each field that is ever set
    title: bytes,
    flag: bytes,
    *,
    mode: int = 0o644,
    uid: bytes = b"0000000\0",
    gid: bytes = b"0000000\0",
    size: bytes = b"00000000000\0",
    mtime: bytes = b"00000000000\0",
    link: bytes = b"",
    device: tuple[int, int] = (0, 0),
) -> bytes:
    """One header block with its checksum."""
    block = _HEADER.pack(
        title, b"%07o\0" % mode, uid, gid, size, mtime, b"        ", flag, link, b"ustar\0", b"00",
        b"", b"", b"%07o\0" % device[0], b"%07o\0" % device[1], b"",
    )  # fmt: skip
    return b"%s%06o\0 %s" % (block[:148], sum(block), block[156:])


def _text(key: bytes, raw: bytes, records: list[bytes]) -> bytes:
    """A name for its 100-byte field; one that is too long or not ASCII also gets a record."""
    if len(raw) > 100 or not raw.isascii():
        records.append(_record(key, raw))
    return raw[:100]


def _number(key: bytes, value: int, width: int, records: list[bytes]) -> bytes:
    """A number for its field; one that does not fit gets a record and a zero in the field."""
    field = _octal(value, width)
    if field is None:
        records.append(_record(key, b"%d" % value))
        return b"%0*o\0" % (width - 1, 0)
    return field


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _extended(records: Sequence[bytes], texts: Iterable[bytes]) -> bytes:
    """The pax header that goes before a member's own; nothing where there are no records."""
    if not records:
        return b""
    body = b"".join(records)
    if not all(map(_is_utf8, texts)):
        body = _record(b"hdrcharset", b"BINARY") + body
    header = _ustar(b"PaxHeaders.0/slim", _PAX_RECORDS, size=_size_field(len(body)))
    return header + body + bytes(-len(body) % BLOCK)


def _archive_name(entry: Entry) -> bytes:
    """Relative to the root, folders with a slash at the end: OCI image-spec layer.md."""
    if entry.path == ROOT:
        return b"./"
    raw = to_bytes(entry.path)[1:]
    return raw + b"/" if entry.kind is Kind.DIRECTORY else raw


def member_header(member: Member) -> bytes:
    """Everything of a member but its content: a ustar block, after pax records where needed.

    A hard link repeats the extended attributes: engines set the owner of every member they
    extract, and chown(2) takes `security.capability` from the inode that the names share.
    Raises ImageError where a layer cannot express the entry.
    """
    entry = member.entry
    if name(entry.path).startswith(_WHITEOUT_PREFIX):
        raise ImageError(
            f"{printable(entry.path)} cannot be stored in a layer",
            cause="names that begin with .wh. mean a deletion there (OCI image-spec layer.md, Whiteouts)",
            remedy="drop the file with --exclude, or rename it in the image",
        )
    is_link = member.link_to is not None
    title = _archive_name(entry)
    link = to_bytes(member.link_to)[1:] if member.link_to is not None else to_bytes(entry.link_target)
    records: list[bytes] = []
    title_field = _text(b"path", title, records)
    link_field = _text(b"linkpath", link, records)
    uid = _number(b"uid", entry.uid, 8, records)
    gid = _number(b"gid", entry.gid, 8, records)
    size = _number(b"size", 0 if is_link else entry.size, 12, records)
    mtime = _number(b"mtime", entry.mtime, 12, records)
    for key, value in entry.xattrs:
        if "=" in key:
            raise ImageError(
                f"{printable(entry.path)} cannot be stored in a layer",
                cause=f"its extended attribute {printable(key)} has '=' in its name",
            )
        records.append(_record(b"SCHILY.xattr." + to_bytes(key), value))
    return _extended(records, (title, link)) + _ustar(
        title_field,
        _HARD_LINK if is_link else _TYPE_FLAGS[entry.kind],
        mode=entry.mode,
        uid=uid,
        gid=gid,
        size=size,
        mtime=mtime,
        link=link_field,
        device=entry.device or (0, 0),
    )


class ImageArchive:
    """A `docker save` archive (moby image/spec, v1.2 "Combined Image JSON + Filesystem Changeset
    Format") written in one pass to a seekable file: each layer is hashed while it is written, and
    its header is put right afterwards. The caller opens and closes the file; OSError of the
    file passes through."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._buffer = memoryview(bytearray(_COPY_BYTES))

    def add_layer(
        self, members: Iterable[Member], open_file: Callable[[ImagePath], BinaryIO]
    ) -> WrittenLayer:
        """Write one layer, in the order of `members`, with the contents that `open_file` gives.

        Raises ImageError where a file cannot be read or has not the size its entry says.
        """
        output = self._output
        start = output.tell()
        output.write(bytes(BLOCK))  # filled in below, when name and size are known
        digest = hashlib.sha256()
        for member in members:
            self._put(member_header(member), digest)
            if member.link_to is None and member.entry.size:
                self._copy(member.entry, open_file, digest)
        self._put(_END, digest)
        end = output.tell()
        size = end - start - BLOCK
        output.seek(start)
        output.write(_ustar(layer_name(digest.hexdigest()).encode(), b"0", size=_size_field(size)))
        output.seek(end)
        return WrittenLayer("sha256:" + digest.hexdigest(), size)

    def add_file(self, title: str, content: bytes) -> None:
        """Write a small file of the archive itself."""
        self._output.write(_ustar(title.encode(), b"0", size=_size_field(len(content))))
        self._output.write(content + bytes(-len(content) % BLOCK))

    def finish(self) -> None:
        """Write the archive's end."""
        self._output.write(_END)

    def _put(self, data: bytes, digest: Hash) -> None:
        digest.update(data)
        self._output.write(data)

    def _copy(self, entry: Entry, open_file: Callable[[ImagePath], BinaryIO], digest: Hash) -> None:
        left = entry.size
        with _reading(entry, open_file) as source:
            while left:
                count = _read_into(entry, source, self._buffer[: min(left, _COPY_BYTES)])
                chunk = self._buffer[:count]
                digest.update(chunk)
                self._output.write(chunk)
                left -= count
        padding = -entry.size % BLOCK
        if padding:
            self._put(bytes(padding), digest)


def layer_name(hexdigest: str) -> str:
    """What a layer is called inside the archive."""
    return f"{hexdigest}.tar"


def _reading(entry: Entry, open_file: Callable[[ImagePath], BinaryIO]) -> BinaryIO:
    try:
        return open_file(entry.path)
    except OSError as error:
        raise _changed(entry, error.strerror or str(error)) from error


def _read_into(entry: Entry, source: BinaryIO, buffer: memoryview) -> int:
    """Read at least one byte of what is left of a file."""
    try:
        count: int = source.readinto(buffer)  # type: ignore[attr-defined]
    except OSError as error:
        raise _changed(entry, error.strerror or str(error)) from error
    if not count:
        raise _changed(entry, f"the file ended before its {entry.size} bytes were read")
    return count


def _changed(entry: Entry, cause: str) -> ImageError:
    return ImageError(
        f"{printable(entry.path)}: the image changed while it was being read",
        cause=cause,
        remedy="run slim again, and let nothing remove or change the image meanwhile",
    )
