"""conda's packages: one JSON a package in the `conda-meta` folder of each environment, whose paths are
relative to it (conda documentation, "conda-meta")."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, image_path, name, parent
from slim.oci.tree import Tree

_LIMIT = 1 << 26
_WORD = re.compile(r"[^\s<>=!~\[]+")


class _Record(msgspec.Struct):
    name: str
    version: str = ""
    files: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()


def read(tree: Tree) -> Iterator[tuple[Package, list[str]] | Fault]:
    """Every package of every environment with the absolute names it lists, and the folders above
    them inside the environment."""
    for entry in tree.entries():
        folder = parent(entry.path)
        if name(folder) != "conda-meta" or entry.kind is not Kind.FILE or not entry.path.endswith(".json"):
            continue
        try:
            record = msgspec.json.decode(tree.read(entry.path, _LIMIT), type=_Record)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            yield Fault(entry.path, f"no record of a conda package: {error}")
            continue
        prefix = parent(folder)
        words = (_WORD.match(text) for text in record.depends)
        depends = tuple(sorted({match[0] for match in words if match}))
        package = Package(Ecosystem.CONDA, record.name, record.version, record.name, depends, folder=prefix)
        yield package, [prefix, folder, entry.path, *_names(prefix, record.files)]


def _names(prefix: ImagePath, files: tuple[str, ...]) -> Iterator[str]:
    """The files that lie inside the environment, with their folders."""
    seen = {str(prefix)}
    for file in files:
        path = image_path(f"{prefix}/{file}")
        if not path.startswith(prefix.rstrip("/") + "/"):
            continue
        folder = parent(path)
        while folder not in seen:
            seen.add(folder)
            yield folder
            folder = parent(folder)
        yield path
