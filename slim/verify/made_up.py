"""What a difference of a run says that nobody asked for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Set as AbstractSet
from dataclasses import replace

from probes.exercise.exchange import Exchange
from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath, name
from slim.oci.tree import Outcome, Tree
from slim.verify.model import Evidence, LookupDifference, Verdict

_WHY = "in a run that slim made up, of which nothing is missing: chance"
_WORD = re.compile(r"\w+(?:[.+-]+\w+)*")


def judged_made_up(verdict: Verdict, shorter: AbstractSet[str] = frozenset()) -> Verdict:
    """`verdict` on a run that was made up, whose replay on slim was traced look-up by look-up.

    The slim image differs from the fat one in nothing but files that are missing, and what misses one
    looks it up, or lists its folder. So where no look-up differs, and the probe is not among `shorter`,
    another text of an answer is no work of slim's but chance, which two runs of the fat image need not
    show: which of several workers answered, what it had in its cache. It is told, and fails nothing. A
    probe of the user's is held to more: all of its answer must agree.
    """
    if verdict.lookups or any(not _is_byte_code(one) for one in verdict.on_purpose):
        return verdict
    counts = tuple(one for one in verdict.differences if one.decisive or one.probe in shorter)
    chance = tuple(replace(one, why=_WHY) for one in verdict.differences if one not in counts)
    return replace(
        verdict,
        differences=counts,
        noted=(*verdict.noted, *chance),
        agreed=verdict.probes - len({one.probe for one in counts}),
    )


def names_lost(fat: Evidence, slim: Evidence, tree: Tree, kept: frozenset[ImagePath]) -> frozenset[str]:
    """Probes whose answer on slim lacks the name of what is missing there, out of a folder of the fat image's
    `tree` that was listed: nothing looks such a thing up, and only the answer tells (`--help` that names
    the plug-ins)."""
    lost: set[str] = set()
    for access in slim.trace.accesses:
        if access.use is Use.LIST and not access.error:
            folder = tree.resolve(access.path)
            found = tree.children(folder.path) if folder.outcome is Outcome.FOUND else ()
            lost.update(name(one) for one in found if one not in kept)
    lost |= {posixpath.splitext(one)[0] for one in lost}
    both = zip(fat.transcript.exchanges, slim.transcript.exchanges, strict=False)
    return frozenset(
        one.probe
        for one, other in both
        if one.probe == other.probe and not lost.isdisjoint(_words(one) - _words(other))
    )


def _words(one: Exchange) -> set[str]:
    """Also without a suffix, as a list of plug-ins has them."""
    told = set(_WORD.findall((one.body + b"\n" + one.stderr).decode("utf-8", "replace")))
    return told | {posixpath.splitext(each)[0] for each in told}


def used_besides(
    fat: Trace, tree: Tree, kept: frozenset[ImagePath], lookups: tuple[LookupDifference, ...]
) -> tuple[LookupDifference, ...]:
    """`lookups` that a replay of such a run missed, and what else the fat image's run used that is not
    `kept`: it is no part of the plan, and what is missing first hides what would be missed after it, so
    that one by one each would take a round of repair. Nothing where nothing was missed."""
    found = {one.path: one for one in lookups}
    for access in fat.accesses if lookups else ():
        if access.error or access.use is Use.WRITE:
            continue
        follow = access.use is not Use.LINK_LOOKUP
        resolution = tree.resolve(access.path, follow_last=follow)
        if resolution.outcome is not Outcome.FOUND:
            continue
        for path in (*resolution.passed, resolution.path):
            if path not in kept and path not in found:
                found[path] = LookupDifference(
                    path, access.path, access.executable, access.probe, "", follow=follow
                )
    return tuple(found[path] for path in sorted(found))


def _is_byte_code(one: LookupDifference) -> bool:
    """What Python makes do without, in each run."""
    return one.path.endswith(".pyc") or name(one.path) == "__pycache__"
