"""What goes with code of an npm package: its data files, its native parts; all of its code where a module of
it loads others by names that nothing tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from slim.closure.node import DEPENDENCY, PACKAGE
from slim.closure.node.build_trace import listed_packages
from slim.closure.node.kinds import is_developers_of, is_prose
from slim.closure.node.resolve import CODE, Resolver
from slim.closure.packages import npm
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ImagePath, image_path, name, parent, printable

_SCRIPT = re.compile(rb"""<script\b[^>]{0,200}?\ssrc\s*=\s*["']?([^"'>\s:]{1,200})""", re.IGNORECASE)


class PackageNeeds:
    """The needs of npm packages; one instance serves one plan. `node`: the program that runs them, where it
    is known; `whole`: of packages that are touched, every file."""

    def __init__(self, resolver: Resolver, node: ImagePath | None, context: Context, *, whole: bool) -> None:
        self._resolver = resolver
        self._node = node
        self._context = context
        self._whole = whole
        self._touched: set[str] = set()
        self._unbounded: set[str] = set()

    def run_by(self, node: ImagePath) -> None:
        """Take notice of a program that runs them; the first counts."""
        self._node = self._node or node

    @cached_property
    def _listed(self) -> frozenset[str]:
        return listed_packages(self._context)

    def touch(self, folder: ImagePath, path: ImagePath) -> Iterator[Need]:
        """The package's own files beside its code: once for each package."""
        if folder in self._touched:
            return
        self._touched.add(folder)
        whole, listed = self._whole, folder in self._listed
        why = f"npm package {printable(folder.rpartition('/node_modules/')[2] or name(folder))} is used"
        for other in npm.folder_files(folder, self._context.tree):
            if name(other) == "package.json" and parent(other) == folder:
                yield Need(other, PACKAGE, why, path)
            elif whole or not (
                listed or other.endswith(CODE) or is_prose(other, folder) or self._is_foreign(other)
            ):
                yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)
                if other.endswith((".html", ".htm")):
                    yield from self._page(other, folder)
        if not listed:
            yield from self._native_parts(folder, path)

    def _native_parts(self, folder: ImagePath, path: ImagePath) -> Iterator[Need]:
        """Of the packages that one may do without, those that are installed for one system and processor:
        npm's way to bring programs and addons, which are looked for by names made at run time."""
        for wanted in npm.dependencies(ImagePath(f"{folder}/package.json"), self._context.tree):
            for place in self._resolver.packages(wanted, folder):
                if {"os", "cpu"} & set(self._resolver.manifest(place) or {}):
                    why = f"{printable(wanted)} is the native part of what {printable(path)} belongs to"
                    reached = self._context.reached(place)
                    if reached is None:
                        continue
                    for other in npm.folder_files(reached, self._context.tree):
                        if not is_prose(other, reached) and not self._is_foreign(other):
                            yield Need(f"{place}{other[len(reached) :]}", PACKAGE, why, path)

    def _page(self, page: ImagePath, folder: ImagePath) -> Iterator[Need]:
        """The scripts that a page of a package names beside it, which a browser asks for."""
        text = self._context.tree.read(page, 1 << 20)
        for match in _SCRIPT.finditer(text):
            target = image_path(f"{parent(page)}/{match[1].decode('utf-8', 'replace').partition('?')[0]}")
            reached = self._context.reached(target) if "\0" not in target else None
            if reached is not None and reached.startswith(folder + "/"):
                why = f"{printable(page)} names this script"
                yield Need(target, PACKAGE, why, page, part_of=Part.LANGUAGE)

    def _is_foreign(self, path: ImagePath) -> bool:
        """A native addon, or what is loaded with one, for another system, processor or C library."""
        if not path.endswith((".node", ".dll", ".dylib", ".exe", ".so", ".pdb", ".lib")):
            return False
        facts = self._context.elf(path)
        if facts is None or self._node is None:
            return facts is None
        own = self._context.elf(self._node)
        if own is None:
            return False
        is_musl = "musl" in own.interpreter
        needed = " ".join(facts.needed)
        return (
            not facts.is_loadable_by(own)
            or (is_musl and "libc.so.6" in needed)
            or (not is_musl and "musl" in needed)
        )

    def keep_code(self, folder: ImagePath, path: ImagePath, line: int) -> Iterator[Need]:
        """A package that loads modules by names made at run time: its own, and those that it depends on."""
        if folder in self._unbounded or folder in self._listed:
            return
        self._unbounded.add(folder)
        why = f"{printable(path)}, line {line}, loads a module by a name made at run time"
        for other in npm.folder_files(folder, self._context.tree):
            if other.endswith(CODE) and not is_developers_of(other, folder):
                yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)
        for wanted in npm.dependencies(ImagePath(f"{folder}/package.json"), self._context.tree):
            for raw in self._resolver.entries(wanted, folder):
                yield Need(raw, DEPENDENCY, why, path, part_of=Part.DEFERRED)
