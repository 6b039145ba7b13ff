"""rpm's package database, read without rpm.

A package is one header: an index of tags over a store of data, all big-endian (rpm.org, "RPM V4 header
format"). In the database it stands without the magic number that it begins with in a package file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.closure.packages.rpmdb import DamagedError, bdb_headers, ndb_headers, sqlite_headers
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree

FOLDERS = ("/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm")
"""Where distributions keep it: Red Hat's old place, the one of Fedora and SUSE, that of rpm-ostree."""
FILES: tuple[tuple[str, Callable[[bytes], Iterator[bytes]]], ...] = (
    ("rpmdb.sqlite", sqlite_headers),
    ("Packages.db", ndb_headers),
    ("Packages", bdb_headers),
)
LIMIT = 1 << 29

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_SOURCE, _PROVIDES, _REQUIRES = 1044, 1047, 1049
_OLD_NAMES, _FOLDER_OF, _NAMES, _FOLDERS = 1027, 1116, 1117, 1118
_INT32, _STRING, _STRINGS, _I18N = 4, 6, 8, 9

_ESSENTIAL = frozenset(
    {"basesystem", "bash", "busybox", "coreutils", "coreutils-single", "filesystem", "glibc", "musl", "setup",
     "toybox", "util-linux", "util-linux-core"}
)  # fmt: skip


@dataclass(frozen=True)
class _Header:
    package: Package
    names: tuple[str, ...]
    provides: tuple[str, ...]
    requires: tuple[str, ...]


def read(tree: Tree) -> Iterator[tuple[Package, list[str]] | Fault]:
    """Every installed package with the absolute names it lists, folders among them; and what of the
    database could not be read."""
    headers = []
    for found in _headers(tree):
        if isinstance(found, Fault):
            yield found
        else:
            headers.append(found)
    providers: dict[str, str] = {}
    for header in headers:
        for capability in (*header.provides, header.package.name, *header.names):
            providers.setdefault(capability, header.package.name)
    for header in headers:
        depends = {providers[wanted] for wanted in header.requires if wanted in providers}
        depends.discard(header.package.name)
        yield replace(header.package, depends=tuple(sorted(depends))), list(header.names)


def _headers(tree: Tree) -> Iterator[_Header | Fault]:
    seen = set()
    for folder in FOLDERS:
        for last, container in FILES:
            found = tree.resolve(f"{folder}/{last}")
            if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
                continue
            if found.path in seen or not tree[found.path].size:
                continue
            seen.add(found.path)
            yield from _of_file(found.path, container, tree)


def _of_file(
    path: ImagePath, container: Callable[[bytes], Iterator[bytes]], tree: Tree
) -> Iterator[_Header | Fault]:
    log = tree.get(ImagePath(path + "-wal"))
    if log is not None and log.size:
        yield Fault(log.path, "changes to the database that were not written back to it are not read")
    damaged = 0
    try:
        for blob in container(tree.read(path, LIMIT)):
            header = _header(blob)
            if header is None:
                damaged += 1
            else:
                yield header
    except DamagedError as error:
        yield Fault(path, f"the rest of the package database cannot be read: {error}")
    if damaged:
        yield Fault(path, f"packages that cannot be read: {damaged}")


def _header(blob: bytes) -> _Header | None:
    """One package; None for what is no header or has no name."""
    tags = _tags(blob)
    package = _text(tags, _NAME)
    if not package:
        return None
    epoch = tags.get(_EPOCH, ())
    version = f"{_text(tags, _VERSION)}-{_text(tags, _RELEASE)}"
    source = _text(tags, _SOURCE)
    return _Header(
        Package(
            Ecosystem.RPM,
            package,
            f"{epoch[0]}:{version}" if epoch else version,
            # NAME-VERSION-RELEASE.src.rpm; a source package has none
            source=source.rsplit("-", 2)[0] if source.count("-") >= 2 else package,
            essential=package in _ESSENTIAL,
        ),
        _names(tags),
        _texts(tags, _PROVIDES),
        _texts(tags, _REQUIRES),
    )


def _names(tags: dict[int, tuple[str | int, ...]]) -> tuple[str, ...]:
    """A package lists each folder once, and of each file the last component and its folder's number."""
    folders = _texts(tags, _FOLDERS)
    numbers = tags.get(_FOLDER_OF, ())
    pairs = zip(_texts(tags, _NAMES), numbers, strict=False)
    found = [
        folders[number] + last for last, number in pairs if isinstance(number, int) and number < len(folders)
    ]
    return tuple(text for text in (*found, *_texts(tags, _OLD_NAMES)) if text.startswith("/"))


def _text(tags: dict[int, tuple[str | int, ...]], tag: int) -> str:
    return next(iter(_texts(tags, tag)), "")


def _texts(tags: dict[int, tuple[str | int, ...]], tag: int) -> tuple[str, ...]:
    return tuple(value for value in tags.get(tag, ()) if isinstance(value, str))


def _tags(blob: bytes) -> dict[int, tuple[str | int, ...]]:
    """The tags that matter here, of a header without its magic; empty for what is none."""
    if len(blob) < 8:
        return {}
    count, length = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if start + length > len(blob):
        return {}
    wanted = {_NAME, _VERSION, _RELEASE, _EPOCH, _SOURCE, _PROVIDES, _REQUIRES}
    wanted |= {_OLD_NAMES, _FOLDER_OF, _NAMES, _FOLDERS}
    found: dict[int, tuple[str | int, ...]] = {}
    for at in range(8, start, 16):
        tag, kind, offset, number = struct.unpack_from(">IIiI", blob, at)
        if tag in wanted and 0 <= offset < length:
            found[tag] = _data(blob, start + offset, start + length, kind, number)
    return found


def _data(blob: bytes, at: int, end: int, kind: int, number: int) -> tuple[str | int, ...]:
    if kind == _INT32:
        return struct.unpack_from(f">{min(number, (end - at) // 4)}I", blob, at)
    if kind not in (_STRING, _STRINGS, _I18N):
        return ()
    pieces = blob[at:end].split(b"\0", number)[:number] if 0 < number <= end - at else []
    return tuple(piece.decode("utf-8", "surrogateescape") for piece in pieces)
