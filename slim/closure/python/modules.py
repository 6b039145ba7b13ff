"""Where the modules of a Python are in an image: standard library and sites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slim.closure.packages.runtimes import Runtime
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Tree

SITES = ("site-packages", "dist-packages")

_TESTS = re.compile(r"/(test|tests|idle_test|__pycache__)/")


@dataclass(frozen=True, slots=True)
class Module:
    """A module that was found in a folder of the import path."""

    file: ImagePath
    """Its source, its `__init__.py`, its extension; the folder itself of a namespace package."""
    package: ImagePath | None
    """The folder, for a package."""
    name: str
    """As much of the dotted name as was found."""


def find_module(folder: ImagePath, dotted: str, tree: Tree) -> Module | None:
    """The module `dotted` in `folder`, or of its packages the innermost that is there; None where
    even the outermost is not. The order is that of importlib's path finder: a package before a
    module; what has no `__init__` is a namespace (PEP 420)."""
    found: Module | None = None
    parts = dotted.split(".")
    for count, part in enumerate(parts, 1):
        module = _one(folder, part, ".".join(parts[:count]), tree)
        if module is None:
            break
        found = module
        if module.package is None:
            break
        folder = module.package
    return found


def _one(folder: ImagePath, part: str, dotted: str, tree: Tree) -> Module | None:
    inside = ImagePath(f"{folder}/{part}")
    initial = ImagePath(f"{inside}/__init__.py")
    if initial in tree:
        return Module(initial, inside, dotted)
    source = ImagePath(f"{inside}.py")
    if source in tree:
        return Module(source, None, dotted)
    for extension in _extensions(folder, part, tree):
        return Module(extension, None, dotted)
    entry = tree.get(inside)
    if entry is not None and entry.kind is Kind.DIRECTORY and any(tree.under(inside)):
        return Module(inside, inside, dotted)
    return None


def _extensions(folder: ImagePath, part: str, tree: Tree) -> Iterator[ImagePath]:
    start = f"{folder}/{part}."
    return (path for path in tree.children(folder) if path.startswith(start) and path.endswith(".so"))


def module_files(module: Module, tree: Tree) -> tuple[ImagePath, ...]:
    """The module, or its package with everything inside but tests and byte code."""
    if module.package is None:
        return (module.file,)
    return tuple(
        path
        for path in tree.under(module.package)
        if tree[path].kind is not Kind.DIRECTORY and not _TESTS.search(path[len(module.package) :])
    )


def standard_module(runtime: Runtime, dotted: str, tree: Tree) -> Module | None:
    """As `find_module`, in a Python's standard library: its own folder, then lib-dynload."""
    folder = runtime.home
    if dotted.partition(".")[0] in SITES:
        return None
    return find_module(folder, dotted, tree) or find_module(ImagePath(f"{folder}/lib-dynload"), dotted, tree)


def sites(tree: Tree, folders: Iterable[ImagePath | None]) -> tuple[ImagePath, ...]:
    """Folders that packages are installed in, sorted: by their names, and those of `folders`."""
    found = {folder for folder in folders if folder}
    found.update(
        entry.path
        for entry in tree.entries()
        if entry.kind is Kind.DIRECTORY and name(entry.path) in SITES and name(parent(entry.path)) != "test"
    )
    return tuple(sorted(found))
