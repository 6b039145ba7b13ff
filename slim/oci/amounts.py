"""How many paths and bytes two trees hold, folder by folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath
from slim.oci.tree import Tree


@dataclass(frozen=True, slots=True)
class Amount:
    """Paths and bytes of a part of two images; a set of hard links counts its bytes once."""

    files_before: int = 0
    files_after: int = 0
    size_before: int = 0
    size_after: int = 0

    @property
    def weight(self) -> tuple[int, int]:
        """What to sort by, so that the largest change of size, then of number, comes first."""
        return (-abs(self.size_after - self.size_before), -abs(self.files_after - self.files_before))


@dataclass(frozen=True)
class FolderAmount:
    """What a folder holds: itself and everything below. The root stands for files right in it."""

    folder: ImagePath
    amount: Amount
    inside: tuple[FolderAmount, ...] = ()
    """Those of its own folders that differ, sorted as these are."""


@dataclass(slots=True)
class Counter:
    """An Amount while it is being summed up."""

    files_before: int = 0
    files_after: int = 0
    size_before: int = 0
    size_after: int = 0

    def add(self, size_before: int | None, size_after: int | None) -> None:
        """Count one path with its bytes on either side; None where that side has no such path."""
        if size_before is not None:
            self.files_before += 1
            self.size_before += size_before
        if size_after is not None:
            self.files_after += 1
            self.size_after += size_after

    def amount(self) -> Amount:
        """What it has come to."""
        return Amount(self.files_before, self.files_after, self.size_before, self.size_after)


def sizes(tree: Tree, other: Tree) -> dict[ImagePath, int]:
    """The bytes that each path of `tree` stands for.

    A set of hard links counts at one name: the first that `other` holds too, else the first.
    So the bytes of a path that is gone are bytes that were really saved.
    """
    result = {}
    for entry in tree.entries():
        size = entry.size
        if entry.hard_link is not None:
            members = tree.hard_links(entry.path)
            counted = next((path for path in members if path in other), members[0])
            size = size if entry.path == counted else 0
        result[entry.path] = size
    return result


def union(a: Tree, b: Tree) -> list[ImagePath]:
    """Every path of either tree, sorted."""
    return sorted({*a, *b})


def folder_amounts(
    a: Tree,
    b: Tree,
    sizes_a: dict[ImagePath, int],
    sizes_b: dict[ImagePath, int],
    differing: Iterable[ImagePath],
) -> tuple[FolderAmount, ...]:
    """Two levels of folders in which `differing` paths are, the largest change of size first."""
    touched: set[ImagePath] = set()
    for path in differing:
        touched.update(_folders(a.get(path)), _folders(b.get(path)))
    counters: dict[ImagePath, Counter] = {folder: Counter() for folder in touched}
    for path in union(a, b):
        for folder in _folders(a.get(path) or b[path]):
            if folder in counters:
                counters[folder].add(sizes_a.get(path), sizes_b.get(path))
    inside: dict[str, list[FolderAmount]] = {}
    top = []
    for folder, counter in counters.items():
        above = folder.rpartition("/")[0]
        if above:
            inside.setdefault(above, []).append(FolderAmount(folder, counter.amount()))
        else:
            top.append((folder, counter.amount()))
    return _sorted([FolderAmount(folder, amount, _sorted(inside.get(folder, []))) for folder, amount in top])


def _sorted(amounts: list[FolderAmount]) -> tuple[FolderAmount, ...]:
    return tuple(sorted(amounts, key=lambda item: (item.amount.weight, item.folder)))


def _folders(entry: Entry | None) -> tuple[ImagePath, ...]:
    """The folders of the first and second level that an entry is counted in."""
    if entry is None:
        return ()
    parts = entry.path.split("/", 3)  # "", first, second, the rest
    depth = len(parts) - 1 if entry.kind is Kind.DIRECTORY or len(parts) == 4 else len(parts) - 2
    if entry.path == ROOT or depth == 0:
        return (ROOT,)
    top = ImagePath("/" + parts[1])
    return (top,) if depth == 1 else (top, ImagePath(f"/{parts[1]}/{parts[2]}"))
