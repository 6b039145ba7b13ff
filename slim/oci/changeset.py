"""One layer's changes out of its tar archive: OCI image-spec layer.md."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from slim.errors import ImageError
from slim.oci.entry import Entry, Kind, Source
from slim.oci.layers import Layer, is_image_xattr
from slim.oci.lookup import Outcome, walk
from slim.oci.path import ROOT, ImagePath, image_path, is_under, join, name, parent, printable
from slim.oci.tarball import Member
from slim.oci.tree import plain_folder

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
METADATA = ".wh..wh."
"""What AUFS kept for itself; layers made on it still carry such names. Not the image's."""

_KINDS = {
    "0": Kind.FILE,
    "2": Kind.SYMLINK,
    "3": Kind.CHARACTER_DEVICE,
    "4": Kind.BLOCK_DEVICE,
    "5": Kind.DIRECTORY,
    "6": Kind.FIFO,
}


def read_changeset(members: Iterable[Member], index: int, host_path: str, base: int) -> Layer:
    """Layer `index`, of which `members` are in `host_path` from byte `base` on.

    Names are taken as an engine takes them that extracts into the layer's empty folder: absolute
    ones and `.` and `..` inside are normalised; a symlink of the same layer on the way is
    followed inside the layer; a later member replaces an earlier one. Nothing is written.

    Raises ImageError where a name leaves the layer, lies inside something that is no folder, or
    a hard link has no target in the layer: engines refuse these as well.
    """
    reading = _Reading(index, host_path, base)
    for member in members:
        reading.take(member)
    return reading.finish()


class _Links:
    """A set of hard links, and what the newest of its members says of their one inode."""

    def __init__(self, entry: Entry) -> None:
        self.paths: dict[ImagePath, None] = {entry.path: None}
        self.newest = entry


