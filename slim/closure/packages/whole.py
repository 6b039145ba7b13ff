"""Rule of `--keep package`: a package of the distribution that was used is kept whole."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.packages.package import Package
from slim.closure.rule import Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath
from slim.plan import Unresolved

RULE = "package"


class SystemPackages:
    """All files of the system package of an observed file."""

    def __init__(self) -> None:
        self._done: set[Package] = set()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The package's files, for a path that the trace saw."""
        if entry.kind is Kind.DIRECTORY or path not in context.observed.touched:
            return
        package = context.owners.system_owner(path)
        if package is None or package in self._done:
            return
        self._done.add(package)
        for other in context.owners.files(package):
            yield Need(other, RULE, f"package {package} was used", path)
