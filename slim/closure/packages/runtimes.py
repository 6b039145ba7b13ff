"""Language runtimes, recognised by the files that each one must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.packages.package import Ecosystem, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, is_under, name, parent
from slim.oci.tree import Tree

_VERSIONED = re.compile(r"python3\.\d+t?$")
_SITE = ("/site-packages/", "/dist-packages/")


@dataclass(frozen=True)
class Runtime:
    """One runtime: `home` is what profiles call {runtime}, `patterns` say which files are its own."""

    language: str
    home: ImagePath
    package: Package
    marker: ImagePath
    """The file without which it does not run: kept means that the runtime is in use."""
    folders: tuple[ImagePath, ...]
    programs: re.Pattern[str]
    """Files directly in bin or lib folders beside it."""

    def holds(self, path: ImagePath) -> bool:
        """Whether `path` belongs to the runtime itself, not to what was installed into it."""
        if any(part in path for part in _SITE) or ("/node_modules/" in path and self.language != "node"):
            return False
        if any(is_under(path, folder) and path != folder for folder in self.folders):
            return True
        return self.programs.fullmatch(path) is not None

    def is_program(self, path: ImagePath) -> bool:
        """Whether `path` is an interpreter of it, in a folder for programs."""
        last = name(path)
        return (
            self.programs.fullmatch(path) is not None
            and name(parent(path)) == "bin"
            and (last in ("python", "python3", "node", "nodejs") or last == self.package.name)
        )

    def files(self, tree: Tree) -> Iterator[ImagePath]:
        """Everything but folders that belongs to it, sorted."""
        return (
            entry.path
            for entry in tree.entries()
            if entry.kind is not Kind.DIRECTORY and self.holds(entry.path)
        )


def find(tree: Tree) -> tuple[Runtime, ...]:
    """Every runtime in the image, by home folder."""
    found: dict[ImagePath, Runtime] = {}
    for entry in tree.entries():
        if entry.kind is not Kind.FILE:
            continue
        runtime = _recognise(entry.path, tree)
        if runtime is not None:
            found[runtime.home] = runtime
    return tuple(found[home] for home in sorted(found))


def _recognise(path: ImagePath, tree: Tree) -> Runtime | None:
    last = name(path)
    if last == "os.py":
        return _python(parent(path))
    if last == "node":
        return _node(path)
    if last == "release":
        return _java(parent(path), tree)
    return None


def _python(home: ImagePath) -> Runtime | None:
    version = name(home)
    library = parent(home)
    if not _VERSIONED.match(version) or name(library) not in ("lib", "lib64"):
        return None
    prefix = parent(library).rstrip("/")
    number = re.escape(version.removeprefix("python"))
    own = (
        rf"{re.escape(prefix)}/(bin/(python|python3|python{number}|python3?-config|python{number}-config"
        rf"|pydoc3?({number})?|idle3?({number})?|2to3(-{number})?)|lib\d*/libpython3[^/]*"
        rf"|lib\d*/pkgconfig/python[^/]*|share/man/man1/python[^/]*)"
    )
    package = Package(Ecosystem.RUNTIME, version, version.removeprefix("python"), folder=home)
    return Runtime(
        "python",
        home,
        package,
        ImagePath(f"{home}/os.py"),
        (home, ImagePath(f"{prefix}/include/{version}")),
        re.compile(own),
    )


def _node(program: ImagePath) -> Runtime | None:
    if name(parent(program)) != "bin":
        return None
    prefix = ImagePath(parent(parent(program)).rstrip("/") or "/")
    include = ImagePath(f"{prefix}/include/node")
    package = Package(Ecosystem.RUNTIME, "node", folder=prefix)
    own = rf"{re.escape(prefix)}/(bin/(node|nodejs)|share/man/man1/node\.1)"
    folders = (include, ImagePath(f"{prefix}/share/doc/node"), ImagePath(f"{prefix}/share/systemtap"))
    return Runtime("node", prefix, package, program, folders, re.compile(own))


def _java(home: ImagePath, tree: Tree) -> Runtime | None:
    marker = next((p for p in (f"{home}/lib/modules", f"{home}/jre/lib/rt.jar") if p in tree), None)
    if marker is None:
        return None
    package = Package(Ecosystem.RUNTIME, name(home), folder=home)
    return Runtime("java", home, package, ImagePath(marker), (home,), re.compile("(?!)"))
