"""Rule: a Python distribution of which code was used, or that the application names, is kept whole.

A distribution brings data files, plug-ins and lazily loaded modules that no trace of a few probes
sees; and the branches of the application that did not run import packages that were never loaded.
This is the generous first step: whole distributions, by the imports of the application's sources,
and what those require.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.used import is_code, is_metadata
from slim.closure.python.dependencies import RULE as IMPORT
from slim.closure.python.dependencies import PythonDependencies, Wanted, is_source
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, printable
from slim.plan import Unresolved

RULE = "package"
DEPENDENCY = "dependency"


class PythonPackages:
    """The other files of a used distribution, those that the application and kept ones ask for, and
    the metadata of one that was asked about.

    The application's sources wait until their interpreter is kept.
    """

    def __init__(self) -> None:
        self._done: set[tuple[Package, bool]] = set()
        self._running: list[ImagePath] = []
        """The kept main files of Python's runtimes."""
        self._sources: list[ImagePath] = []
        self._python: PythonDependencies | None = None

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The distribution's files, for an opened file of it; what an application's source imports."""
        if entry.kind is not Kind.FILE:
            return
        yield from self._runtime(path, context)
        package = context.owners.owner(path)
        if package is None:
            yield from self._source(path, context)
        elif package.ecosystem is Ecosystem.PYTHON and path in context.observed.opened:
            why = f"python package {printable(package.name)} was used"
            if is_code(path, package):
                yield from self._whole(package, RULE, why, path, context)
            elif (package, False) not in self._done:
                self._done.add((package, False))
                for other in filter(is_metadata, context.owners.files(package)):
                    yield Need(other, RULE, why, path, part_of=Part.LANGUAGE)

    def _runtime(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """An interpreter brings its standard library; once that is there, sources that waited
        for it are read."""
        for runtime in context.owners.runtimes:
            if runtime.language != "python":
                continue
            if runtime.is_program(path):
                yield Need(runtime.marker, RULE, "the standard library of an interpreter", path)
            if runtime.marker == path:
                self._running.append(path)
                for source in self._sources:
                    yield from self._asked_by(source, path, context)

    def _source(self, path: ImagePath, context: Context) -> Iterator[Need]:
        if not is_source(path, context.head(path)):
            return
        self._sources.append(path)
        for marker in self._running:
            yield from self._asked_by(path, marker, context)

    def _asked_by(self, source: ImagePath, marker: ImagePath, context: Context) -> Iterator[Need]:
        """What an application's source asks for of the runtime with the main file `marker`."""
        runtime = next(r for r in context.owners.runtimes if r.marker == marker)
        for found in self._imports(context).of_source(source, runtime):
            if isinstance(found, Need):
                yield found
            else:
                yield from self._whole(found.package, IMPORT, found.detail, found.source, context)

    def _imports(self, context: Context) -> PythonDependencies:
        if self._python is None:
            self._python = PythonDependencies(context)
        return self._python

    def _whole(
        self, package: Package, rule: str, why: str, source: ImagePath, context: Context
    ) -> Iterator[Need]:
        """Every file of a package, and of those that it requires."""
        todo = [(rule, Wanted(package, why, source))]
        while todo:
            rule, wanted = todo.pop(0)
            package = wanted.package
            if (package, True) in self._done:
                continue
            self._done.add((package, True))
            for other in context.owners.files(package):
                yield Need(other, rule, wanted.detail, wanted.source, part_of=Part.LANGUAGE)
            if package.ecosystem is Ecosystem.PYTHON:
                todo += [(DEPENDENCY, more) for more in self._imports(context).of_distribution(package)]
                for found in self._imports(context).of_modules(package):
                    if isinstance(found, Need):
                        yield found
                    else:
                        todo.append((IMPORT, found))
