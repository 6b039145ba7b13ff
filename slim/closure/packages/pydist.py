"""Python distributions: `.dist-info` (PEP 376, PEP 627) and `.egg-info` folders and files.

A RECORD, or an installed-files.txt, is believed. Debian's packages have neither: then the
top-level modules beside the metadata are the distribution's, as far as the same system package
brought both.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator

from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, image_path, name, parent
from slim.oci.tree import Tree

_SITES = ("site-packages", "dist-packages")
_LIMIT = 1 << 24

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = re.compile(r"\bextra\s*==")

_ELSEWHERE = re.compile(
    r"\b(platform_system|sys_platform|os_name)\s*==\s*[\"'](Windows|win32|cygwin|nt|Darwin|darwin|java)[\"']"
)

SystemOwner = Callable[[ImagePath], Package | None]


def read(tree: Tree, system_owner: SystemOwner) -> Iterator[tuple[Package, list[ImagePath]] | Fault]:
    """Every distribution with the files it holds, its metadata among them; and lists that cannot be
    read. A list that names files of a system package that did not bring the list itself is not
    believed about them."""
    for metadata in _metadata(tree):
        package = _package(metadata)
        own = list(tree.under(metadata)) or [metadata]
        brought_by = system_owner(own[0])
        try:
            recorded = _recorded(metadata, tree)
        except csv.Error as error:
            yield Fault(ImagePath(f"{metadata}/RECORD"), f"no list of a distribution's files: {error}")
            recorded = []
        believed = [path for path in recorded if system_owner(path) in (None, brought_by)]
        if not believed:
            believed = list(_beside(metadata, package, tree, system_owner))
        yield package, own + believed


def _metadata(tree: Tree) -> Iterator[ImagePath]:
    """Each `*.dist-info` folder, `*.egg-info` folder or file."""
    for entry in tree.entries():
        if entry.path.endswith((".dist-info", ".egg-info")) and entry.kind in (Kind.DIRECTORY, Kind.FILE):
            yield entry.path


def _package(metadata: ImagePath) -> Package:
    """Name and version from the folder's name: `NAME-VERSION[-pyX.Y].dist-info`."""
    stem = name(metadata).rpartition(".")[0]
    project, _, version = stem.partition("-")
    return Package(Ecosystem.PYTHON, project, version.partition("-py")[0], folder=parent(metadata))


def _recorded(metadata: ImagePath, tree: Tree) -> list[ImagePath]:
    site = parent(metadata)
    record = tree.get(ImagePath(f"{metadata}/RECORD"))
    if record is not None and record.kind is Kind.FILE:
        rows = csv.reader(_lines(record.path, tree))
        return [
            image_path(row[0] if row[0].startswith("/") else f"{site}/{row[0]}")
            for row in rows
            if row and row[0]
        ]
    installed = tree.get(ImagePath(f"{metadata}/installed-files.txt"))
    if installed is not None and installed.kind is Kind.FILE:
        return [image_path(f"{metadata}/{line}") for line in _lines(installed.path, tree) if line]
    return []


def _lines(path: ImagePath, tree: Tree) -> list[str]:
    return tree.read(path, _LIMIT).decode("utf-8", "surrogateescape").splitlines()


def _beside(
    metadata: ImagePath, package: Package, tree: Tree, system_owner: SystemOwner
) -> Iterator[ImagePath]:
    """The top-level modules of a distribution without a list of files."""
    site = parent(metadata)
    if name(site) not in _SITES:
        return
    listed = tree.get(ImagePath(f"{metadata}/top_level.txt"))
    if listed is not None and listed.kind is Kind.FILE:
        names = [line.strip() for line in _lines(listed.path, tree) if line.strip()]
    else:
        names = [package.name, package.name.lower()]
    evidence = next(iter(tree.under(metadata)), metadata)
    brought_by = system_owner(evidence)
    extensions = [path for path in tree.children(site) if path.endswith(".so")]
    for module in dict.fromkeys(names):
        base = f"{site}/{module}"
        candidates = [ImagePath(f"{base}.py"), *tree.under(ImagePath(base))]
        candidates += [p for p in extensions if p.startswith(base + ".")]
        for path in candidates:
            if path in tree and system_owner(path) == brought_by:
                yield path


def normal(project: str) -> str:
    """A distribution's name for comparison; PEP 503."""
    return re.sub(r"[-_.]+", "-", project).lower()


def requirements(metadata: ImagePath, tree: Tree) -> tuple[str, ...]:
    """Normalised names that a METADATA, PKG-INFO or requires.txt requires without any extra, sorted;
    markers of other systems than Linux do not hold, all others are taken to (core metadata:
    Requires-Dist; PEP 508)."""
    lines = _lines(metadata, tree)
    if name(metadata) == "requires.txt":
        wanted = list(_outside_extras(lines))
    else:
        wanted = []
        for line in lines:
            if not line:
                break  # the description follows
            if line.lower().startswith("requires-dist:"):
                wanted.append(line.partition(":")[2])
    found = (_REQUIREMENT.match(line) for line in wanted if _may_hold(line))
    return tuple(sorted({normal(match[1]) for match in found if match}))


def _may_hold(marker: str) -> bool:
    return not _EXTRA.search(marker) and (" or " in marker or not _ELSEWHERE.search(marker))


def _outside_extras(lines: list[str]) -> Iterator[str]:
    """The lines of a requires.txt before its sections and in those that are a marker alone: `[:…]`."""
    wanted = True
    for line in lines:
        if line.startswith("["):
            wanted = line.startswith("[:") and _may_hold(line)
        elif wanted:
            yield line
