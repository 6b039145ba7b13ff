"""What a difference of a run says that nobody asked for."""

from __future__ import annotations

from dataclasses import replace

from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath, name
from slim.oci.tree import Outcome, Tree
from slim.verify.model import LookupDifference, Verdict

_WHY = "in a run that slim made up, of which nothing is missing: chance"


def judged_made_up(verdict: Verdict) -> Verdict:
    """`verdict` on a run that was made up, whose replay on slim was traced look-up by look-up.

    The slim image differs from the fat one in nothing but files that are missing, and what misses one
    looks it up, or lists its folder. So where no look-up differs, another text of an answer is no work
    of slim's but chance, which two runs of the fat image need not show: which of several workers
    answered, what it had in its cache. It is told, and fails nothing. A probe of the user's is held to
    more: all of its answer must agree.
    """
    if verdict.lookups or any(not _is_byte_code(one) for one in verdict.on_purpose):
        return verdict
    decisive = tuple(one for one in verdict.differences if one.decisive)
    chance = tuple(replace(one, why=_WHY) for one in verdict.differences if not one.decisive)
    return replace(
        verdict,
        differences=decisive,
        noted=(*verdict.noted, *chance),
        agreed=verdict.probes - len({one.probe for one in decisive}),
    )


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
        for path in (*resolution.links, resolution.path):
            if path not in kept and path not in found:
                found[path] = LookupDifference(
                    path, access.path, access.executable, access.probe, "", follow=follow
                )
    return tuple(found[path] for path in sorted(found))


def _is_byte_code(one: LookupDifference) -> bool:
    """What Python makes do without, in each run."""
    return one.path.endswith(".pyc") or name(one.path) == "__pycache__"
