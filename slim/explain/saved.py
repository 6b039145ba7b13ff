"""What an explanation is made from: a plan, the image's listing beside it, and the trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property

from probes.watch.trace import Access, Trace, Use
from slim.closure.observed import Observed
from slim.explain.model import Sighting
from slim.oci.amounts import sizes
from slim.oci.path import ROOT, ImagePath, ancestors
from slim.oci.tree import Tree
from slim.plan import Owner, Plan

OBSERVED = "observed"
"""The rule of what a tracer saw."""
MAX_SIGHTINGS = 5


@dataclass(frozen=True)
class Saved:
    """One report folder, as far as explanations need it."""

    plan: Plan
    tree: Tree
    """The fat image's listing: kinds, sizes, link targets; without contents."""
    trace: Trace

    @cached_property
    def by_reached(self) -> dict[ImagePath, tuple[Access, ...]]:
        """The accesses that reached each path of the image."""
        found: dict[ImagePath, dict[Access, None]] = defaultdict(dict)
        for seen in Observed.from_trace(self.trace, self.tree).seen:
            found[seen.reached].setdefault(seen.access)
        return {path: tuple(accesses) for path, accesses in found.items()}

    def sightings(self, path: ImagePath) -> tuple[Sighting, ...]:
        """How `path` was used, the most telling first: uses before mere look-ups, early before late."""
        return sightings(self.by_reached.get(path, ()))

    def sightings_of_names(self, paths: Set[ImagePath]) -> tuple[Sighting, ...]:
        """What the runs did with names that the image does not hold."""
        return sightings(tuple(one for one in self.trace.accesses if one.path in paths))

    @cached_property
    def sizes(self) -> dict[ImagePath, int]:
        """The bytes that each path stands for: a set of hard links counts at one name, a kept one first."""
        return sizes(self.tree, Tree({path: self.tree[path] for path in self._kept_with_folders()}, 1))

    def _kept_with_folders(self) -> set[ImagePath]:
        held = {path for path in self.plan.kept if path in self.tree}
        return {folder for path in held for folder in ancestors(path)} | held | {ROOT}

    @cached_property
    def of_package(self) -> dict[Owner, tuple[ImagePath, ...]]:
        """The files of each package, sorted."""
        found: dict[Owner, list[ImagePath]] = defaultdict(list)
        for path, owner in self.plan.owners.items():
            found[owner].append(path)
        return {owner: tuple(sorted(paths)) for owner, paths in found.items()}

    def is_observed(self, path: ImagePath) -> bool:
        """Whether a tracer saw a use of `path`."""
        return any(reason.rule == OBSERVED for reason in self.plan.kept.get(path, ()))


_RANKS = ("exec", "open", "write", "listing", "chdir", "link look-up", "look-up")


def sightings(accesses: tuple[Access, ...]) -> tuple[Sighting, ...]:
    """The accesses as a few lines, calls of several tracers and runs as one."""
    merged: dict[tuple[str, ...], Sighting] = {}
    ranked = sorted(
        _known_best(accesses), key=lambda one: (bool(one.error), _RANKS.index(one.use.value), one.seconds)
    )
    for one in ranked:
        key = (one.path, one.use.value, one.executable, one.probe, one.error)
        before = merged.get(key)
        now = Sighting(one.path, one.use.value, one.executable, one.probe, one.count, one.error)
        merged[key] = now if before is None else replace(before, count=max(before.count, one.count))
    return tuple(merged.values())[:MAX_SIGHTINGS]


def _known_best(accesses: tuple[Access, ...]) -> Iterator[Access]:
    """Of executions under one probe those of which it is known best who executed: fanotify asks a moment
    later, when that may be nobody any more, or the program itself."""

    def doubt(one: Access) -> int:
        return ("", one.path).index(one.executable) + 1 if one.executable in ("", one.path) else 0

    best: dict[str, int] = {}
    for one in accesses:
        if one.use is Use.EXEC:
            best[one.probe] = min(doubt(one), best.get(one.probe, 2))
    return (one for one in accesses if one.use is not Use.EXEC or doubt(one) == best[one.probe])
