"""Rule: a language package of which code was used is kept whole.

A Python distribution or npm package brings data files, plug-ins and lazily loaded modules that
no trace of a few probes sees. The place of the import closures of single languages is beside
this module.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.package import LANGUAGES, Ecosystem, Package
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent, printable
from slim.plan import Unresolved

RULE = "package"

_METADATA = (".dist-info", ".egg-info")


class LanguagePackages:
    """The other files of a used language package, and the metadata of one that was asked about."""

    def __init__(self) -> None:
        self._done: set[tuple[Package, bool]] = set()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The package's files, for an opened file of it."""
        if entry.kind is not Kind.FILE or path not in context.observed.opened:
            return
        package = context.owners.owner(path)
        if package is None or package.ecosystem not in LANGUAGES:
            return
        code = is_code(path, package)
        if (package, code) in self._done:
            return
        self._done.add((package, code))
        why = f"{package.ecosystem.value} package {printable(package.name)} was used"
        for other in context.owners.files(package):
            if code or is_metadata(other):
                yield Need(other, RULE, why, path, part_of=Part.LANGUAGE)


def is_metadata(path: ImagePath) -> bool:
    """Whether `path` describes a Python distribution and is not part of its code."""
    return path.endswith(_METADATA) or name(parent(path)).endswith(_METADATA)


def is_code(path: ImagePath, package: Package) -> bool:
    """Whether opening `path` means that the package was used, rather than asked about."""
    if package.ecosystem is Ecosystem.NPM:
        return name(path) != "package.json"
    return not is_metadata(path) and not path.endswith(".pth")


def used_packages(context: Context) -> frozenset[Package]:
    """The language packages of which code was opened."""
    found = set()
    for path in context.observed.opened:
        package = context.owners.owner(path)
        if package is not None and package.ecosystem in LANGUAGES and is_code(path, package):
            found.add(package)
    return frozenset(found)
