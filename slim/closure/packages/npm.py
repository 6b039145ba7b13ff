"""npm packages: the nearest `node_modules/NAME` or `node_modules/@SCOPE/NAME` folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from slim.closure.packages.package import Ecosystem, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, ancestors, name, parent
from slim.oci.tree import Outcome, Tree


class _PackageJson(msgspec.Struct):
    name: str = ""
    version: str = ""


class _Dependencies(msgspec.Struct, rename="camel"):
    dependencies: Any = None
    optional_dependencies: Any = None
    peer_dependencies: Any = None


GLOBAL_FOLDERS = ("/usr/share/nodejs", "/usr/lib/nodejs")
"""Where Debian's node looks when no node_modules has a package."""

_NAME = re.compile(r"(@[^/@.][^/]*/)?[^/.@][^/]*")


def folder_of(path: ImagePath) -> ImagePath | None:
    """The package folder that `path` is inside of; None outside node_modules and for npm's own
    `.bin`, `.cache` and the like."""
    head, marker, tail = path.rpartition("/node_modules/")
    if not marker:
        return None
    parts = tail.split("/")
    count = 2 if parts[0].startswith("@") else 1
    if parts[0].startswith(".") or len(parts) <= count:
        return None
    return ImagePath(f"{head}{marker}{'/'.join(parts[:count])}")


def folders(tree: Tree) -> Iterator[ImagePath]:
    """Every package folder that has a package.json, sorted."""
    for path in tree:
        if path.endswith("/package.json") and folder_of(path) == parent(path):
            yield parent(path)


def read(folder: ImagePath, tree: Tree) -> Package | None:
    """The package in `folder`, by its package.json; None where it has none."""
    manifest = ImagePath(folder + "/package.json")
    entry = tree.get(manifest)
    if entry is None or entry.kind is not Kind.FILE:
        return None
    try:
        known = msgspec.json.decode(tree.read(manifest, 1 << 22), type=_PackageJson)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        known = _PackageJson()
    called = known.name or folder.rpartition("/node_modules/")[2]
    return Package(Ecosystem.NPM, called, known.version, folder=folder)


def files(package: Package, tree: Tree) -> tuple[ImagePath, ...]:
    """Everything but folders inside the package's folder, less packages nested in it."""
    if package.folder is None:
        return ()
    return tuple(
        path
        for path in tree.under(package.folder)
        if tree[path].kind is not Kind.DIRECTORY and folder_of(path) == package.folder
    )


def dependencies(manifest: ImagePath, tree: Tree) -> tuple[str, ...]:
    """What a package.json asks for at run time, sorted: dependencies, optional and peer ones, but
    not devDependencies. Empty for a file that is none."""
    try:
        known = msgspec.json.decode(tree.read(manifest, 1 << 22), type=_Dependencies)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ()
    tables = (known.dependencies, known.optional_dependencies, known.peer_dependencies)
    names = {key for table in tables if isinstance(table, dict) for key in table if isinstance(key, str)}
    return tuple(sorted(key for key in names if _NAME.fullmatch(key)))


def find(wanted: str, folder: ImagePath, tree: Tree) -> tuple[str, ImagePath] | None:
    """The package that code in `folder` gets for `wanted`: the folder as it is looked up, and where
    that leads. The nearest node_modules upwards, as Node's LOAD_NODE_MODULES says; then Debian's
    global folders. None where there is no such package."""
    places = [
        f"{above.rstrip('/')}/node_modules"
        for above in (folder, *ancestors(folder))
        if name(above) != "node_modules"
    ]
    for place in (*places, *GLOBAL_FOLDERS):
        found = tree.resolve(f"{place}/{wanted}")
        if found.outcome is Outcome.FOUND and tree[found.path].kind is Kind.DIRECTORY:
            return f"{place}/{wanted}", found.path
    return None


def folder_files(folder: ImagePath, tree: Tree) -> Iterator[ImagePath]:
    """Everything but folders inside a package's folder, wherever it is, less packages nested in it."""
    for path in tree.under(folder):
        if tree[path].kind is not Kind.DIRECTORY and "/node_modules/" not in path[len(folder) :]:
            yield path


def is_manifest(path: ImagePath, tree: Tree) -> bool:
    """Whether npm could read a package.json: a JSON object."""
    try:
        return isinstance(msgspec.json.decode(tree.read(path, 1 << 22)), dict)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
