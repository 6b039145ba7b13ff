"""Laying layers over each other: OCI image-spec layer.md, "Applying changesets"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, parent
from slim.oci.tree import Tree, plain_folder

SET_BY_THE_HOST = ("security.selinux", "security.ima", "security.evm")
"""Extended attributes that a machine's own policy puts on its files, and no image carries."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's changes, by itself.

    Both readers bring their source to this form, and leave out what no engine applies: the
    entry of the root folder (a container's root folder is always the engine's own: root's, mode
    0755), times before 1970 (0), the mode of a symlink (0777).
    """

    index: int
    """0 the lowest."""
    entries: Mapping[ImagePath, Entry]
    """What it adds or replaces, without `hard_link`."""
    implied: AbstractSet[ImagePath] = frozenset()
    """Folders that it has no entry for, though it has something inside them. Such a folder is
    as a lower layer describes it, as containerd and Podman have it; Docker's overlay2 gives it
    root and mode 0755 instead, which depends on the engine and so is not the image's."""
    whiteouts: AbstractSet[ImagePath] = frozenset()
    """What of the layers below it removes."""
    opaque: AbstractSet[ImagePath] = frozenset()
    """Folders of which it hides all that the layers below put there."""
    links: tuple[tuple[ImagePath, ...], ...] = ()
    """Its sets of hard links."""


def is_image_xattr(name: str) -> bool:
    """Whether an extended attribute belongs to the image, not to overlayfs or the host."""
    return name not in SET_BY_THE_HOST and not name.startswith(("trusted.overlay.", "user.overlay."))


def flatten(layers: Iterable[Layer], count: int) -> Tree:
    """The file system that `layers`, the topmost first, come to; `count` is their number.

    Works from the top, as overlayfs looks a name up, so that each entry is looked at once. A
    set of hard links lives in one layer: of a set that a higher layer took names from, the
    rest remains.
    """
    stack = _Stack()
    for layer in layers:
        stack.push_below(layer)
    return Tree(stack.finish(), count)


class _Stack:
    """The layers so far, from the top down."""

    def __init__(self) -> None:
        self._merged: dict[ImagePath, Entry | None] = {}
        """None: a folder that is implied so far."""
        self._implied: dict[ImagePath, int] = {}
        """The lowest layer that implies a folder."""
        self._closed: set[ImagePath] = set()
        """Paths at which, and inside which, nothing from below comes in any more."""
        self._links: list[tuple[int, tuple[ImagePath, ...]]] = []

    def push_below(self, layer: Layer) -> None:
        """Add what the layers above leave visible of `layer`."""
        merged, closed = self._merged, self._closed
        hidden: dict[ImagePath, bool] = {ROOT: ROOT in closed}
        covered: list[ImagePath] = []
        for path, entry in layer.entries.items():
            if path in closed or self._is_hidden(parent(path), hidden):
                continue
            if path not in merged:
                merged[path] = entry
            elif entry.kind is not Kind.DIRECTORY:
                covered.append(path)  # a folder above it: what is still lower does not join that
            elif merged[path] is None:
                merged[path] = entry
        for path in layer.implied:
            if path not in closed and not self._is_hidden(parent(path), hidden):
                merged.setdefault(path, None)
                self._implied[path] = layer.index
        closed.update(covered, layer.whiteouts, layer.opaque)
        self._links.extend((layer.index, members) for members in layer.links)

    def _is_hidden(self, folder: ImagePath, hidden: dict[ImagePath, bool]) -> bool:
        """Whether the layers above hide what this layer has in `folder`; `hidden` remembers."""
        asked = []
        while folder not in hidden:
            above = self._merged.get(folder)
            if folder in self._closed or (above is not None and above.kind is not Kind.DIRECTORY):
                hidden[folder] = True
                break
            asked.append(folder)
            folder = parent(folder)
        verdict = hidden[folder]
        hidden.update(dict.fromkeys(asked, verdict))
        return verdict

    def finish(self) -> dict[ImagePath, Entry]:
        """Every visible entry, with its hard links."""
        visible = {
            path: plain_folder(path, self._implied[path]) if entry is None else entry
            for path, entry in self._merged.items()
        }
        for index, members in self._links:
            left = sorted(p for p in members if p in visible and visible[p].layer == index)
            if len(left) > 1:
                for path in left:
                    visible[path] = replace(visible[path], hard_link=left[0])
        return visible
