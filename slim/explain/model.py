"""What an explanation consists of. Values only; slim/report turns them into text and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slim.oci.path import ImagePath


class Decision(Enum):
    """What became of a path."""

    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a chain: why `path` is kept."""

    path: ImagePath
    rule: str
    """observed, application, import, elf … as the plan names it."""
    detail: str
    """For people."""
    needed_by: ImagePath | None = None
    """The kept path that needs it: the step before; None at the chain's beginning."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One use of a path that the tracers saw."""

    asked: str
    """The path as the program asked for it, symlinks not resolved."""
    use: str
    """open, exec, look-up, listing …"""
    program: str
    """As it was executed; empty where that is not known."""
    probe: str
    """`start` before the first probe, `stop` after the last."""
    count: int
    error: str
    """The errno's name; empty where the call succeeded."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the user can do so that a path is kept the next time."""

    words: tuple[str, ...]
    """For the command line of `slim run` and `slim plan`: to be added, or to be left out."""
    why: str
    """What comes of it, for people."""
    leave_out: bool = False
    """Whether the words are to be left out."""


@dataclass(frozen=True)
class Explanation:
    """One path of the image."""

    path: ImagePath
    decision: Decision
    kind: str
    """file, directory, symlink …"""
    size: int
    """Bytes of its content."""
    package: str
    """`ECOSYSTEM:NAME` of the package that it is a file of; empty where there is none."""
    target: str
    """A symlink's text; empty for anything else."""
    same_file: tuple[ImagePath, ...]
    """Its other names: hard links."""
    chain: tuple[Step, ...]
    """From an observation or a stated rule to this path; empty where it was dropped."""
    observed: bool
    """Whether the chain begins with something that a tracer saw."""
    sightings: tuple[Sighting, ...]
    """How the chain's first path, or the dropped one, was used in the runs that were watched."""
    also: tuple[Step, ...]
    """The other reasons noted of this path."""
    reason: str
    """Why it was dropped; empty where it was kept."""
    remedies: tuple[Remedy, ...]
    """What would have kept it; empty where it was kept."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Paths with the same answer, summed up."""

    decision: Decision
    reason: str
    """The rule that kept them, or the sentence that they were dropped with."""
    paths: int
    size: int
    """Bytes; a set of hard links counts once."""
    first: tuple[ImagePath, ...]
    """The first ones, in sorted order."""


@dataclass(frozen=True)
class Answer:
    """What one argument of the command comes to."""

    asked: str
    """The argument."""
    meaning: str
    """What it was taken for: path, folder, glob or package."""
    links: tuple[ImagePath, ...]
    """Symlinks on the way to what was asked for, in order."""
    note: str
    """What else there is to say: where a link leads, what the image does not hold; often empty."""
    paths: int
    """How many paths of the image it means; 0 where none."""
    kept: int
    kept_size: int
    dropped: int
    dropped_size: int
    explained: tuple[Explanation, ...]
    """Each path, where they are few; else the first of them."""
    amounts: tuple[Amount, ...]
    """All of them by reason, the most bytes first; empty where every path is explained."""
    near: tuple[str, ...]
    """Names that are near, where nothing matches."""
    sightings: tuple[Sighting, ...] = ()
    """Where the image holds nothing of the name: what the runs did with it all the same."""
