"""What a folder of the import path holds, read once, as importlib's path finder would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree

_TAG = re.compile(r"\.(?:cpython|pypy)-?(\d+)[^.]*")

_IMPORTABLE = re.compile(r"[\w-]+")
"""import_module takes names that no statement could: `0001_initial`."""


@dataclass(slots=True)
class Slot:
    """What one name stands for in one folder."""

    folder: ImagePath | None = None
    """A folder of this name, symlinks resolved."""
    extensions: list[str] = field(default_factory=list)
    """Compiled modules, for whatever version of Python."""
    source: str | None = None
    bytecode: str | None = None
    """A `.pyc` beside where the source would be; PEP 3147 calls it a legacy one."""

    def files(self, version: str) -> Iterator[str]:
        """The files of the module for Python `version` ("311"): what would be loaded, and where that
        is compiled nothing else."""
        fitting = [path for path in self.extensions if is_for(path, version)]
        if fitting:
            yield from fitting
        elif self.source or self.bytecode:
            yield self.source or self.bytecode or ""


def is_for(extension: str, version: str) -> bool:
    """Whether an extension module is for this version of Python, by its name; PEP 3149."""
    tag = _TAG.search(extension.rpartition("/")[2])
    return tag is None or tag[1] == version


class Folders:
    """The folders of one image."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[ImagePath, dict[str, Slot]] = {}

    def __getitem__(self, folder: ImagePath) -> dict[str, Slot]:
        """Name → what it stands for, of everything in `folder` that can be imported."""
        slots = self._known.get(folder)
        if slots is None:
            slots = self._known[folder] = self._read(folder)
        return slots

    def _read(self, folder: ImagePath) -> dict[str, Slot]:
        tree, slots = self._tree, dict[str, Slot]()
        for path in tree.children(folder):
            last = path.rpartition("/")[2]
            entry = tree[path]
            kind, target = entry.kind, path
            if kind is Kind.SYMLINK:
                found = tree.resolve(path)
                if found.outcome is not Outcome.FOUND:
                    continue
                kind, target = tree[found.path].kind, found.path
            if kind is Kind.DIRECTORY:
                if _IMPORTABLE.fullmatch(last) and last != "__pycache__":
                    slots.setdefault(last, Slot()).folder = target
            elif kind is Kind.FILE:
                _add(slots, path, last)
        return slots


def _add(slots: dict[str, Slot], path: ImagePath, last: str) -> None:
    stem, _, suffix = last.partition(".")
    if not _IMPORTABLE.fullmatch(stem):
        return
    if suffix == "py":
        slots.setdefault(stem, Slot()).source = path
    elif suffix == "pyc":
        slots.setdefault(stem, Slot()).bytecode = path
    elif suffix == "so" or (suffix.endswith(".so") and suffix.startswith(("cpython-", "abi3", "pypy"))):
        slots.setdefault(stem, Slot()).extensions.append(path)