class _Reading:
    """One layer, as far as it has been read."""

    def __init__(self, index: int, host_path: str, base: int) -> None:
        self._index = index
        self._host_path = host_path
        self._base = base
        self._entries: dict[ImagePath, Entry] = {}
        self._folders: set[ImagePath] = {ROOT}
        """Every folder, those with an entry and the implied ones."""
        self._whiteouts: set[ImagePath] = set()
        self._opaque: set[ImagePath] = set()
        self._links: dict[ImagePath, _Links] = {}
        self._shared: dict[int, int] = {}

    def take(self, member: Member) -> None:
        """Apply one member."""
        path = _inside(member.name)
        base = name(path)
        if path == ROOT or (f"/{METADATA}" in path and base != OPAQUE):
            return
        path = self._settle(path)
        if base.startswith(WHITEOUT):
            self._take_whiteout(path, base)
        elif member.type == "1":
            self._take_link(path, member)
        elif member.type == "3" and member.device == (0, 0):
            self._whiteouts.add(path)  # the same thing to overlayfs
        else:
            self._take_entry(path, member)

    def finish(self) -> Layer:
        """The layer."""
        sets = {id(links): links for links in self._links.values() if len(links.paths) > 1}
        for links in sets.values():
            for path in links.paths:
                self._entries[path] = replace(links.newest, path=path)
        return Layer(
            self._index,
            self._entries,
            {path for path in self._folders if path != ROOT and path not in self._entries},
            self._whiteouts,
            self._opaque,
            tuple(tuple(links.paths) for links in sets.values()),
        )

    def _take_whiteout(self, path: ImagePath, base: str) -> None:
        folder = parent(path)
        if base == OPAQUE:
            self._opaque.add(folder)
        else:
            gone = base.removeprefix(WHITEOUT)
            if gone in ("", ".", ".."):
                raise ImageError(f"{printable(path)} of a layer removes nothing that has a name")
            self._whiteouts.add(join(folder, gone))

    def _take_entry(self, path: ImagePath, member: Member) -> None:
        kind = _KINDS.get(member.type)
        if kind is None:
            raise ImageError(
                f"{printable(path)} of a layer is of the unknown type {member.type!r}",
                remedy="build the image again",
            )
        if kind is Kind.SYMLINK and not member.link:
            raise ImageError(f"{printable(path)} of a layer is a symlink to nothing")
        if kind is not Kind.DIRECTORY or path not in self._folders:
            self._remove(path)
        if kind is Kind.DIRECTORY:
            self._folders.add(path)
        share = self._shared.setdefault
        self._entries[path] = Entry(
            path,
            kind,
            0o777 if kind is Kind.SYMLINK else share(member.mode, member.mode),
            share(member.uid, _owner(member.uid)),
            share(member.gid, _owner(member.gid)),
            member.size if kind is Kind.FILE else 0,
            share(member.mtime, member.mtime),
            self._index,
            link_target=member.link if kind is Kind.SYMLINK else "",
            device=member.device if kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE) else None,
            xattrs=_xattrs(member, kind) if member.xattrs else (),
            source=Source(self._host_path, self._base + member.offset) if kind is Kind.FILE else None,
        )

    def _take_link(self, path: ImagePath, member: Member) -> None:
        """Another name for an earlier member; its header also sets what both have in common."""
        target = self._settle(_inside(member.link))
        entry = self._entries.get(target)
        if entry is None or entry.kind is Kind.DIRECTORY:
            raise ImageError(
                f"{printable(path)} of a layer is a hard link to nothing",
                cause=f"its target {printable(target)} is "
                + ("not in the layer" if entry is None else "a folder"),
                remedy="the layer is damaged: build or pull the image again",
            )
        if path == target:
            return
        self._remove(path)
        links = self._links.setdefault(target, _Links(entry))
        share = self._shared.setdefault
        xattrs = dict(links.newest.xattrs) | dict(_xattrs(member, entry.kind))
        links.newest = replace(
            links.newest,
            mode=0o777 if entry.kind is Kind.SYMLINK else share(member.mode, member.mode),
            uid=share(member.uid, _owner(member.uid)),
            gid=share(member.gid, _owner(member.gid)),
            mtime=share(member.mtime, member.mtime),
            xattrs=tuple(sorted(xattrs.items())),
        )
        links.paths[path] = None
        self._links[path] = links
        self._entries[path] = replace(links.newest, path=path)

    def _remove(self, path: ImagePath) -> None:
        """Make room for another member of the same name."""
        if path in self._folders:
            for inside in [p for p in self._entries if p != path and is_under(p, path)]:
                self._unlink(inside)
            self._folders = {p for p in self._folders if not is_under(p, path)}
        if path in self._entries:
            self._unlink(path)

    def _unlink(self, path: ImagePath) -> None:
        del self._entries[path]
        links = self._links.pop(path, None)
        if links is not None:
            del links.paths[path]

    def _settle(self, path: ImagePath) -> ImagePath:
        """Where `path` comes to lie: its folders made if need be, symlinks on the way followed."""
        folder = parent(path)
        if folder in self._folders:
            return path
        here = ROOT
        for part in folder.split("/")[1:]:
            step = join(here, part)
            if step not in self._folders:
                step = self._enter(step, path)
            here = step
        return join(here, name(path))

    def _enter(self, step: ImagePath, path: ImagePath) -> ImagePath:
        """The folder that `step` is, though nothing says so yet."""
        entry = self._entries.get(step)
        if entry is None:
            self._folders.add(step)
            return step
        if entry.kind is Kind.SYMLINK:
            reached = walk(self._get, step)
            if reached.outcome is Outcome.FOUND and reached.path in self._folders:
                return reached.path
        raise ImageError(
            f"{printable(path)} of a layer lies inside something that is not a folder",
            cause=f"{printable(step)} is a {entry.kind.value}"
            + (f" to {printable(entry.link_target)}" if entry.link_target else ""),
            remedy="the layer is damaged or hostile: build or pull the image again",
        )

    def _get(self, path: ImagePath) -> Entry | None:
        entry = self._entries.get(path)
        return plain_folder(path, self._index) if entry is None and path in self._folders else entry


def _inside(raw: str) -> ImagePath:
    """A name in an archive as a path; refused where it leaves the layer's folder."""
    if ".." in raw and posixpath.normpath(raw).split("/", 1)[0] == "..":
        raise ImageError(
            f"a layer names {printable(raw)}, which is outside the image",
            remedy="the layer is damaged or hostile: build or pull the image again",
        )
    return image_path(raw)


def _owner(identifier: int) -> int:
    """A user or group id as the kernel can store it; chown(2)."""
    if not 0 <= identifier < 0xFFFFFFFF:
        raise ImageError("a layer is damaged", cause=f"{identifier} is no user or group id")
    return identifier


def _xattrs(member: Member, kind: Kind) -> tuple[tuple[str, bytes], ...]:
    """The image's own extended attributes; `user.*` only where xattr(7) allows it."""
    may_have_user = kind in (Kind.FILE, Kind.DIRECTORY)
    return tuple(
        (key, value)
        for key, value in member.xattrs
        if is_image_xattr(key) and (may_have_user or not key.startswith("user."))
    )
