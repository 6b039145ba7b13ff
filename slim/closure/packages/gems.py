"""Ruby gems: a folder of gems has `specifications/NAME-VERSION.gemspec`, `gems/NAME-VERSION/` with the
files and `extensions/PLATFORM/ABI/NAME-VERSION/` with compiled parts (RubyGems' Gem::BasicSpecification).

Debian keeps specifications of gems in /usr/share/rubygems-integration while their code is in
vendor_ruby; Bundler unpacks gems from version control into `bundler/gems/NAME-REVISION/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.packages.package import Ecosystem, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, join, name, parent
from slim.oci.tree import Tree

_FILE = re.compile(
    r"(?P<root>.*)/(?:gems|extensions/[^/]+/[^/]+|specifications(?:/default)?)/(?P<gem>[^/]+)(?P<rest>/.+)?"
)
_FOLDERS = ("/gems/", "/extensions/", "/specifications/")
_CHECKOUT = re.compile(r"(?P<folder>.*/bundler/gems/(?P<gem>[^/]+)-[0-9a-f]{7,40})/.+")
_VERSIONED = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-.*)?")
_STUB = re.compile(rb"^# stub: (\S+) (\S+) (\S+) (.+)$", re.MULTILINE)
_PATHS = re.compile(rb"require_paths\s*=\s*\[([^\]]*)\]")
_QUOTED = re.compile(rb"[\"']([^\"']+)[\"']")
_DEPENDENCY = re.compile(rb"add_(?:runtime_)?dependency\s*\(?\s*(?:%q<([^>]+)>|[\"']([^\"']+)[\"'])")
_VERSION_PART = re.compile(r"\d+|[a-z]+")
_LIMIT = 1 << 20


@dataclass(frozen=True)
class Gem:
    """One installed gem, by its specification."""

    name: str
    version: str
    specification: ImagePath
    folder: ImagePath
    """Where its files are; it need not exist: Debian's gems, default gems."""
    lib_folders: tuple[ImagePath, ...]
    """What activating it puts into $LOAD_PATH: its require_paths, its extensions."""
    extensions: tuple[ImagePath, ...] = ()
    """Folders of compiled parts."""
    depends: tuple[str, ...] = ()
    """Names of the gems that it needs at run time, sorted."""

    @property
    def order(self) -> tuple[tuple[int, int, str], ...]:
        """Sorts versions as RubyGems does: numbers by value, letters (a prerelease) below them."""
        parts = _VERSION_PART.findall(self.version)
        return (*((2, int(part), "") if part.isdigit() else (0, 0, part) for part in parts), (1, 0, ""))


def find(tree: Tree) -> tuple[Gem, ...]:
    """Every gem with a specification, sorted by the specification's path."""
    return tuple(
        _read(entry.path, tree)
        for entry in tree.entries()
        if entry.kind is Kind.FILE
        and entry.path.endswith(".gemspec")
        and (_is_listed(entry.path) or _CHECKOUT.fullmatch(entry.path))
    )


def _is_listed(path: ImagePath) -> bool:
    folder = parent(path)
    return name(folder) == "specifications" or (
        name(folder) == "default" and name(parent(folder)) == "specifications"
    )


def _read(specification: ImagePath, tree: Tree) -> Gem:
    raw = tree.read(specification, _LIMIT)
    full = name(specification).removesuffix(".gemspec")
    stub = _STUB.search(raw)
    match = _VERSIONED.fullmatch(full)
    called, version = (match["name"], match["version"]) if match else (full, "")
    paths = ["lib"]
    if stub:
        called, version = (part.decode("utf-8", "replace") for part in stub.groups()[:2])
        paths = [part.decode("utf-8", "surrogateescape") for part in stub[4].split(b"\0") if part]
    elif found := _PATHS.search(raw):
        paths = [part.decode("utf-8", "surrogateescape") for part in _QUOTED.findall(found[1])] or paths
    if _is_listed(specification):
        root = parent(parent(specification))
        root = parent(root) if name(root) == "specifications" else root
        folder = join(root, "gems", full)
        extensions = tuple(tree.glob(f"{_literal(root)}/extensions/*/*/{_literal(full)}"))
    else:
        folder, extensions = parent(specification), ()
    depends = {(one or other).decode("utf-8", "replace") for one, other in _DEPENDENCY.findall(raw)}
    return Gem(
        called,
        version,
        specification,
        folder,
        (*extensions, *(join(folder, *path.split("/")) for path in paths if not path.startswith("/"))),
        extensions,
        tuple(sorted(depends)),
    )


def _literal(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


def owner(path: ImagePath, tree: Tree) -> Package | None:
    """The gem that `path` is a file of, by where it lies; None for what no specification stands for."""
    if not any(folder in path for folder in _FOLDERS):
        return None
    checkout = _CHECKOUT.fullmatch(path)
    if checkout:
        return Package(Ecosystem.GEM, checkout["gem"], folder=ImagePath(checkout["folder"]))
    match = _FILE.fullmatch(path)
    while match:
        full = match["gem"] if match["rest"] else match["gem"].removesuffix(".gemspec")
        root = match["root"]
        for place in ("specifications", "specifications/default"):
            if ImagePath(f"{root}/{place}/{full}.gemspec") in tree:
                named = _VERSIONED.fullmatch(full)
                called, version = (named["name"], named["version"]) if named else (full, "")
                return Package(Ecosystem.GEM, called, version, folder=ImagePath(f"{root}/gems/{full}"))
        match = _FILE.fullmatch(root)  # a gem may hold a folder called `gems`
    return None


def files(package: Package, tree: Tree) -> Iterator[ImagePath]:
    """Everything but folders that belongs to a gem: its folder, extensions, specification; sorted."""
    if package.folder is None:
        return
    root, full = parent(parent(package.folder)), name(package.folder)
    places = [package.folder, *tree.glob(f"{_literal(root)}/extensions/*/*/{_literal(full)}")]
    found = {path for place in places for path in tree.under(place) if tree[path].kind is not Kind.DIRECTORY}
    for place in ("specifications", "specifications/default"):
        specification = ImagePath(f"{root}/{place}/{full}.gemspec")
        if specification in tree:
            found.add(specification)
    yield from sorted(found)
