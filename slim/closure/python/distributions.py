"""Distributions of which code is kept: their metadata and data, what they require, entry points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from slim.closure.packages import pydist
from slim.closure.packages.package import Package
from slim.closure.packages.used import is_metadata
from slim.closure.python.interpreters import Interpreters, is_installed
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, is_under, name, parent

_METADATA = ("/METADATA", "/PKG-INFO", "/requires.txt")
_EXTENSION = re.compile(r"\.(cpython-|pypy|abi3)[^/]*\.so$")
_CODE = (".py", ".pyc", ".pyi")
_LIMIT = 1 << 20
_ENTRY = re.compile(r"^[^=#\[]+=\s*([\w.]+)")
NO_GROUPS = frozenset({"console_scripts", "gui_scripts"})


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A line of an entry_points.txt."""

    module: str
    file: ImagePath


class Distributions:
    """The distributions of one image; one instance serves one plan."""

    def __init__(self, context: Context, interpreters: Interpreters) -> None:
        self._context = context
        self._interpreters = interpreters

    @cached_property
    def _by_name(self) -> dict[str, list[Package]]:
        found: dict[str, list[Package]] = {}
        for package in self._context.owners.distributions:
            found.setdefault(pydist.normal(package.name), []).append(package)
        return found

    @cached_property
    def entry_points(self) -> dict[str, tuple[EntryPoint, ...]]:
        """Group → its entry points, in every distribution of the sites in use."""
        tree = self._context.tree
        found: dict[str, list[EntryPoint]] = {}
        for site in self._interpreters.sites:
            for folder in tree.children(site):
                path = ImagePath(f"{folder}/entry_points.txt")
                entry = tree.get(path) if folder.endswith((".dist-info", ".egg-info")) else None
                if entry is None or entry.kind is not Kind.FILE:
                    continue
                group = ""
                for line in tree.read(path, _LIMIT).decode("utf-8", "replace").splitlines():
                    if line.startswith("["):
                        group = line.strip("[] \t")
                    elif (match := _ENTRY.match(line)) and group not in NO_GROUPS:
                        found.setdefault(group, []).append(EntryPoint(match[1], path))
        return {group: tuple(points) for group, points in found.items()}

    def metadata(self, package: Package) -> Iterator[ImagePath]:
        """The files that describe a distribution."""
        return filter(is_metadata, self._context.owners.files(package))

    def data(self, package: Package) -> Iterator[ImagePath]:
        """What a distribution holds beside modules: data, shared libraries, compiled programs, and extension
        modules outside its packages, which mypyc gives names that only compiled code knows."""
        site = package.folder or ImagePath("/")
        for path in self._context.owners.files(package):
            if is_metadata(path) or self._is_command(path):
                continue
            outside = path.endswith(".so") and parent(path) == site
            loose = path.endswith(".py") and is_under(path, site) and self._is_loose(path, site)
            if outside or loose or not is_module(path):
                yield path

    def commands(self, package: Package) -> Iterator[ImagePath]:
        """A distribution's commands that are written in Python."""
        return filter(self._is_command, self._context.owners.files(package))

    def _is_command(self, path: ImagePath) -> bool:
        """Whether a file is what an installer makes of a `console_scripts` or `scripts`."""
        head = self._context.head(path) if name(parent(path)) == "bin" else b""
        return head.startswith(b"#!") and b"python" in head and not path.endswith(_CODE)

    def data_beside(self, path: ImagePath) -> Iterator[ImagePath]:
        """Data of the top-level package around a module that no metadata tells about."""
        tree, owners = self._context.tree, self._context.owners
        top = top_folder(path)
        if top is None:
            return
        by = owners.system_owner(path)
        for other in tree.under(top):
            if tree[other].kind is Kind.DIRECTORY or is_module(other):
                continue
            if owners.system_owner(other) == by:
                yield other

    def _is_loose(self, path: ImagePath, site: ImagePath) -> bool:
        """Whether a source below a package lies in a folder that is none: a template, a script."""
        folder = parent(path)
        folders = self._interpreters.folders
        if folder == site or "__init__" in folders[folder]:
            return False
        while folder != site and folder != "/":
            folder = parent(folder)
            if "__init__" in folders[folder]:
                return True
        return False

    def required(self, package: Package) -> Iterator[tuple[Package, ImagePath]]:
        """The installed distributions that one requires, of several those beside it; with the file that
        says so."""
        for path in self._context.owners.files(package):
            if not path.endswith(_METADATA) or not parent(path).endswith((".dist-info", ".egg-info")):
                continue
            if self._context.tree[path].kind is not Kind.FILE:
                continue
            for required in pydist.requirements(path, self._context.tree):
                known = self._by_name.get(required, [])
                beside = [other for other in known if other.folder == package.folder]
                for other in beside or known:
                    yield other, path

    def top_modules(self, package: Package) -> tuple[str, ...]:
        """The names by which a distribution is imported, sorted."""
        site = f"{package.folder}/"
        tops = {
            path[len(site) :].partition("/")[0].partition(".")[0]
            for path in self._context.owners.files(package)
            if path.startswith(site) and path.endswith((".py", ".so")) and not is_metadata(path)
        }
        return tuple(sorted(top for top in tops if top.isidentifier()))


def is_module(path: str) -> bool:
    """Whether a file is code that is found by importing it."""
    return path.endswith(_CODE) or _EXTENSION.search(path) is not None


def top_folder(path: ImagePath) -> ImagePath | None:
    """The folder directly in a site that `path` is in."""
    if not is_installed(path):
        return None
    folder = parent(path)
    while name(parent(folder)) not in ("site-packages", "dist-packages"):
        folder = parent(folder)
        if folder == "/":
            return None
    return folder
