"""Reading layers from the folders of a local overlay2 store: overlayfs.rst of the kernel."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import msgspec

from slim.errors import ImageError
from slim.oci.entry import Entry, Kind, Source
from slim.oci.layers import Layer, flatten, is_image_xattr
from slim.oci.lookup import walk
from slim.oci.path import ROOT, ImagePath, image_path, printable
from slim.oci.tree import Tree

_KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.SYMLINK,
    stat.S_IFCHR: Kind.CHARACTER_DEVICE,
    stat.S_IFBLK: Kind.BLOCK_DEVICE,
    stat.S_IFIFO: Kind.FIFO,
}
_PORTABLE = "slim reads this image through the engine's save stream instead"


def read_layer_folders(folders: Sequence[Path], *, listings: Sequence[Path] = ()) -> Tree:
    """The file system that overlay2 `diff` folders, the lowest first, come to.

    `listings` are the store's `tar-split.json.gz` files, one a folder: they say which names the
    layer's archive really holds. Without them every folder counts as described by the archive,
    also one that the engine made only because something inside it came without it.

    Raises ImageError where a folder cannot be taken at its word: overlayfs redirects or
    metacopies, owners shifted by a user namespace, an unreadable entry. The save stream is then
    the way.
    """
    if listings and len(listings) != len(folders):
        raise ImageError("the layer store is inconsistent", cause="listings and folders differ in number")
    return flatten(_from_the_top(folders, listings), len(folders))


def _from_the_top(folders: Sequence[Path], listings: Sequence[Path]) -> Iterator[Layer]:
    for index in range(len(folders) - 1, -1, -1):
        layer = _Scan(folders[index], index).run()
        if listings:
            layer = _without_implied(layer, _listed_names(listings[index]))
        yield layer


def _without_implied(layer: Layer, listed: Iterable[ImagePath]) -> Layer:
    """The layer, with the folders told apart that its archive has no entry for."""
    entries = layer.entries
    implied = {path for path, entry in entries.items() if entry.kind is Kind.DIRECTORY}
    elsewhere = []
    for path in listed:
        implied.discard(path)
        if path not in entries:
            elsewhere.append(path)
    if not implied:
        return layer
    # an archive may also name a folder by way of a symlink in the same layer
    implied.difference_update([walk(entries.get, path).path for path in elsewhere])
    named = {path: entry for path, entry in entries.items() if path not in implied}
    return replace(layer, entries=named, implied=implied)


@dataclass
class _Scan:
    """One walk over one layer folder."""

    folder: Path
    index: int
    entries: dict[ImagePath, Entry] = field(default_factory=dict)
    whiteouts: set[ImagePath] = field(default_factory=set)
    opaque: set[ImagePath] = field(default_factory=set)
    inodes: dict[tuple[int, int], list[ImagePath]] = field(default_factory=dict)
    shared: dict[int, int] = field(default_factory=dict)
    """One object for each number that comes up often (times, modes): half the memory."""

    @cached_property
    def top(self) -> str:
        """The folder as one string, which every source shares."""
        return str(self.folder)

    def run(self) -> Layer:
        try:
            if self.folder.stat().st_uid != 0:
                raise ImageError(
                    f"the layer folder {self.folder} belongs to a user namespace",
                    cause="owners on the disk are not the image's owners",
                    remedy=_PORTABLE,
                )
            self._walk()
        except OSError as error:
            raise ImageError(
                f"cannot read the layer folder {self.folder}",
                cause=f"{error.strerror}: {error.filename}",
                remedy=_PORTABLE,
            ) from error
        links = tuple(tuple(paths) for paths in self.inodes.values() if len(paths) > 1)
        return Layer(self.index, self.entries, frozenset(), self.whiteouts, self.opaque, links)

    def _walk(self) -> None:
        cut = len(self.top)
        pending = [self.top]
        self._overlay_marks(ROOT, self.top)
        while pending:
            with os.scandir(pending.pop()) as found:
                for item in found:
                    status = item.stat(follow_symlinks=False)
                    path = ImagePath(item.path[cut:])
                    if self._add(path, item.path, status):
                        pending.append(item.path)

    def _add(self, path: ImagePath, host: str, status: os.stat_result) -> bool:
        """Record one entry; whether it is a folder."""
        form = stat.S_IFMT(status.st_mode)
        if form == stat.S_IFSOCK:
            return False  # Docker's archiver leaves sockets out
        if form == stat.S_IFCHR and status.st_rdev == 0:
            self.whiteouts.add(path)
            return False
        kind = _KINDS[form]
        xattrs: tuple[tuple[str, bytes], ...] = ()
        names = os.listxattr(host, follow_symlinks=False)
        if names:
            xattrs = self._xattrs(path, host, names)
        if status.st_nlink > 1 and kind is not Kind.DIRECTORY:
            self.inodes.setdefault((status.st_dev, status.st_ino), []).append(path)
        is_file, is_device = kind is Kind.FILE, kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE)
        share = self.shared.setdefault
        mode, mtime = stat.S_IMODE(status.st_mode), max(0, status.st_mtime_ns // 1_000_000_000)
        self.entries[path] = Entry(
            path,
            kind,
            share(mode, mode),
            share(status.st_uid, status.st_uid),
            share(status.st_gid, status.st_gid),
            status.st_size if is_file else 0,
            share(mtime, mtime),
            self.index,
            link_target=os.readlink(host) if kind is Kind.SYMLINK else "",  # noqa: PTH115 - a third of the time
            device=(os.major(status.st_rdev), os.minor(status.st_rdev)) if is_device else None,
            xattrs=xattrs,
            source=Source(self.top, 0, path) if is_file else None,
        )
        return kind is Kind.DIRECTORY

    def _xattrs(self, path: ImagePath, host: str, names: Sequence[str]) -> tuple[tuple[str, bytes], ...]:
        """The image's own extended attributes, sorted; overlayfs's are obeyed or refused."""
        own = sorted(name for name in names if is_image_xattr(name))
        if len(own) != len(names):
            self._overlay_marks(path, host)
        return tuple((name, os.getxattr(host, name, follow_symlinks=False)) for name in own)

    def _overlay_marks(self, path: ImagePath, host: str) -> None:
        """Obey `opaque`; refuse what makes a layer's folder more than a layer."""
        for name in os.listxattr(host, follow_symlinks=False):
            space, _, mark = name.partition(".overlay.")
            if space not in ("trusted", "user") or not mark:
                continue
            value = os.getxattr(host, name, follow_symlinks=False)
            if mark == "opaque" and value == b"y":
                self.opaque.add(path)
            elif mark in ("opaque", "redirect", "metacopy", "whiteout"):
                raise ImageError(
                    f"the layer folder {self.folder} uses overlayfs's {mark!r}",
                    cause=f"{printable(path)} has {name}={value!r}, so what it holds is elsewhere",
                    remedy=_PORTABLE,
                )


class _Listed(msgspec.Struct):
    """One line of tar-split's index: an entry's name, or (type 2) bytes of the archive."""

    name: str = ""
    name_raw: bytes = b""


def _listed_names(listing: Path) -> Iterator[ImagePath]:
    """The names in a layer's archive, out of tar-split's index (tar-split, package storage)."""
    decode = msgspec.json.Decoder(_Listed).decode
    try:
        with gzip.open(listing) as lines:
            for line in lines:
                if line.startswith(b'{"type":1,'):
                    entry = decode(line)
                    yield image_path(entry.name_raw or entry.name)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise ImageError(
            f"cannot read the layer store's listing {listing}", cause=str(error), remedy=_PORTABLE
        ) from error
