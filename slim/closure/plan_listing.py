"""The listing of an image beside its plan: kinds, sizes, link targets and packages, without contents.

In JSON: `packages`, a list of [ecosystem, name, version]; `folders`, an object from each folder that holds
something to an object from each name in it to a list, of which what is missing at its end is nothing:

    [kind, size, package, target, first]

`kind` is a letter: f a file, x a file that somebody may execute, d a folder, l a symlink, c and b device
nodes, p a FIFO. `size` is in bytes. `package` is the place in `packages`, counted from 0, or -1 for none.
`target` is a symlink's text. `first` is the first path, in sorted order, of a set of hard links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring_ascii as quoted

import msgspec

from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, parent
from slim.oci.tree import Tree
from slim.plan import Owner

_LETTERS = {
    Kind.FILE: "f",
    Kind.DIRECTORY: "d",
    Kind.SYMLINK: "l",
    Kind.CHARACTER_DEVICE: "c",
    Kind.BLOCK_DEVICE: "b",
    Kind.FIFO: "p",
}
_PROGRAM = "x"
_KINDS = {letter: kind for kind, letter in _LETTERS.items()} | {_PROGRAM: Kind.FILE}


class Item(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """One name in a folder."""

    kind: str
    size: int = 0
    package: int = -1
    target: str = ""
    first: str = ""


Folders = dict[str, dict[str, Item]]
Packages = tuple[tuple[str, str, str], ...]


def listing_lines(tree: Tree, owners: Mapping[ImagePath, Owner]) -> Iterator[str]:
    """The members `packages` and `folders` as lines of JSON, a folder in each; ASCII only."""
    packages = {owner: number for number, owner in enumerate(sorted(set(owners.values()), key=_key))}
    rows = ",\n".join(f" [{','.join(map(quoted, _key(one)))}]" for one in packages)
    yield f'"packages": [\n{rows}\n]'
    folders: dict[str, list[str]] = {}
    for entry in tree.entries():
        if entry.path == ROOT:
            continue
        folder, _, name = entry.path.rpartition("/")
        owner = owners.get(entry.path)
        item = _item(entry, -1 if owner is None else packages[owner])
        folders.setdefault(folder or "/", []).append(f"{quoted(name)}:{item}")
    rows = ",\n".join(f" {quoted(folder)}: {{{','.join(items)}}}" for folder, items in folders.items())
    yield f'"folders": {{\n{rows}\n}}'


def _key(owner: Owner) -> tuple[str, str, str]:
    return (owner.ecosystem, owner.name, owner.version)


def _item(entry: Entry, package: int) -> str:
    letter = _LETTERS[entry.kind]
    if letter == "f":
        if entry.mode & 0o111:
            letter = _PROGRAM
        if entry.hard_link is not None:
            return f'["{letter}",{entry.size},{package},"",{quoted(entry.hard_link)}]'
        return f'["{letter}",{entry.size},{package}]' if package >= 0 else f'["{letter}",{entry.size}]'
    if letter == "l":
        return f'["l",0,{package},{quoted(entry.link_target)}]'
    return f'["{letter}"]'


def read_listing(packages: Packages, folders: Folders) -> tuple[Tree, dict[ImagePath, Owner]]:
    """The tree, without contents and all in one layer, and the owners. ValueError for what is no listing."""
    known = [Owner(*one) for one in packages]
    entries: dict[ImagePath, Entry] = {}
    owners: dict[ImagePath, Owner] = {}
    for folder, items in folders.items():
        prefix = "/" if folder == "/" else f"{folder}/"
        for name, item in items.items():
            path = ImagePath(prefix + name)
            entries[path] = _entry(path, item)
            if item.package >= 0:
                owners[path] = _at(known, item.package, path)
    for path in entries:
        if parent(path) != ROOT and parent(path) not in entries:
            raise ValueError(f"{parent(path)} is in no folder")
    return Tree(entries, 1), dict(sorted(owners.items()))


def _at(known: list[Owner], number: int, path: ImagePath) -> Owner:
    if number >= len(known):
        raise ValueError(f"{path} is of package {number}, and there are {len(known)}")
    return known[number]


def _entry(path: ImagePath, item: Item) -> Entry:
    kind = _KINDS.get(item.kind)
    if kind is None:
        raise ValueError(f"{path} is of kind {item.kind!r}")
    return Entry(
        path,
        kind,
        mode=0o644 if item.kind == "f" else 0o755,
        uid=0,
        gid=0,
        size=item.size,
        mtime=0,
        layer=0,
        link_target=item.target,
        hard_link=ImagePath(item.first) if item.first else None,
    )
