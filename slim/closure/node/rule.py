"""Rule: an npm package of which code was used is kept whole, and what package.json files depend on.

An npm package brings data files, plug-ins and lazily loaded modules that no trace of a few probes
sees. This is the generous first step: whole packages, and what they and the application's
package.json require.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.packages import npm
from slim.closure.packages.package import Ecosystem
from slim.closure.packages.used import is_code
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent, printable
from slim.plan import Unresolved

RULE = "package"
DEPENDENCY = "dependency"


class NodePackages:
    """The other files of a used npm package, and those that the application and kept packages depend on.

    The application's package.json waits until Node is kept: in an image that does not run Node it
    says nothing.
    """

    def __init__(self) -> None:
        self._whole: set[ImagePath] = set()
        self._folders: set[ImagePath] = set()
        self._running = False
        self._waiting: list[ImagePath] = []

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The package's files, for an opened file of it; what an application's package.json names."""
        if entry.kind is not Kind.FILE:
            return
        if any(runtime.marker == path and runtime.language == "node" for runtime in context.owners.runtimes):
            self._running = True
            for folder in self._waiting:
                yield from self._required(folder, context)
        package = context.owners.owner(path)
        if package is None:
            if name(path) == "package.json":
                self._waiting.append(parent(path))
                if self._running:
                    yield from self._required(parent(path), context)
        elif (
            package.ecosystem is Ecosystem.NPM and path in context.observed.opened and is_code(path, package)
        ):
            if package.folder is None or package.folder in self._whole:
                return
            self._whole.add(package.folder)
            why = f"npm package {printable(package.name)} was used"
            for other in context.owners.files(package):
                yield Need(other, RULE, why, path, part_of=Part.LANGUAGE)
            yield from self._required(package.folder, context)

    def _required(self, first: ImagePath, context: Context) -> Iterator[Need]:
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
