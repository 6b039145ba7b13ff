"""Java archives as packages: each is one, by the name that Maven gives its file, ARTIFACT-VERSION.jar.

They own nothing but themselves, and `Owners.owner` does not speak of them: an archive that no package
brought is the application's own file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Tree

_NAME = re.compile(r"(?P<name>.+?)(?:-(?P<version>\d[\w.+-]*))?\.(?:jar|war|ear)")
_SUFFIXES = (".jar", ".war", ".ear")


def package_of(path: ImagePath) -> Package | None:
    """The archive at `path` as a package; None where its name is no archive's."""
    match = _NAME.fullmatch(name(path)) if path.endswith(_SUFFIXES) else None
    if match is None:
        return None
    return Package(Ecosystem.JAR, match["name"], match["version"] or "", folder=parent(path))


def read(tree: Tree) -> Iterator[tuple[Package, ImagePath]]:
    """Every archive of the image, sorted by path; the same one may lie in several folders."""
    for path in tree:
        if path.endswith(_SUFFIXES) and tree[path].kind is Kind.FILE:
            package = package_of(path)
            if package is not None:
                yield package, path
