"""What one argument of `slim explain` comes to."""

from __future__ import annotations

from collections import defaultdict

from slim.explain.asked import Meaning, meaning
from slim.explain.chain import chain
from slim.explain.model import Amount, Answer, Decision, Explanation, Step
from slim.explain.remedies import remedies
from slim.explain.saved import OBSERVED, Saved
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome

FEW = 5
"""Up to so many paths are explained one by one; more are summed up by reason."""
FIRST = 5
"""Paths that are named of each sum."""


def answer(text: str, saved: Saved, *, everything: bool = False) -> Answer:
    """Why the paths that `text` means were kept or dropped; `everything` explains each of them.

    Raises UsageError for an illegal glob.
    """
    found = meaning(text, saved)
    each = everything or len(found.paths) <= FEW
    shown = _with_targets(found, saved) if each else found.paths[:1] if found.kind == "folder" else ()
    kept = [path for path in found.paths if path in saved.plan.kept]
    dropped = [path for path in found.paths if path in saved.plan.dropped]
    return Answer(
        asked=text,
        meaning=found.kind,
        links=found.links,
        note=found.note,
        paths=len(found.paths),
        kept=len(kept),
        kept_size=sum(saved.sizes[path] for path in kept),
        dropped=len(dropped),
        dropped_size=sum(saved.sizes[path] for path in dropped),
        explained=tuple(explanation(path, saved) for path in shown),
        amounts=() if each else amounts(found.paths, saved),
        near=found.near,
        sightings=() if found.paths else saved.sightings_of_names(found.lacks),
    )


def _with_targets(found: Meaning, saved: Saved) -> tuple[ImagePath, ...]:
    """The paths, and what each link among them leads to."""
    shown = dict.fromkeys(found.paths)
    for path in found.paths:
        if saved.tree[path].kind is Kind.SYMLINK:
            end = saved.tree.resolve(path)
            if end.outcome is Outcome.FOUND:
                shown.setdefault(end.path)
    return tuple(shown)


def explanation(path: ImagePath, saved: Saved) -> Explanation:
    """Why the image's `path` was kept or dropped."""
    plan, entry = saved.plan, saved.tree[path]
    kept = path in plan.kept
    steps = chain(path, plan.kept) if kept else ()
    observed = bool(steps) and steps[0].rule == OBSERVED
    owner = plan.owners.get(path)
    return Explanation(
        path=path,
        decision=Decision.KEPT if kept else Decision.DROPPED,
        kind=entry.kind.value,
        size=entry.size,
        package="" if owner is None else str(owner),
        target=entry.link_target,
        same_file=tuple(other for other in saved.tree.hard_links(path) if other != path),
        chain=steps,
        observed=observed,
        sightings=saved.sightings(steps[0].path if steps else path) if observed or not kept else (),
        also=_also(path, steps[-1], saved) if steps else (),
        reason=plan.dropped.get(path, ""),
        remedies=() if kept else remedies(path, saved),
    )


def _also(path: ImagePath, told: Step, saved: Saved) -> tuple[Step, ...]:
    """The other reasons; that something is there for its own sake is none."""
    steps = (Step(path, one.rule, one.detail, one.source) for one in saved.plan.kept[path])
    return tuple(step for step in steps if step != told and step.needed_by != path)


def amounts(paths: tuple[ImagePath, ...], saved: Saved) -> tuple[Amount, ...]:
    """`paths` by what decided about them, the most bytes first; folders on the way count as such."""
    grouped: dict[tuple[Decision, str], list[ImagePath]] = defaultdict(list)
    for path in paths:
        reasons = saved.plan.kept.get(path)
        if reasons is None:
            grouped[Decision.DROPPED, saved.plan.dropped.get(path, "")].append(path)
        else:
            grouped[Decision.KEPT, deciding_rule(path, saved)].append(path)
    summed = [
        Amount(decision, reason, len(found), sum(saved.sizes[one] for one in found), tuple(found[:FIRST]))
        for (decision, reason), found in grouped.items()
    ]
    return tuple(sorted(summed, key=_weight))


def _weight(one: Amount) -> tuple[bool, int, int, str]:
    return (one.decision is Decision.DROPPED, -one.size, -one.paths, one.reason)


def deciding_rule(path: ImagePath, saved: Saved) -> str:
    """The rule that a kept path is counted under: an observation, where there is one, else the first."""
    return OBSERVED if saved.is_observed(path) else saved.plan.kept[path][0].rule
