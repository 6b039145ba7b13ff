"""Look-ups that fail in the slim image alone, and listings that lack what was used.

The fat image is the oracle: it says what a look-up should have come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from probes.watch.trace import Access, Trace, Use
from slim.oci.path import ROOT, ImagePath, name, parent, printable
from slim.oci.tree import Outcome, Tree
from slim.plan import Plan
from slim.verify.model import LookupDifference

MISSING_ERRORS = frozenset({"ENOENT", "ENOTDIR", "ELOOP"})
"""What a look-up fails with when a path, or a part of it, is not there: path_resolution(7)."""

_NOBODY: Mapping[ImagePath, str] = MappingProxyType({})
_CACHE = "__pycache__"
"""Where Python keeps byte code: PEP 3147."""


def lookup_differences(
    replay: Trace,
    observed: Sequence[Trace],
    fat: Tree,
    kept: frozenset[ImagePath],
    purposes: Mapping[ImagePath, str] = _NOBODY,
) -> tuple[LookupDifference, ...]:
    """What the replay on the slim image missed of the fat image, each path once, sorted.

    A look-up that fails with ENOENT on slim for a path which the fat image resolves to an entry that is not
    in `kept` is a difference of behaviour, even where no probe noticed; so is a listing without an entry
    that a fat run (`observed`: one trace for each run) used. What failed in a fat run too is none: the path
    was hidden by a volume, or the program had removed it. `purposes` says of paths that were left out on
    purpose who did so and why.
    """
    failed = {one.path for trace in observed for one in trace.accesses if one.error in MISSING_ERRORS}
    found: dict[ImagePath, LookupDifference] = {}
    for path, access in _look_ups(replay, failed, fat, kept):
        if path not in found:
            purpose = purposes.get(path) or _purpose_of_byte_code(path, kept)
            found[path] = _missed(path, access, purpose, access.error)
    for path, access in _listings(replay, observed, failed, fat, kept):
        if path not in found:
            purpose = purposes.get(path) or _purpose_of_byte_code(path, kept)
            found[path] = replace(_missed(path, access, purpose, ""), lists=True)
    return tuple(found[path] for path in sorted(found))


def _missed(path: ImagePath, access: Access, purpose: str, error: str) -> LookupDifference:
    follow = access.use is not Use.LINK_LOOKUP
    return LookupDifference(path, access.path, access.executable, access.probe, error, purpose, follow)


def purposes_of(plan: Plan) -> Mapping[ImagePath, str]:
    """What an image that is built by `plan` lacks on purpose: who left it out, and why."""
    return {path: plan.dropped[path] for path in sorted(plan.on_purpose)}


def _look_ups(
    replay: Trace, failed: set[str], fat: Tree, kept: frozenset[ImagePath]
) -> Iterator[tuple[ImagePath, Access]]:
    """The first path that each look-up that failed found missing: a link on its way, or where it ends."""
    for access in replay.accesses:
        if access.error not in MISSING_ERRORS or access.use is Use.WRITE or access.path in failed:
            continue
        follow = access.use is not Use.LINK_LOOKUP
        resolution = fat.resolve(access.path, follow_last=follow)
        if resolution.outcome is not Outcome.FOUND:
            continue
        lost = [path for path in (*resolution.links, resolution.path) if path not in kept]
        for path in lost[:1]:
            yield path, access


def _listings(
    replay: Trace, observed: Sequence[Trace], failed: set[str], fat: Tree, kept: frozenset[ImagePath]
) -> Iterator[tuple[ImagePath, Access]]:
    """What a folder that was listed lacks of what fat runs used; of one that is missing itself, all that."""
    used = _used_and_lost(observed, fat, kept)
    for access in replay.accesses if used else ():
        if access.use is not Use.LIST or access.path in failed:
            continue
        if access.error and access.error not in MISSING_ERRORS:
            continue
        folder = fat.resolve(access.path)
        for path in used.get(folder.path, ()) if folder.outcome is Outcome.FOUND else ():
            yield path, access


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
        for path in (*resolution.links, resolution.path):
            while path not in kept and path not in lost and path != ROOT:
                lost.add(path)
                path = parent(path)
    inside: dict[ImagePath, list[ImagePath]] = {}
    for path in sorted(lost):
        inside.setdefault(parent(path), []).append(path)
    return inside


def _purpose_of_byte_code(path: ImagePath, kept: frozenset[ImagePath]) -> str:
    """Python asks for the byte code of every module that it imports, and makes do with the source. A module
    that only the slim image's run imported is asked for in vain, and nothing else comes of it."""
    folder = parent(path)
    if name(path) == _CACHE:
        return f"byte code of what is in {printable(folder)}" if folder in kept else ""
    if not path.endswith(".pyc"):
        return ""
    stem = name(path).removesuffix(".pyc")
    source = f"{folder}/{stem}.py"
    if name(folder) == _CACHE:
        source = f"{parent(folder).rstrip('/')}/{stem.partition('.')[0]}.py"
    return f"byte code, and its source {printable(source)} is kept" if ImagePath(source) in kept else ""
