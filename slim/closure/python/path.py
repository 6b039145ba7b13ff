"""From a dotted name to files: the import path of one interpreter of the image.

The order is that of importlib's path finder: of the roots the first that has a package or module by
that name; folders without an `__init__` are portions of a namespace package, together (PEP 420). A
package may spread itself over several roots (pkgutil.extend_path): its modules are looked for in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from slim.closure.python.folder import Folders, Slot
from slim.oci.path import ImagePath, parent

INIT = "__init__"


@dataclass(frozen=True, slots=True)
class Found:
    """How far a dotted name led."""

    depth: int
    """Components that were found."""
    files: tuple[str, ...] = ()
    """What importing these components reads, the outermost package's first; paths as they are looked up."""
    folders: tuple[ImagePath, ...] = ()
    """Where the modules of the last component are, if that is a package."""
    own: tuple[str, ...] = ()
    """Of `files` those of the last component."""


NOTHING = Found(0)


class ImportPath:
    """Where one interpreter finds modules; look-ups are remembered."""

    def __init__(self, roots: Iterable[ImagePath], version: str, folders: Folders) -> None:
        self.roots = tuple(dict.fromkeys(roots))
        self.version = version
        """Without the dot: "311"."""
        self._folders = folders
        self._known: dict[str, Found] = {}

    @cached_property
    def tops(self) -> frozenset[str]:
        """The first components that lead somewhere."""
        return frozenset(name for root in self.roots for name in self._folders[root])

    def find(self, dotted: str, first: tuple[ImagePath, ...] = ()) -> Found:
        """As much of an absolute name as there is; `first` are folders that come before the path: those
        of the importing source."""
        if first:
            inside = self.inside(first, dotted.split("."))
            if inside.depth:
                return inside
        found = self._known.get(dotted)
        if found is None:
            found = self._known[dotted] = self.inside(self.roots, dotted.split("."))
        return found

    def inside(self, folders: tuple[ImagePath, ...], parts: list[str]) -> Found:
        """As much of a name as there is, starting in `folders`."""
        files: list[str] = []
        own: tuple[str, ...] = ()
        depth = 0
        for part in parts:
            step = self._step(folders, part)
            if step is None:
                break
            own, folders = step
            files += own
            depth += 1
            if not folders:
                break
        return Found(depth, tuple(files), folders if depth else (), own) if depth else NOTHING

    def modules(self, folders: tuple[ImagePath, ...]) -> Iterator[tuple[str, Found]]:
        """Every module directly in the package at `folders`, sorted by name."""
        names = sorted({name for folder in folders for name in self._folders[folder]} - {INIT})
        for name in names:
            step = self._step(folders, name)
            if step is not None:
                yield name, Found(1, step[0], step[1], step[0])

    def package_file(self, folder: ImagePath) -> tuple[str, ...]:
        """The `__init__` of the package at `folder`; none for a namespace."""
        slot = self._folders[folder].get(INIT)
        return tuple(slot.files(self.version)) if slot else ()

    def top_of(self, path: ImagePath) -> ImagePath:
        """The folder that the outermost package around a source is in: what its script or start puts
        first on the path."""
        folder = parent(path)
        while folder != "/" and self.package_file(folder):
            folder = parent(folder)
        return folder

    def _step(
        self, folders: tuple[ImagePath, ...], part: str
    ) -> tuple[tuple[str, ...], tuple[ImagePath, ...]] | None:
        """The files of one component, and the folders behind it."""
        portions: list[ImagePath] = []
        for position, folder in enumerate(folders):
            slot = self._folders[folder].get(part)
            if slot is None:
                continue
            if slot.folder is not None:
                files = self.package_file(slot.folder)
                if files:
                    return files, (slot.folder, *portions, *self._more(folders[position + 1 :], part))
            files = tuple(slot.files(self.version))
            if files:
                return files, ()
            if slot.folder is not None:
                portions.append(slot.folder)
        return ((), tuple(portions)) if portions else None

    def _more(self, folders: tuple[ImagePath, ...], part: str) -> Iterator[ImagePath]:
        slots: Iterator[Slot | None] = (self._folders[folder].get(part) for folder in folders)
        return (slot.folder for slot in slots if slot is not None and slot.folder is not None)
