"""Rule: a language package of which code was used, or that the application names, is kept whole.

A Python distribution or npm package brings data files, plug-ins and lazily loaded modules that
no trace of a few probes sees; and the branches of the application that did not run import
packages that were never loaded. This is the generous first step: whole packages, by the imports
of the application's sources (Python) or its package.json (Node), and what those packages require.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure import npm
from slim.closure.package import LANGUAGES, Ecosystem, Package
from slim.closure.python_dependencies import RULE as IMPORT
from slim.closure.python_dependencies import PythonDependencies, Wanted, is_source
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent, printable
from slim.plan import Unresolved

RULE = "package"
DEPENDENCY = "dependency"

_METADATA = (".dist-info", ".egg-info")


class LanguagePackages:
    """The other files of a used language package, those that the application and kept packages ask
    for, and the metadata of one that was asked about.

    The application's sources wait until their interpreter is kept: a package.json in an image that
    does not run Node says nothing.
    """

    def __init__(self) -> None:
        self._done: set[tuple[Package, bool]] = set()
        self._folders: set[ImagePath] = set()
        self._running: dict[str, list[ImagePath]] = {"python": [], "node": []}
        """Language → the kept main files of its runtimes."""
        self._sources: dict[str, list[ImagePath]] = {"python": [], "node": []}
        self._python: PythonDependencies | None = None

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The package's files, for an opened file of it; what an application's file asks for."""
        if entry.kind is not Kind.FILE:
            return
        yield from self._runtime(path, context)
        package = context.owners.owner(path)
        if package is None:
            yield from self._source(path, context)
        elif path in context.observed.opened and package.ecosystem in LANGUAGES:
            why = f"{package.ecosystem.value} package {printable(package.name)} was used"
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
            if runtime.language == "python" and runtime.is_program(path):
                yield Need(runtime.marker, RULE, "the standard library of an interpreter", path)
            if runtime.marker == path and runtime.language in self._running:
                self._running[runtime.language].append(path)
                for source in self._sources[runtime.language]:
                    yield from self._asked_by(source, runtime.language, path, context)

    def _source(self, path: ImagePath, context: Context) -> Iterator[Need]:
        if name(path) == "package.json":
            language = "node"
        elif is_source(path, context.head(path)):
            language = "python"
        else:
            return
        self._sources[language].append(path)
        for marker in self._running[language]:
            yield from self._asked_by(path, language, marker, context)

    def _asked_by(
        self, source: ImagePath, language: str, marker: ImagePath, context: Context
    ) -> Iterator[Need]:
        """What an application's source asks for of the runtime with the main file `marker`."""
        if language == "node":
            yield from self._node(parent(source), context)
            return
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
            elif package.folder is not None:
                yield from self._node(package.folder, context)

    def _node(self, first: ImagePath, context: Context) -> Iterator[Need]:
        """The packages that the package.json in `first` depends on, and theirs, whole."""
        tree = context.tree
        todo = [first]
        while todo:
            folder = todo.pop(0)
            manifest = ImagePath(f"{folder}/package.json")
            entry = tree.get(manifest)
            if folder in self._folders or entry is None or entry.kind is not Kind.FILE:
                continue
            self._folders.add(folder)
            for wanted in npm.dependencies(manifest, tree):
                found = npm.find(wanted, folder, tree)
                if found is None:
                    continue
                raw, reached = found
                why = f"{printable(manifest)} depends on {printable(wanted)}"
                yield Need(f"{raw}/package.json", DEPENDENCY, why, manifest)
                for other in npm.folder_files(reached, tree):
                    yield Need(other, DEPENDENCY, why, manifest, part_of=Part.LANGUAGE)
                todo.append(reached)


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
