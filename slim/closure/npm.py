"""npm packages: the nearest `node_modules/NAME` or `node_modules/@SCOPE/NAME` folder."""

from __future__ import annotations

import msgspec

from slim.closure.package import Ecosystem, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Tree


class _PackageJson(msgspec.Struct):
    name: str = ""
    version: str = ""


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


def read(folder: ImagePath, tree: Tree) -> Package | None:
    """The package in `folder`, by its package.json; None where it has none."""
    manifest = ImagePath(folder + "/package.json")
    entry = tree.get(manifest)
    if entry is None or entry.kind is not Kind.FILE:
        return None
    try:
        known = msgspec.json.decode(tree.read(manifest, 1 << 22), type=_PackageJson)
    except (msgspec.MsgspecError, UnicodeError):
        known = _PackageJson()
    name = known.name or folder.rpartition("/node_modules/")[2]
    return Package(Ecosystem.NPM, name, known.version, folder=folder)


def files(package: Package, tree: Tree) -> tuple[ImagePath, ...]:
    """Everything but folders inside the package's folder, less packages nested in it."""
    if package.folder is None:
        return ()
    return tuple(
        path
        for path in tree.under(package.folder)
        if tree[path].kind is not Kind.DIRECTORY and folder_of(path) == package.folder
    )
