"""What a Python source, or a distribution, may import: modules of the image's Python and its sites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from slim.closure.packages import pydist
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.runtimes import Runtime
from slim.closure.python.imports import MAX_SOURCE_BYTES, Import, read_imports, scan_imports
from slim.closure.python.modules import Module, find_module, module_files, sites, standard_module
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent, printable

RULE = "import"

_PARTS = (".py", ".so", ".txt", ".pickle")
"""What a package of the standard library consists of; lib2to3 reads its grammars."""

_FALLBACKS = frozenset({"pkg_resources", "setuptools"})
"""Imported by many packages only where the standard library has no importlib.metadata; one that
needs them requires them."""

_TESTS = re.compile(r"/(tests?|testing|conftest\.py)(/|$)")

_METADATA = ("/METADATA", "/PKG-INFO", "/requires.txt")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A package that is to be kept whole, and why."""

    package: Package
    detail: str
    source: ImagePath


class PythonDependencies:
    """Imports of kept sources; one instance serves one plan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._scanned: set[tuple[ImagePath, ImagePath]] = set()

    @cached_property
    def _sites(self) -> tuple[ImagePath, ...]:
        """The folders with packages that a process of the traced run looked at; all where none was:
        an unused virtual environment stays out."""
        context = self._context
        known = sites(context.tree, (package.folder for package in context.owners.distributions))
        return tuple(site for site in known if site in context.observed.touched) or known

    @cached_property
    def _by_name(self) -> dict[str, list[Package]]:
        found: dict[str, list[Package]] = {}
        for package in self._context.owners.distributions:
            found.setdefault(pydist.normal(package.name), []).append(package)
        return found

    def of_source(self, path: ImagePath, runtime: Runtime) -> Iterator[Need | Wanted]:
        """What the application's file `path` imports, wherever in it."""
        text = _text(path, self._context)
        for each in read_imports(text):
            yield from self._standard(each, path, runtime)
            for dotted in _dotted(each):
                for site in self._sites:
                    yield from self._installed(site, dotted, path)

    def of_distribution(self, package: Package) -> Iterator[Wanted]:
        """The installed distributions that a kept one requires; of several those beside it."""
        for path in self._context.owners.files(package):
            if not path.endswith(_METADATA) or not parent(path).endswith((".dist-info", ".egg-info")):
                continue
            if self._context.tree[path].kind is not Kind.FILE:
                continue
            for required in pydist.requirements(path, self._context.tree):
                known = self._by_name.get(required, [])
                beside = [other for other in known if other.folder == package.folder]
                for other in beside or known:
                    yield Wanted(other, f"{printable(package.name)} requires it", path)

    def of_modules(self, package: Package) -> Iterator[Need | Wanted]:
        """What the modules of a kept distribution import when they are loaded.

        Distributors' metadata may leave requirements out (Debian's requests names no urllib3).
        Imports inside functions are left to the metadata, and so are those of its tests.
        """
        seen: set[str] = set()
        for path in self._context.owners.files(package):
            if not path.endswith(".py") or _TESTS.search(path):
                continue
            if self._context.tree[path].kind is not Kind.FILE:
                continue
            for each in scan_imports(_text(path, self._context)):
                top = each.module.partition(".")[0]
                if each.deferred or not top or top in seen or top in _FALLBACKS:
                    continue
                seen.add(top)
                for site in self._sites:
                    yield from self._installed(site, top, path)

    def _installed(self, site: ImagePath, dotted: str, source: ImagePath) -> Iterator[Need | Wanted]:
        """The package that `dotted` is a module of, and its modules on the way, which no profile
        may drop."""
        context = self._context
        module = find_module(site, dotted, context.tree)
        if module is None:
            return
        why = f"{printable(source)} imports {dotted}"
        for count in range(1, module.name.count(".") + 2):
            prefix = ".".join(module.name.split(".")[:count])
            step = find_module(site, prefix, context.tree)
            if step is not None and step.file != step.package:
                yield Need(step.file, RULE, why, source)
        for path in self._evidence(module):
            package = context.owners.owner(path)
            if package is not None and package.ecosystem is Ecosystem.PYTHON:
                yield Wanted(package, why, source)
            elif package is None or package.ecosystem is not Ecosystem.NPM:
                yield from self._loose(site, module, package, why, source)

    def _evidence(self, module: Module) -> tuple[ImagePath, ...]:
        """One file of every package that has a part in a module: of a namespace there may be many."""
        if module.file != module.package:
            return (module.file,)
        first: dict[Package | None, ImagePath] = {}
        for path in module_files(module, self._context.tree):
            first.setdefault(self._context.owners.owner(path), path)
        return tuple(first.values())

    def _loose(
        self, site: ImagePath, module: Module, package: Package | None, why: str, source: ImagePath
    ) -> Iterator[Need]:
        """The top-level module of a package that has no metadata for Python."""
        tree, owners = self._context.tree, self._context.owners
        top = find_module(site, module.name.partition(".")[0], tree)
        for path in module_files(top, tree) if top else ():
            if owners.system_owner(path) == package:
                yield Need(path, RULE, why, source, part_of=Part.LANGUAGE)

    def _standard(self, first: Import, source: ImagePath, runtime: Runtime) -> Iterator[Need]:
        """Modules of the standard library, and what they import in turn.

        Of a module that the application imports all imports count, of those behind it the ones that
        happen when they are loaded: developers' tools hang from the others. A package that is imported by
        itself is kept with all its modules, since it may choose among them (dbm)."""
        tree = self._context.tree
        todo = [(dotted, source, True) for dotted in _dotted(first)]
        while todo:
            dotted, by, direct = todo.pop()
            for file in _standard_files(dotted, runtime, self._context):
                yield Need(file, RULE, f"{printable(by)} imports {dotted}", by)
                if not file.endswith(".py") or (runtime.home, file) in self._scanned:
                    continue
                self._scanned.add((runtime.home, file))
                if tree[file].kind is not Kind.FILE:
                    continue
                for each in scan_imports(_text(file, self._context)):
                    if direct or not each.deferred:
                        todo += [(inner, file, False) for inner in _dotted(each)]


def _dotted(each: Import) -> tuple[str, ...]:
    """The names that may be modules: `from a import b` may mean the module a.b."""
    return (each.module, *(f"{each.module}.{inner}" for inner in each.names))


def _standard_files(dotted: str, runtime: Runtime, context: Context) -> Iterator[ImagePath]:
    """A module of the standard library, with the packages around it."""
    tree = context.tree
    module = standard_module(runtime, dotted, tree)
    if module is None or module.file == module.package:
        return
    parts = module.name.split(".")
    for count in range(1, len(parts)):
        around = standard_module(runtime, ".".join(parts[:count]), tree)
        if around is not None and around.file != around.package:
            yield around.file
    if module.name != dotted:
        yield module.file  # the rest is an attribute
    else:
        yield from (path for path in module_files(module, tree) if path.endswith(_PARTS))


def is_source(path: ImagePath, head: bytes) -> bool:
    """Whether a file of the application is Python: by its name, or by its first line. A setup.py is
    for building."""
    last = name(path)
    first = head.partition(b"\n")[0]
    return (last.endswith((".py", ".pyw")) and last != "setup.py") or (
        first.startswith(b"#!") and b"python" in first
    )


def _text(path: ImagePath, context: Context) -> str:
    return context.tree.read(path, MAX_SOURCE_BYTES).decode("utf-8", "replace").lstrip("\ufeff")
