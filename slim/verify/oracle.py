"""Look-ups that fail in the slim image alone, and listings that lack what was used.

The fat image is the oracle: it says what a look-up should have come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.watch.trace import Access, Trace, Use
from slim.oci.path import ROOT, ImagePath, parent
from slim.oci.tree import Outcome, Tree
from slim.plan import Plan
from slim.verify.byte_code import purpose_of_byte_code
from slim.verify.executed import interpreters
from slim.verify.model import LookupDifference

MISSING_ERRORS = frozenset({"ENOENT", "ENOTDIR", "ELOOP"})
"""What a look-up fails with when a path, or a part of it, is not there: path_resolution(7)."""
REFUSED_ERRORS = frozenset({"EACCES", "EPERM"})
"""What it fails with when a mode, an owner or a capability does not allow it."""
MADE = "EEXIST"
"""What the fat image answers where slim makes anew what it lacks: mkdir(2), open(2) with O_EXCL."""
_KERNEL = ("/proc/", "/sys/", "/dev/")
"""Filesystems of the kernel, which are there whatever the image holds."""


def lookup_differences(replay: Trace, observed: Sequence[Trace], held: Held) -> tuple[LookupDifference, ...]:
    """What the replay on the slim image missed of the fat image, each path once, sorted.

    A look-up that fails with ENOENT on slim for a path which the fat image resolves to an entry that is not
    `held` is a difference of behaviour, even where no probe noticed; so is a listing without an entry
    that a fat run (`observed`: one trace for each run) used, what is made anew where the fat image has it
    already, and what is refused though a fat run got it. What failed in a fat run too is none: the path
    was hidden by a volume, or the program had removed it. Raises ImageError where a program of the fat image
    cannot be read.
    """
    known = _known(observed)
    found: dict[ImagePath, LookupDifference] = {}
    for one in (
        *_look_ups(replay, known, held),
        *_made(replay, known, held),
        *_refused(replay, known, held),
        *_listings(replay, observed, known, held),
    ):
        found.setdefault(one.path, one)
    return tuple(found[path] for path in sorted(found))


@dataclass(frozen=True)
class Held:
    """What a slim image holds of the fat one."""

    fat: Tree
    kept: frozenset[ImagePath]
    purposes: Mapping[ImagePath, str] = field(default_factory=dict)
    """Of paths that were left out on purpose: who did so, and why."""

    def lost(self, asked: str, *, follow: bool = True) -> ImagePath | None:
        """The first path that a look-up of `asked` finds missing: what it passes, or where it ends. None
        where it comes as far as in the fat image, which at run time has what the kernel provides too."""
        found = self.fat.resolve(asked, follow_last=follow)
        steps = found.passed
        if found.outcome is Outcome.FOUND:
            steps = (*steps, found.path)
        elif not f"{found.path}/".startswith(_KERNEL):
            return None
        return next((path for path in steps if path not in self.kept), None)

    def is_end(self, asked: str, path: ImagePath, *, follow: bool) -> bool:
        """Whether `path` is where a look-up of `asked` ends, in a folder that is held."""
        return self.fat.resolve(asked, follow_last=follow).path == path and parent(path) in self.kept

    def purpose(self, path: ImagePath) -> str:
        """Who left `path` out, and why; empty where nobody did on purpose."""
        return self.purposes.get(path) or purpose_of_byte_code(path, self.kept)


@dataclass(frozen=True)
class _Known:
    """What runs of the fat image came to."""

    failed: frozenset[str]
    """Paths that were looked up in vain."""
    refused: frozenset[str]
    reached: frozenset[tuple[str, Use]]
    """Paths that were used, and how."""


def _known(observed: Sequence[Trace]) -> _Known:
    accesses = [one for trace in observed for one in trace.accesses]
    return _Known(
        frozenset(one.path for one in accesses if one.error in MISSING_ERRORS),
        frozenset(one.path for one in accesses if one.error in REFUSED_ERRORS),
        frozenset((one.path, one.use) for one in accesses if not one.error),
    )


def _difference(path: ImagePath, access: Access, held: Held, asked: str, error: str) -> LookupDifference:
    follow = access.use is not Use.LINK_LOOKUP
    purpose = held.purpose(path)
    return LookupDifference(path, asked, access.executable, access.probe, error, purpose, follow)


def purposes_of(plan: Plan) -> Mapping[ImagePath, str]:
    """What an image that is built by `plan` lacks on purpose: who left it out, and why."""
    return {path: plan.dropped[path] for path in sorted(plan.on_purpose)}


def _look_ups(replay: Trace, known: _Known, held: Held) -> Iterator[LookupDifference]:
    """What each look-up that failed found missing first."""
    for access in replay.accesses:
        if access.error not in MISSING_ERRORS or access.path in known.failed:
            continue
        for asked, program in _needed(access, known, held.fat):
            path = held.lost(asked, follow=access.use is not Use.LINK_LOOKUP)
            if path is not None:
                yield replace(_difference(path, access, held, asked, access.error), program=program)
                break


def _needed(access: Access, known: _Known, fat: Tree) -> Iterator[tuple[str, str]]:
    """The paths that must be there for `access` to succeed: its own, the folder of what is created, and, each
    with the program, the interpreters of what is executed."""
    yield access.path, ""
    if access.use is Use.WRITE or (access.use is Use.OPEN and (access.path, Use.OPEN) in known.reached):
        yield access.path.rstrip("/").rpartition("/")[0] or "/", ""
    if access.use is Use.EXEC:
        for interpreter in interpreters(access.path, fat):
            yield interpreter, access.path


def _made(replay: Trace, known: _Known, held: Held) -> Iterator[LookupDifference]:
    """What slim makes anew though the fat image has it, unless a fat run wrote it too: in a folder that both
    have, so that it is not there under another name. An open(2) for reading and writing makes a file, too."""
    for access in replay.accesses:
        if access.use not in (Use.WRITE, Use.OPEN) or access.error or access.path.startswith(_KERNEL):
            continue
        if access.path not in known.failed and (access.path, Use.WRITE) not in known.reached:
            follow = access.use is Use.OPEN
            path = held.lost(access.path, follow=follow)
            if path is not None and held.is_end(access.path, path, follow=follow):
                yield _difference(path, access, held, access.path, MADE)


def _refused(replay: Trace, known: _Known, held: Held) -> Iterator[LookupDifference]:
    """What a fat run got in the same way, and no fat run was refused: the entry itself or, of what is there
    only at run time, the folder that holds it."""
    for access in replay.accesses:
        if access.error not in REFUSED_ERRORS or access.path in known.refused:
            continue
        if (access.path, access.use) in known.reached and not access.path.startswith(_KERNEL):
            found = held.fat.resolve(access.path, follow_last=access.use is not Use.LINK_LOOKUP)
            path = found.path if found.outcome is Outcome.FOUND else parent(found.path)
            yield _difference(path, access, held, access.path, access.error)


def _listings(
    replay: Trace, observed: Sequence[Trace], known: _Known, held: Held
) -> Iterator[LookupDifference]:
    """What a folder that was listed lacks of what fat runs used; of one that is missing itself, all that."""
    used = _used_and_lost(observed, held.fat, held.kept)
    for access in replay.accesses if used else ():
        if access.use is not Use.LIST or access.path in known.failed:
            continue
        if access.error and access.error not in MISSING_ERRORS:
            continue
        folder = held.fat.resolve(access.path)
        for path in used.get(folder.path, ()) if folder.outcome is Outcome.FOUND else ():
            yield replace(_difference(path, access, held, access.path, ""), lists=True)


def _used_and_lost(
    observed: Sequence[Trace], fat: Tree, kept: frozenset[ImagePath]
) -> dict[ImagePath, list[ImagePath]]:
    """Folder → those of its entries that slim lacks and of which fat runs used something; sorted."""
    lost: set[ImagePath] = set()
    for access in (one for trace in observed for one in trace.accesses):
        if access.error in MISSING_ERRORS:
            continue
        resolution = fat.resolve(access.path, follow_last=access.use is not Use.LINK_LOOKUP)
        if resolution.outcome is not Outcome.FOUND:
            continue
        for path in (*resolution.passed, resolution.path):
            while path not in kept and path not in lost and path != ROOT:
                lost.add(path)
                path = parent(path)
    inside: dict[ImagePath, list[ImagePath]] = {}
    for path in sorted(lost):
        inside.setdefault(parent(path), []).append(path)
    return inside
