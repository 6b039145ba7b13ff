"""The folders of an image that Python's distributions are installed in."""

from __future__ import annotations

from collections.abc import Iterable

from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Tree

SITES = ("site-packages", "dist-packages")


def sites(tree: Tree, folders: Iterable[ImagePath | None]) -> tuple[ImagePath, ...]:
    """Folders that packages are installed in, sorted: by their names, and those of `folders`."""
    found = {folder for folder in folders if folder}
    found.update(
        entry.path
        for entry in tree.entries()
        if entry.kind is Kind.DIRECTORY and name(entry.path) in SITES and name(parent(entry.path)) != "test"
    )
    return tuple(sorted(found))
