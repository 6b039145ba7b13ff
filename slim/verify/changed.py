"""Paths that a run used and that are not the same in both images.

Whether that matters is for the probes to say: a file may be built anew, or hold another version. It is
told, so that what no probe noticed is known all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from probes.watch.trace import Access, Trace, Use
from slim.oci.compare import Aspect, AspectChange, content_change, metadata_changes, same_metadata
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, ancestors
from slim.oci.tree import Outcome, Tree

_USES = frozenset({Use.OPEN, Use.EXEC, Use.LIST, Use.LINK_LOOKUP})
"""Those that depend on what the path holds."""
_REFUSED = frozenset({"EACCES", "EPERM"})
"""Errors of a use that depends on modes, owners and capabilities."""


@dataclass(frozen=True)
class ChangedPath:
    """A path of both images that was used, and that differs."""

    path: ImagePath
    changes: tuple[AspectChange, ...]
    """The fat image's value first. Times of modification are none."""
    executable: str
    """A program that used it; empty where that is not known."""
    probe: str


def changed_paths(traces: Iterable[Trace], fat: Tree, slim: Tree) -> tuple[ChangedPath, ...]:
    """By path. `traces` are of either image. Raises ImageError where a file cannot be read."""
    used: dict[ImagePath, Access] = {}
    for access in (access for trace in traces for access in trace.accesses):
        if access.error in _REFUSED or (not access.error and access.use in _USES):
            for path in _paths(access, slim):
                used.setdefault(path, access)
    return tuple(
        ChangedPath(path, changes, used[path].executable, used[path].probe)
        for path in sorted(used)
        if (changes := tuple(_changes(path, fat, slim)))
    )


def _paths(access: Access, slim: Tree) -> Iterator[ImagePath]:
    """The links on the way, and what the access came to in the slim image; where it was refused, the
    folders too, any of which may be why: path_resolution(7)."""
    found = slim.resolve(access.path, follow_last=access.use is not Use.LINK_LOOKUP)
    if found.outcome is Outcome.FOUND:
        yield from found.links
        yield found.path
        if access.error:
            yield from ancestors(found.path)


def _changes(path: ImagePath, fat: Tree, slim: Tree) -> Iterator[AspectChange]:
    before, after = fat.get(path), slim.get(path)
    if before is None or after is None:
        return
    if not same_metadata(before, after):
        yield from (one for one in metadata_changes(before, after) if one.aspect is not Aspect.MTIME)
    if before.kind is after.kind is Kind.FILE:
        change = content_change(fat, before, slim, after)
        if change is not None:
            yield change
