"""Language runtimes of an image, packaged or not: what belongs to one, and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.packages.package import Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, is_under, name, parent
from slim.oci.tree import Tree

NOTHING = re.compile("(?!)")

_SITE = ("/site-packages/", "/dist-packages/")


@dataclass(frozen=True)
class Runtime:
    """One runtime: `home` is what profiles call {runtime}, `folders` and `programs` say which files are
    its own. A version manager (pyenv, nvm …) counts as one, less what it installed."""

    language: str
    home: ImagePath
    package: Package
    marker: ImagePath
    """The file without which it does not run: kept means that the runtime is in use."""
    folders: tuple[ImagePath, ...]
    programs: re.Pattern[str] = NOTHING
    """Files directly in bin or lib folders beside it."""
    interpreters: frozenset[str] = frozenset()
    """Names of the programs that run code, in a folder for programs."""
    without: tuple[ImagePath, ...] = ()
    """Folders inside its own that hold other things than itself."""

    def holds(self, path: ImagePath) -> bool:
        """Whether `path` belongs to the runtime itself, not to what was installed into it."""
        if any(part in path for part in _SITE) or ("/node_modules/" in path and self.language != "node"):
            return False
        if any(is_under(path, folder) and path != folder for folder in self.folders):
            return not any(is_under(path, folder) for folder in self.without)
        return self.programs.fullmatch(path) is not None

    def is_program(self, path: ImagePath) -> bool:
        """Whether `path` is an interpreter of it, in a folder for programs."""
        return (
            self.programs.fullmatch(path) is not None
            and name(parent(path)) in ("bin", "sbin")
            and name(path) in self.interpreters
        )

    def files(self, tree: Tree) -> Iterator[ImagePath]:
        """Everything but folders that belongs to it, sorted."""
        return (
            entry.path
            for entry in tree.entries()
            if entry.kind is not Kind.DIRECTORY and self.holds(entry.path)
        )
