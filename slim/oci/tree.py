"""The index of an image's flattened file system."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from slim.errors import ImageError
from slim.oci.content import open_source
from slim.oci.entry import Entry, Kind
from slim.oci.lookup import MAX_LINKS, Outcome, Resolution, walk
from slim.oci.path import ROOT, ImagePath, parent, printable
from slim.oci.pattern import Pattern

__all__ = ["MAX_LINKS", "Outcome", "Resolution", "Tree"]


class Tree:
    """Every path of an image, resolved inside the image's own root only.

    Invariants: the root and every parent folder of an entry are entries; keys are
    normalised; iteration is in sorted order; nothing is read from the host but
    file contents, through each entry's `source`.
    """

    def __init__(self, entries: Mapping[ImagePath, Entry], layers: int) -> None:
        """Index `entries`, whose keys are their paths, of an image of `layers` layers.

        A parent folder that is missing is added as Docker adds it: root's, mode 0755, time 0,
        in the lowest layer of what it holds. Raises ImageError where an entry lies inside
        something that is not a folder.
        """
        found = dict(entries)
        found.update(_missing_folders(found))
        self._keys = sorted(found)
        self._entries = found
        self._layers = layers
        self._sets: dict[ImagePath, tuple[ImagePath, ...]] | None = None
        self._children: dict[ImagePath, tuple[ImagePath, ...]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, path: object) -> bool:
        return path in self._entries

    def __iter__(self) -> Iterator[ImagePath]:
        return iter(self._keys)

    def __getitem__(self, path: ImagePath) -> Entry:
        return self._entries[path]

    def get(self, path: ImagePath) -> Entry | None:
        """The entry at exactly `path`, no symlink followed."""
        return self._entries.get(path)

    @property
    def layers(self) -> int:
        """How many layers the image has."""
        return self._layers

    @property
    def size(self) -> int:
        """Bytes of content; a set of hard links counts once."""
        return sum(entry.size for entry in self._entries.values() if entry.hard_link in (None, entry.path))

    def entries(self) -> Iterator[Entry]:
        """Every entry, by path in sorted order."""
        return map(self._entries.__getitem__, self._keys)

    def children(self, folder: ImagePath) -> tuple[ImagePath, ...]:
        """What is directly inside `folder`, sorted; empty for anything that is not a folder."""
        known = self._children.get(folder)
        if known is None:
            known = self._children[folder] = self._inside(folder)
        return known

    def _inside(self, folder: ImagePath) -> tuple[ImagePath, ...]:
        prefix, position, end = self._span(folder)
        keys = self._keys
        found = []
        while position < end:
            key = keys[position]
            cut = key.find("/", len(prefix))
            if cut < 0:
                found.append(key)
                position += 1
            else:  # inside a child: go on behind everything that this child holds
                position = bisect_left(keys, key[:cut] + _AFTER_SLASH, position, end)
        return tuple(found)

    def under(self, folder: ImagePath) -> Iterator[ImagePath]:
        """Everything inside `folder` (not itself), sorted, without scanning the whole tree."""
        _, position, end = self._span(folder)
        return iter(self._keys[position:end])

    def glob(self, pattern: str) -> Iterator[ImagePath]:
        """Paths that match an absolute pattern, sorted, each once.

        `*` and `?` stay within a component, `[...]` is a set as in fnmatch(3) (`[!...]` its
        complement), `**` as a whole component stands for any number of folders: `/a/**/b` finds
        `/a/b` too, `/a/**` finds everything inside `/a` but not `/a`. A leading dot is nothing
        special. Folders before the first wildcard are looked up through symlinks, and what is
        found carries its real path; a pattern's last component is never followed.
        """
        return Pattern.parse(pattern).matches(self)

    def hard_links(self, path: ImagePath) -> tuple[ImagePath, ...]:
        """All members of `path`'s set of hard links, itself included, sorted."""
        if self._sets is None:
            self._sets = _hard_link_sets(self.entries())
        first = self._entries[path].hard_link
        return (path,) if first is None else self._sets[first]

    def resolve(self, raw: str, *, follow_last: bool = True, base: ImagePath = ROOT) -> Resolution:
        """Look a path up as the kernel would with the image as its root: path_resolution(7).

        `raw` may be relative to `base`. Permissions are not looked at: root sees everything.
        """
        exact = self._entries.get(ImagePath(raw))
        if exact is not None and (not follow_last or exact.kind is not Kind.SYMLINK):
            return Resolution(Outcome.FOUND, exact.path, ())  # keys have no symlink on the way
        return walk(self._entries.get, raw, follow_last=follow_last, base=base)

    def open(self, path: ImagePath) -> BinaryIO:
        """A file's bytes (seekable, bounded to the file). `path` must be a FILE entry.

        Raises ImageError where it is missing, something else, or unreadable.
        """
        entry = self._entries.get(path)
        if entry is None or entry.kind is not Kind.FILE or entry.source is None:
            what = "does not exist" if entry is None else f"is a {entry.kind.value}, not a file"
            raise ImageError(f"{printable(path)} of the image has no content", cause=f"it {what}")
        return open_source(entry.source, entry.size)

    def read(self, path: ImagePath, limit: int = 1 << 24) -> bytes:
        """The first `limit` bytes of a file. Raises as `open` does."""
        with self.open(path) as file:
            return file.read(limit)

    def _span(self, folder: ImagePath) -> tuple[str, int, int]:
        """What every key inside `folder` begins with, and where those keys begin and end."""
        prefix = "/" if folder == ROOT else folder + "/"
        start = bisect_left(self._keys, prefix)
        if folder == ROOT:
            return prefix, start + 1, len(self._keys)
        return prefix, start, bisect_left(self._keys, folder + _AFTER_SLASH, start)


_AFTER_SLASH = chr(ord("/") + 1)


def _missing_folders(entries: Mapping[ImagePath, Entry]) -> dict[ImagePath, Entry]:
    """A folder for every parent that has no entry, and for the root."""
    added: dict[ImagePath, int] = {} if ROOT in entries else {ROOT: 0}
    for path, entry in entries.items():
        folder = parent(path)
        while folder != ROOT:
            above = entries.get(folder)
            if above is None:
                if added.get(folder, entry.layer + 1) <= entry.layer:
                    break
                added[folder] = entry.layer
            elif above.kind is not Kind.DIRECTORY:
                raise ImageError(
                    f"{printable(path)} lies inside something that is not a folder",
                    cause=f"{printable(folder)} is a {above.kind.value}",
                    remedy="the image is damaged: build or pull it again",
                )
            else:
                break
            folder = parent(folder)
    return {path: plain_folder(path, layer) for path, layer in added.items()}


def plain_folder(path: ImagePath, layer: int) -> Entry:
    """A folder that no archive describes."""
    return Entry(path, Kind.DIRECTORY, mode=0o755, uid=0, gid=0, size=0, mtime=0, layer=layer)


def _hard_link_sets(entries: Iterable[Entry]) -> dict[ImagePath, tuple[ImagePath, ...]]:
    """The members of each set under its first one."""
    members: dict[ImagePath, list[ImagePath]] = {}
    for entry in entries:
        if entry.hard_link is not None:
            members.setdefault(entry.hard_link, []).append(entry.path)
    return {first: tuple(paths) for first, paths in members.items()}
