"""From a plan to a slim image that lacks nothing: built, replayed and repaired, within a bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slim.build import BuiltImage
from slim.commands.building import Maker
from slim.commands.replaying import Replaying
from slim.oci.path import ImagePath, printable
from slim.plan import Plan, Reason
from slim.progress import Stages
from slim.repair import additions
from slim.report.assemble import RepairRound, RunResult
from slim.report.sizes import count_text
from slim.verify.besides import used_besides
from slim.verify.listings import entries_lost
from slim.verify.model import LookupDifference
from slim.verify.order import reordered
from slim.verify.verdict import overall

REPAIRS = 3
"""How often a slim image is repaired, unless the user says otherwise: what an added file asks for in its
turn is mostly kept with it, so that two rounds are rare."""
_NAMED = 3
"""Paths that the terminal names."""


@dataclass(frozen=True)
class Outcome:
    """The last slim image, and how it came to be."""

    plan: Plan
    built: BuiltImage
    runs: tuple[RunResult, ...]
    rounds: tuple[RepairRound, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is otherwise than the user asked for."""
        layers = "note: the image has the original's layers, not one (--layers single): see repair"
        return (layers,) if any(one.layers for one in self.rounds) else ()


def made_and_verified(maker: Maker, replaying: Replaying, bound: int, stages: Stages) -> Outcome:
    """Plan, build and replay; as long as something of it can be repaired, do that and build and replay again,
    `bound` times at most. Of earlier rounds nothing stays in the engine. A probe that differs though nothing
    is missing is left as it is: nothing is known that could be added."""
    plan = maker.plan(stages)
    built = maker.build(plan, stages)
    runs = replaying.verify(built.id, plan, stages)
    rounds: list[RepairRound] = []
    while len(rounds) < bound:
        found = _repaired(maker, plan, runs, replaying, stages)
        if found is None:
            break
        maker, plan, done = found
        rounds.append(replace(done, number=len(rounds) + 1))
        built = maker.build(plan, stages)
        runs = replaying.verify(built.id, plan, stages)
    return Outcome(plan, built, runs, tuple(rounds))


def _repaired(
    maker: Maker, plan: Plan, runs: tuple[RunResult, ...], replaying: Replaying, stages: Stages
) -> tuple[Maker, Plan, RepairRound] | None:
    """What to build next; None where nothing is known that could be done about `runs`.

    Look-ups that miss what nobody dropped on purpose: that is added. Answers in another order: the order of
    a folder depends on the layers that its entries are in, so the original's are taken. Answers that differ
    of programs that list a folder: what that lacks is added."""
    missing = _missing(runs, plan, replaying)
    if not missing and maker.layers == "single" and _in_another_order(runs):
        with stages.stage("repair") as stage:
            stage.summary = "the original's layers: in a single one a folder is listed in another order"
        return replace(maker, layers="mirror"), plan, RepairRound(0, {}, "mirror")
    missing = missing or _listed_in_vain(runs, plan, replaying)
    if not missing:
        return None
    with stages.stage("repair") as stage:
        maker, repaired = maker.repaired(plan, missing)
        added = additions(plan, repaired)
        stage.summary = _summary(added)
    return (maker, repaired, RepairRound(0, added)) if added else None


def _in_another_order(runs: tuple[RunResult, ...]) -> bool:
    """Whether a probe fails for the order of its answer."""
    return any(
        one.probe in reordered(run.fat.transcript, run.slim.transcript)
        for run in runs
        if run.slim is not None
        for one in run.verdict.differences
    )


def _listed_in_vain(
    runs: tuple[RunResult, ...], plan: Plan, replaying: Replaying
) -> tuple[LookupDifference, ...]:
    """What lacks in folders that were listed under probes that differ; probes masked, as `_missing`."""
    found: dict[ImagePath, LookupDifference] = {}
    for run in runs:
        if run.slim is None:
            continue
        for probe in dict.fromkeys(one.probe for one in run.verdict.differences):
            for one in entries_lost(probe, run.slim.trace, replaying.image.tree, plan):
                found.setdefault(one.path, replace(one, probe=replaying.secrets.text(one.probe)))
    return tuple(found.values())


def _missing(runs: tuple[RunResult, ...], plan: Plan, replaying: Replaying) -> tuple[LookupDifference, ...]:
    """What is missing and nobody's purpose; its probes masked, since the plan tells them."""
    kept = frozenset(plan.kept) | plan.on_purpose
    found = {one.path: one for one in overall(tuple(run.verdict for run in runs)).lookups}
    for seen, second, run in zip(replaying.seen, replaying.second.again(), runs, strict=True):
        fats = [seen.found.trace, *([second.trace] if second else [])]
        decided = frozenset() if seen.life.made_up else {one.path for one in seen.found.trace.accesses}
        for one in used_besides(fats, decided, replaying.image.tree, kept, run.verdict.lookups):
            found.setdefault(one.path, one)
    return tuple(replace(one, probe=replaying.secrets.text(one.probe)) for one in found.values())


def _summary(added: dict[ImagePath, Reason]) -> str:
    named = [path for path, reason in added.items() if reason.rule == "repair"] or list(added)
    some = ", ".join(printable(path) for path in named[:_NAMED])
    more = f" and {len(added) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{count_text(len(added), 'path')} added: {some}{more}" if added else "nothing can be added"
