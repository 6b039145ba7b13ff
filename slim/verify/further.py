"""Differences that chance may have made, and what further runs of both images say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slim.verify.model import Difference, Verdict
from slim.verify.verdict import overall

ROUNDS = 2
"""How often each image runs once more before a difference that may be chance fails the verification. Of two
ways that come up equally often, all of three replays then show the one, and all of four fat runs the other,
once in 64 times; an error that comes up once in twenty runs is on each of three replays, and in none of the
fat runs, once in 9,800."""


def may_be_chance(verdict: Verdict) -> bool:
    """Whether it fails on nothing but what two runs of one image may differ in: which of two workers
    answered, a connection that was reset. Nothing was looked up in vain, and everything came out alike."""
    return bool(verdict.differences) and not verdict.lookups and not came_out_otherwise(verdict)


def came_out_otherwise(verdict: Verdict) -> bool:
    """Whether something had another outcome."""
    return any(one.decisive for one in verdict.differences)


def settled(replays: Sequence[Verdict], probes: Sequence[str], fats: int) -> Verdict:
    """One verdict on several replays of one life, each judged against the same `fats` runs of the fat image;
    `probes` are those of its exchanges. What a replay missed, and what came out otherwise in any of them,
    counts. Of all else only what is in each of them: a slim image is broken whenever it runs."""
    missed = overall(tuple(replays))
    first = next((one for one in replays if came_out_otherwise(one)), replays[0])
    verdict = replace(first, lookups=missed.lookups, on_purpose=missed.on_purpose)
    if len(replays) == 1 or first is not replays[0]:
        return verdict
    always = frozenset.intersection(*(frozenset(map(_place, one.differences)) for one in replays))
    lasting = tuple(one for one in first.differences if _place(one) in always)
    runs = f"{len(replays)} runs of the slim image"
    gone = (
        replace(one, why=f"not in all of {runs}, and in none of {fats} of the fat one: chance")
        for one in dict.fromkeys(each for replay in replays for each in replay.differences)
        if _place(one) not in always
    )
    failing = {one.probe for one in lasting}
    agreed = sum(probe not in failing for probe in probes)
    return replace(verdict, differences=lasting, noted=(*verdict.noted, *gone), agreed=agreed)


def _place(one: Difference) -> tuple[str, str, str]:
    """Where it is; what is there may be told otherwise each time."""
    return one.probe, one.aspect, one.where
