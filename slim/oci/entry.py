"""One entry of an image's file system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slim.oci.path import ImagePath


class Kind(Enum):
    """What an entry is, after inode(7). Sockets do not occur: no archive can hold one."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    CHARACTER_DEVICE = "character-device"
    BLOCK_DEVICE = "block-device"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file's bytes are on the host: what `host_path` holds from `offset` on."""

    base: str
    """An archive or a file; with `path`, a layer's folder, which all its files share."""
    offset: int = 0
    path: str = ""
    """The file inside the folder, with its leading slash."""

    @property
    def host_path(self) -> str:
        """The file on the host."""
        return self.base + self.path


@dataclass(frozen=True, slots=True)
class Entry:
    """An immutable record of one path of the flattened file system."""

    path: ImagePath
    kind: Kind
    mode: int
    """Permission bits with set-uid, set-gid and sticky: 12 bits (inode(7))."""
    uid: int
    gid: int
    size: int
    """Bytes of content; 0 for anything but a file."""
    mtime: int
    """Whole seconds since the epoch: what an image's layers carry."""
    layer: int
    """Index of the layer that this entry comes from, 0 the lowest."""
    link_target: str = ""
    """A symlink's text, as it stands; empty for anything else."""
    hard_link: ImagePath | None = None
    """The first path, in sorted order, of the set of hard links that this path is one of;
    None where the set has one member. Both members of a set come from one layer."""
    device: tuple[int, int] | None = None
    """Major and minor number of a device node."""
    xattrs: tuple[tuple[str, bytes], ...] = ()
    """Extended attributes, sorted by name; `security.capability` is where file capabilities are."""
    source: Source | None = None
    """Where the bytes of a file are; None for anything else. Not part of an entry's identity:
    compare with `same_as`."""

    def same_as(self, other: Entry) -> bool:
        """Whether both describe the same thing, wherever their bytes and layers are."""
        return self.identity() == other.identity()

    def identity(self) -> tuple[object, ...]:
        """All but where it was found: what must survive a rebuild."""
        return (
            self.path,
            self.kind,
            self.mode,
            self.uid,
            self.gid,
            self.size,
            self.mtime,
            self.link_target,
            self.hard_link,
            self.device,
            self.xattrs,
        )
