"""Which package a file of the image belongs to, from the image's own package databases.

Two views: `system_owner` asks the distribution's package manager only (dpkg, apk, rpm, conda), `owner` asks
for the innermost: a Python distribution, npm package or gem before the system package that brought
it, and a language runtime that was installed without a package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from slim.closure.packages import apk, conda, dpkg, gems, jars, npm, pydist, recognise, rpm
from slim.closure.packages.gems import Gem
from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.closure.packages.runtimes import Runtime
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Tree


@dataclass(frozen=True)
class _Index:
    """Ownership as one source tells it."""

    files: dict[ImagePath, Package]
    folders: dict[ImagePath, set[Package]]
    """The packages that list each folder."""
    faults: tuple[Fault, ...] = ()


class Owners:
    """Ownership of every path of one Tree; each database is read when it is first asked for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._npm: dict[ImagePath, Package | None] = {}

    @classmethod
    def from_tree(cls, tree: Tree) -> Owners:
        """The owners of the paths of `tree`."""
        return cls(tree)

    @cached_property
    def _system(self) -> _Index:
        files: dict[ImagePath, Package] = {}
        folders: dict[ImagePath, set[Package]] = {}
        faults = []
        for found in chain(*(read(self._tree) for read in (dpkg.read, apk.read, rpm.read, conda.read))):
            if isinstance(found, Fault):
                faults.append(found)
                continue
            package, paths = found
            for path in canonical(paths, self._tree):
                entry = self._tree.get(path)
                if entry is None:
                    continue
                if entry.kind is Kind.DIRECTORY:
                    folders.setdefault(path, set()).add(package)
                else:
                    files.setdefault(path, package)
        return _Index(files, folders, tuple(faults))

    @cached_property
    def _distributions(self) -> _Index:
        files: dict[ImagePath, Package] = {}
        faults = []
        for found in pydist.read(self._tree, self.system_owner):
            if isinstance(found, Fault):
                faults.append(found)
                continue
            package, paths = found
            for path in paths:
                entry = self._tree.get(path)
                if entry is not None and entry.kind is not Kind.DIRECTORY:
                    files.setdefault(path, package)
        return _Index(files, {}, tuple(faults))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What the databases and lists claim and that cannot be so, sorted."""
        return tuple(sorted({*self._system.faults, *self._distributions.faults}))

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """Every language runtime in the image, packaged or not."""
        return recognise.find(self._tree)

    @cached_property
    def gems(self) -> tuple[Gem, ...]:
        """Every Ruby gem with a specification, by its path."""
        return gems.find(self._tree)

    @cached_property
    def _jars(self) -> dict[Package, list[ImagePath]]:
        found: dict[Package, list[ImagePath]] = {}
        for package, path in jars.read(self._tree):
            found.setdefault(package, []).append(path)
        return found

    @cached_property
    def _by_package(self) -> dict[Package, tuple[ImagePath, ...]]:
        grouped: dict[Package, list[ImagePath]] = {}
        for index in (self._system, self._distributions):
            for path, package in index.files.items():
                grouped.setdefault(package, []).append(path)
        return {package: tuple(sorted(paths)) for package, paths in grouped.items()}

    @property
    def has_system_packages(self) -> bool:
        """Whether the image has a package database at all: without one, that a file is owned by
        none means nothing."""
        return bool(self._system.files)

    @property
    def system_packages(self) -> tuple[Package, ...]:
        """The distribution's packages that have files here, sorted."""
        return tuple(sorted(set(self._system.files.values())))

    @cached_property
    def chosen_packages(self) -> tuple[Package, ...]:
        """System packages that were installed by name when the image was built, sorted: neither
        dependencies of others nor part of the image's lowest layer."""
        chosen = dpkg.chosen(self._tree)
        return tuple(package for package in self.system_packages if package.name in chosen)

    @property
    def distributions(self) -> tuple[Package, ...]:
        """The Python distributions, sorted."""
        return tuple(sorted(set(self._distributions.files.values())))

    def installed(self, ecosystem: Ecosystem) -> tuple[Package, ...]:
        """The packages of one ecosystem that have files here, sorted."""
        if ecosystem is Ecosystem.NPM:
            return tuple(sorted(package for package in map(self._npm_at, npm.folders(self._tree)) if package))
        if ecosystem is Ecosystem.JAR:
            return tuple(sorted(self._jars))
        if ecosystem is Ecosystem.RUNTIME:
            return tuple(sorted(runtime.package for runtime in self.runtimes))
        if ecosystem is Ecosystem.GEM:
            owners = (gems.owner(gem.specification, self._tree) for gem in self.gems)
            return tuple(sorted({package for package in owners if package is not None}))
        return tuple(sorted(package for package in self._by_package if package.ecosystem is ecosystem))

    def _npm_at(self, folder: ImagePath) -> Package | None:
        if folder not in self._npm:
            self._npm[folder] = npm.read(folder, self._tree)
        return self._npm[folder]

    def owner(self, path: ImagePath) -> Package | None:
        """The innermost package that `path` is a file of; None for folders and unowned files."""
        package_folder = npm.folder_of(path)
        if package_folder is not None:
            package = self._npm_at(package_folder)
            if package is not None:
                return package
        gem = gems.owner(path, self._tree)
        if gem is not None:
            return gem
        for candidate in _with_source(path):
            found = self._distributions.files.get(candidate) or self._system.files.get(candidate)
            if found is not None:
                return found
        for runtime in self.runtimes:
            if runtime.holds(path):
                return runtime.package
        return None

    def system_owner(self, path: ImagePath) -> Package | None:
        """The system package that `path` is a file of; byte code belongs to its source."""
        for candidate in _with_source(path):
            found = self._system.files.get(candidate)
            if found is not None:
                return found
        return None

    def is_package_folder(self, folder: ImagePath) -> bool:
        """Whether a system package lists `folder`: shared ground, whoever else puts files there."""
        return folder in self._system.folders

    def folders_only_of(self, packages: frozenset[Package]) -> tuple[ImagePath, ...]:
        """The folders that these system packages list and no other does, sorted."""
        return tuple(sorted(folder for folder, by in self._system.folders.items() if by <= packages))

    def files(self, package: Package) -> tuple[ImagePath, ...]:
        """Everything but folders that `package` brought and that is still there, sorted."""
        if package.ecosystem is Ecosystem.NPM:
            return npm.files(package, self._tree)
        if package.ecosystem is Ecosystem.JAR:
            return tuple(self._jars.get(package, ()))
        if package.ecosystem is Ecosystem.GEM:
            return tuple(gems.files(package, self._tree))
        if package.ecosystem is Ecosystem.RUNTIME:
            held = next((r for r in self.runtimes if r.package == package), None)
            return tuple(held.files(self._tree)) if held else ()
        return self._by_package.get(package, ())


def _with_source(path: ImagePath) -> Iterator[ImagePath]:
    """`path`, and for `__pycache__/module.tag.pyc` the source it was compiled from (PEP 3147):
    Debian compiles on installation, so that no list has the compiled file."""
    yield path
    if path.endswith(".pyc") and name(parent(path)) == "__pycache__":
        yield ImagePath(f"{parent(parent(path))}/{name(path).partition('.')[0]}.py")


def canonical(paths: Iterable[str], tree: Tree) -> Iterator[ImagePath]:
    """Names of a package database as paths of the tree: a database may name /lib/x where /lib is
    a link to usr/lib (Debian's merged /usr). A last symlink is not followed."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, _, last = path.rpartition("/")
        if folder not in folders:
            folders[folder] = tree.resolve(folder or "/").path.rstrip("/")
        yield ImagePath(f"{folders[folder]}/{last}") if last else ImagePath(folders[folder] or "/")
