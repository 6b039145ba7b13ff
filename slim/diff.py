"""How two images differ, as a tree of typed events.

File systems are compared as they are seen in a container: flattened. In which layer a file
is, and where its bytes are, is no difference of the file; layers are compared by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from slim.closure.packages.owners import Owners
from slim.oci.amounts import Amount, Counter, FolderAmount, folder_amounts, sizes, union
from slim.oci.compare import Aspect, AspectChange, content_change, metadata_changes, same_metadata
from slim.oci.compare_config import ConfigChanged, config_changes
from slim.oci.entry import Entry, Kind
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.oci.tree import Tree

UNOWNED = ""
"""The package of files that no package owns."""


class Ignore(Enum):
    """What a comparison can be told not to look at."""

    CONFIG = "config"
    CREATED = "created"
    HISTORY = "history"
    LAYERS = "layers"
    MODE = "mode"
    OWNER = "owner"
    MTIME = "mtime"
    XATTR = "xattr"
    HARD_LINK = "hard-link"


class LayerState(Enum):
    """In which of the two images a layer is."""

    SHARED = "shared"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Side:
    """One of the two images."""

    reference: str
    id: str
    files: int
    """Paths, folders included."""
    size: int
    """Bytes of content; a set of hard links counts once."""
    layers: int


@dataclass(frozen=True)
class LayerEvent:
    """A layer of either image."""

    state: LayerState
    diff_id: str
    index: int
    """Its place in the first image, or in the second where it was added; 0 the lowest."""


@dataclass(frozen=True, slots=True)
class PathRemoved:
    """A path of the first image that the second does not hold."""

    path: ImagePath
    kind: Kind
    size: int
    """Bytes that went with it: 0 where another name of the same file stays."""


@dataclass(frozen=True, slots=True)
class PathAdded:
    """A path that only the second image holds."""

    path: ImagePath
    kind: Kind
    size: int
    """Bytes that came with it: 0 where the first image holds another name of the same file."""


@dataclass(frozen=True, slots=True)
class PathChanged:
    """A path of both images that is not the same."""

    path: ImagePath
    kind: Kind
    """In the second image."""
    size_before: int
    size_after: int
    changes: tuple[AspectChange, ...]


PathEvent = PathRemoved | PathAdded | PathChanged


@dataclass(frozen=True)
class PackageAmount:
    """What belongs to a package; folders belong to none and are not counted."""

    package: str
    """Its name; `UNOWNED` for what belongs to none."""
    version: str
    ecosystem: str
    """dpkg, apk, python …"""
    amount: Amount


@dataclass(frozen=True)
class SlimOf:
    """Whether the second image is made of the first: every path of it is there, identical."""

    holds: bool
    exceptions: tuple[PathAdded | PathChanged, ...]
    """By path. A removed name of a set of hard links is none."""


@dataclass(frozen=True)
class Difference:
    """All that differs between two images, less what was ignored."""

    a: Side
    b: Side
    ignored: tuple[Ignore, ...]
    config: tuple[ConfigChanged, ...]
    layers: tuple[LayerEvent, ...]
    """Those of the first image from the lowest up, then those that were added."""
    paths: tuple[PathEvent, ...]
    """By path."""
    folders: tuple[FolderAmount, ...]
    """Top-level folders that differ: the largest change of size first."""
    packages: tuple[PackageAmount, ...]
    """Packages that differ: the largest change of size first."""
    slim_of: SlimOf

    @property
    def same(self) -> bool:
        """Whether nothing differs but what was ignored."""
        layers = () if Ignore.LAYERS in self.ignored else self.layers
        return not (self.config or self.paths or any(e.state is not LayerState.SHARED for e in layers))


def diff_images(a: Image, b: Image, *, ignore: frozenset[Ignore] = frozenset()) -> Difference:
    """Compare `a` with `b`. Images of one id are the same without looking.

    With `Ignore.LAYERS` the layers are still listed, and don't count. Raises ImageError where
    a file cannot be read.
    """
    layers = tuple(_layer_events(a.config.diff_ids, b.config.diff_ids))
    ignored = tuple(sorted(ignore, key=lambda item: item.value))
    if a.id == b.id:
        return Difference(_side(a), _side(b), ignored, (), layers, (), (), (), SlimOf(True, ()))
    sizes_a, sizes_b = sizes(a.tree, b.tree), sizes(b.tree, a.tree)
    paths = tuple(_path_events(a.tree, b.tree, sizes_a, sizes_b, ignore))
    differing = [event.path for event in paths]
    exceptions = tuple(event for event in paths if not isinstance(event, PathRemoved))
    return Difference(
        a=_side(a),
        b=_side(b),
        ignored=ignored,
        config=_config_events(a, b, ignore),
        layers=layers,
        paths=paths,
        folders=folder_amounts(a.tree, b.tree, sizes_a, sizes_b, differing),
        packages=_package_amounts(a.tree, b.tree, sizes_a, sizes_b, differing),
        slim_of=SlimOf(not exceptions, exceptions),
    )


def _side(image: Image) -> Side:
    return Side(image.reference, image.id, len(image.tree), image.tree.size, image.tree.layers)


def _layer_events(a: Sequence[str], b: Sequence[str]) -> Iterator[LayerEvent]:
    for index, diff_id in enumerate(a):
        yield LayerEvent(LayerState.SHARED if diff_id in b else LayerState.REMOVED, diff_id, index)
    for index, diff_id in enumerate(b):
        if diff_id not in a:
            yield LayerEvent(LayerState.ADDED, diff_id, index)


def _config_events(a: Image, b: Image, ignore: frozenset[Ignore]) -> tuple[ConfigChanged, ...]:
    if Ignore.CONFIG in ignore:
        return ()
    return config_changes(
        a.config.raw, b.config.raw, times=Ignore.CREATED not in ignore, history=Ignore.HISTORY not in ignore
    )


def _path_events(
    a: Tree,
    b: Tree,
    sizes_a: Mapping[ImagePath, int],
    sizes_b: Mapping[ImagePath, int],
    ignore: frozenset[Ignore],
) -> Iterator[PathEvent]:
    ignored = {item.value for item in ignore}
    contents: dict[tuple[ImagePath, ImagePath], AspectChange | None] = {}
    for path in union(a, b):
        before, after = a.get(path), b.get(path)
        if after is None:
            yield PathRemoved(path, a[path].kind, sizes_a[path])
        elif before is None:
            yield PathAdded(path, after.kind, sizes_b[path])
        else:
            changes = [] if same_metadata(before, after) else list(metadata_changes(before, after))
            if before.kind is after.kind is Kind.FILE:
                changes += _content(a, before, b, after, contents)
            if before.hard_link is not None or after.hard_link is not None:
                changes += _hard_links(path, a, b)
            kept = tuple(change for change in changes if change.aspect.value not in ignored)
            if kept:
                yield PathChanged(path, after.kind, before.size, after.size, kept)


def _content(
    a: Tree,
    before: Entry,
    b: Tree,
    after: Entry,
    known: dict[tuple[ImagePath, ImagePath], AspectChange | None],
) -> list[AspectChange]:
    """Contents are read once for all the names of a file."""
    key = (before.hard_link or before.path, after.hard_link or after.path)
    if key not in known:
        known[key] = content_change(a, before, b, after)
    change = known[key]
    return [] if change is None else [change]


def _hard_links(path: ImagePath, a: Tree, b: Tree) -> list[AspectChange]:
    """Whether the names that both images hold are still one file. A name that is gone is an
    event of its own, and leaves the others what they were."""
    before = [name for name in a.hard_links(path) if name in b]
    after = [name for name in b.hard_links(path) if name in a]
    return [] if before == after else [AspectChange(Aspect.HARD_LINK, " ".join(before), " ".join(after))]


def _package_amounts(
    a: Tree,
    b: Tree,
    sizes_a: Mapping[ImagePath, int],
    sizes_b: Mapping[ImagePath, int],
    differing: Sequence[ImagePath],
) -> tuple[PackageAmount, ...]:
    """Packages of which a file differs, with all that they own. What the first image holds belongs
    where that image says: a slim image may have lost its package database."""
    owners_a, owners_b = Owners.from_tree(a), Owners.from_tree(b)
    owned = {
        path: (owners_a if path in a else owners_b).owner(path)
        for path in union(a, b)
        if not _is_folder(a, b, path)
    }
    touched = {owned[path] for path in differing if path in owned}
    counters = {package: Counter() for package in touched}
    for path, package in owned.items():
        if package in counters:
            counters[package].add(sizes_a.get(path), sizes_b.get(path))
    amounts = [
        PackageAmount(UNOWNED, "", "", counter.amount())
        if package is None
        else PackageAmount(package.name, package.version, package.ecosystem.value, counter.amount())
        for package, counter in counters.items()
    ]
    return tuple(sorted(amounts, key=lambda item: (item.amount.weight, item.ecosystem, item.package)))


def _is_folder(a: Tree, b: Tree, path: ImagePath) -> bool:
    """Folders are shared ground of packages: no package owns them."""
    return (a.get(path) or b[path]).kind is Kind.DIRECTORY
