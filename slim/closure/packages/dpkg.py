"""Debian's package database: dpkg(1), deb-control(5), and the status.d of distroless images."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, printable
from slim.oci.tree import Tree

_FIELDS = {
    b"Package",
    b"Version",
    b"Source",
    b"Architecture",
    b"Depends",
    b"Pre-Depends",
    b"Status",
    b"Essential",
}
_DEPENDENCY = re.compile(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)")

STATUS = ImagePath("/var/lib/dpkg/status")
INFO = "/var/lib/dpkg/info"
STATUS_FOLDER = ImagePath("/var/lib/dpkg/status.d")
DIVERSIONS = ImagePath("/var/lib/dpkg/diversions")

EXTENDED_STATES = ImagePath("/var/lib/apt/extended_states")

LIMIT = 1 << 26


def read(tree: Tree) -> Iterator[tuple[Package, list[str]] | Fault]:
    """Every installed package with the absolute names it lists, folders among them; and what of the
    database names no package or no files."""
    diverted = _diversions(tree)
    unlisted = []
    for found in _packages(tree, STATUS):
        if isinstance(found, Fault):
            yield found
            continue
        package, architecture = found
        for stem in (package.name, f"{package.name}:{architecture}"):
            listed = ImagePath(f"{INFO}/{stem}.list")
            if _is_file(tree, listed):
                names = _text(tree, listed).splitlines()
                moved = (diverted.get((path, package.name), path) for path in names)
                yield package, [path for path in moved if path.startswith("/") and path != "/."]
                break
        else:
            unlisted.append(package.name)
    if unlisted:
        some = ", ".join(map(printable, sorted(unlisted)[:5])) + (", …" if len(unlisted) > 5 else "")
        yield Fault(STATUS, f"installed packages without a list of their files: {len(unlisted)} ({some})")
    yield from _of_folder(tree)


def _of_folder(tree: Tree) -> Iterator[tuple[Package, list[str]] | Fault]:
    """The packages of a distroless image: a status and a list of sums each."""
    for path in tree.children(STATUS_FOLDER):
        if name(path).endswith(".md5sums"):
            continue
        sums = ImagePath(path + ".md5sums")
        for found in _packages(tree, path):
            if isinstance(found, Fault):
                yield found
                continue
            lines = _text(tree, sums).splitlines() if _is_file(tree, sums) else []
            names = ["/" + line.split("  ", 1)[1].lstrip("/") for line in lines if "  " in line]
            yield found[0], names


def chosen(tree: Tree) -> frozenset[str]:
    """Names of packages that were installed for their own sake, above the image's lowest layer:
    those that apt does not note as automatic (apt-mark(8)). Empty where apt keeps no such notes."""
    if not _is_file(tree, EXTENDED_STATES):
        return frozenset()
    automatic = {
        line.removeprefix("Package: ")
        for paragraph in _text(tree, EXTENDED_STATES).split("\n\n")
        if "Auto-Installed: 1" in paragraph
        for line in paragraph.splitlines()
        if line.startswith("Package: ")
    }
    lists = (path for path in tree.children(ImagePath(INFO)) if path.endswith(".list") and tree[path].layer)
    return frozenset(name(path).removesuffix(".list").partition(":")[0] for path in lists) - automatic


def _is_file(tree: Tree, path: ImagePath) -> bool:
    entry = tree.get(path)
    return entry is not None and entry.kind is Kind.FILE


def _text(tree: Tree, path: ImagePath) -> str:
    return tree.read(path, LIMIT).decode("utf-8", "surrogateescape")


def _packages(tree: Tree, path: ImagePath) -> Iterator[tuple[Package, str] | Fault]:
    """The installed packages of a status file, with their architectures."""
    if not _is_file(tree, path):
        return
    damaged = 0
    for paragraph in tree.read(path, LIMIT).split(b"\n\n"):
        fields: dict[bytes, str] = {}
        for line in paragraph.split(b"\n"):
            key, colon, value = line.partition(b":")
            if colon and key in _FIELDS:
                fields[key] = value.strip().decode("utf-8", "replace")
        if b"Package" not in fields:
            damaged += bool(paragraph.strip())
            continue
        if "not-installed" in fields.get(b"Status", ""):
            continue
        depends = f"{fields.get(b'Pre-Depends', '')},{fields.get(b'Depends', '')}"
        yield (
            Package(
                Ecosystem.DPKG,
                fields[b"Package"],
                fields.get(b"Version", ""),
                source=fields.get(b"Source", fields[b"Package"]).partition(" ")[0],
                depends=tuple(sorted({match[1] for match in _DEPENDENCY.finditer(depends)})),
                essential=fields.get(b"Essential", "") == "yes",
            ),
            fields.get(b"Architecture", ""),
        )
    if damaged:
        yield Fault(path, f"paragraphs that name no package: {damaged}")


def _diversions(tree: Tree) -> dict[tuple[str, str], str]:
    """(name, package) → where the package's file really is; dpkg-divert(1).

    The file has three lines a diversion: the name, the new name, the package whose own file
    keeps the name (`:` for the administrator's)."""
    if not _is_file(tree, DIVERSIONS):
        return {}
    lines = _text(tree, DIVERSIONS).splitlines()
    return _Diverted({lines[i]: (lines[i + 1], lines[i + 2]) for i in range(0, len(lines) - 2, 3)})


class _Diverted(dict[tuple[str, str], str]):
    """Answers for every package but the one that diverted."""

    def __init__(self, rules: dict[str, tuple[str, str]]) -> None:
        super().__init__()
        self._rules = rules

    def get(self, key: tuple[str, str], default: str) -> str:  # type: ignore[override]
        moved_to, diverter = self._rules.get(key[0], (default, key[1]))
        return default if diverter == key[1] else moved_to
