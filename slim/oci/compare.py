"""Two entries of the same path, aspect by aspect."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Tree

_COMPARE_BYTES = 1 << 18


class Aspect(Enum):
    """What of an entry can differ, after inode(7) and xattr(7)."""

    KIND = "kind"
    CONTENT = "content"
    MODE = "mode"
    OWNER = "owner"
    MTIME = "mtime"
    LINK_TARGET = "link-target"
    DEVICE = "device"
    XATTR = "xattr"
    HARD_LINK = "hard-link"


@dataclass(frozen=True, slots=True)
class AspectChange:
    """One aspect of a path, and its value in both images."""

    aspect: Aspect
    before: str
    after: str
    """As a person would write it: `0755`, `0:0`, `2024-01-31T00:00:00Z`, `sha256:…`, `12 bytes`.
    A name that is not UTF-8 holds lone surrogates, as paths do."""


def metadata_changes(a: Entry, b: Entry) -> tuple[AspectChange, ...]:
    """Everything that two entries say of themselves, but contents and hard links.

    Entries of different kinds have no other aspect in common than mode, owner, mtime and
    extended attributes; a symlink has no mode (symlink(7)).
    """
    values: list[tuple[Aspect, object, object]] = [(Aspect.KIND, a.kind.value, b.kind.value)]
    if Kind.SYMLINK not in (a.kind, b.kind):
        values.append((Aspect.MODE, f"{a.mode:04o}", f"{b.mode:04o}"))
    values.append((Aspect.OWNER, f"{a.uid}:{a.gid}", f"{b.uid}:{b.gid}"))
    values.append((Aspect.MTIME, a.mtime, b.mtime))
    if a.kind is b.kind:
        values.append((Aspect.LINK_TARGET, a.link_target, b.link_target))
        values.append((Aspect.DEVICE, a.device, b.device))
    values.append((Aspect.XATTR, a.xattrs, b.xattrs))
    return tuple(
        AspectChange(aspect, _spelled(aspect, before), _spelled(aspect, after))
        for aspect, before, after in values
        if before != after
    )


def same_metadata(a: Entry, b: Entry) -> bool:
    """Whether `metadata_changes` would find nothing: one comparison, for the common case."""
    return (a.kind, a.mode, a.uid, a.gid, a.mtime, a.link_target, a.device, a.xattrs) == (
        b.kind, b.mode, b.uid, b.gid, b.mtime, b.link_target, b.device, b.xattrs,
    )  # fmt: skip


def content_change(tree_a: Tree, a: Entry, tree_b: Tree, b: Entry) -> AspectChange | None:
    """Whether two files hold other bytes; None where they hold the same.

    Files of different sizes are not read; files of the same place on the host neither. Raises
    ImageError where one cannot be read.
    """
    if a.size != b.size:
        return AspectChange(Aspect.CONTENT, f"{a.size} bytes", f"{b.size} bytes")
    if not a.size or a.source == b.source or _same_bytes(tree_a, a.path, tree_b, b.path):
        return None
    return AspectChange(Aspect.CONTENT, content_digest(tree_a, a.path), content_digest(tree_b, b.path))


def content_digest(tree: Tree, path: ImagePath) -> str:
    """`sha256:` and the digest of a file's bytes. Raises ImageError where it cannot be read."""
    digest = hashlib.sha256()
    with tree.open(path) as file:
        while chunk := file.read(_COMPARE_BYTES):
            digest.update(chunk)
    return "sha256:" + digest.hexdigest()


def _same_bytes(tree_a: Tree, path_a: ImagePath, tree_b: Tree, path_b: ImagePath) -> bool:
    """Byte by byte, up to the first difference; both are known to be of one size."""
    with tree_a.open(path_a) as one, tree_b.open(path_b) as other:
        while chunk := one.read(_COMPARE_BYTES):
            if chunk != other.read(_COMPARE_BYTES):
                return False
    return True


def _spelled(aspect: Aspect, value: object) -> str:
    if value is None:
        return ""
    if aspect is Aspect.MTIME and isinstance(value, int):
        return time_text(value)
    if aspect is Aspect.DEVICE and isinstance(value, tuple):
        return "{}:{}".format(*value)
    if aspect is Aspect.XATTR and isinstance(value, tuple):
        return " ".join(f"{key}=0x{data.hex()}" for key, data in value)
    return str(value)


def time_text(seconds: int) -> str:
    """Seconds since the epoch as UTC, after RFC 3339; a number where no calendar reaches."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"@{seconds}"
