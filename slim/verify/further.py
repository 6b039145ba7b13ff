"""Differences that chance may have made, and what further runs of both images say of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from slim.verify.model import Difference, Verdict
from slim.verify.verdict import overall
from slim.verify.volatile import MOST, TOLD

ROUNDS = 2
"""How often each image runs once more before a difference that may be chance fails the verification. Of two
ways that come up equally often, all of three replays then show the one, and all of four fat runs the other,
once in 64 times; an error that comes up once in twenty runs is on each of three replays, and in none of the
fat runs, once in 9,800."""

_LINES = re.compile(r"line (\d+)(?: and (\d+) more)?")
_MORE = re.compile(r" and \d+ more\Z")
_ALL_TOLD = frozenset({"file written", "process started", "listening"})
"""Aspects of which every difference is told."""


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
        return replace(verdict, differences=_few(verdict.differences))
    places = [frozenset(place for one in replay.differences for place in _places(one)) for replay in replays]
    always = frozenset(p for p in frozenset().union(*places) if all(map(partial(_shows, p), replays, places)))
    lasting = tuple(_each_once((one for each in replays for one in each.differences), always))
    runs = f"{len(replays)} runs of the slim image"
    gone = (
        replace(one, why=f"not in all of {runs}, and in none of {fats} of the fat one: chance")
        for one in dict.fromkeys(each for replay in replays for each in replay.differences)
        if always.isdisjoint(_places(one))
    )
    failing = {one.probe for one in lasting}
    agreed = sum(probe not in failing for probe in probes)
    return replace(
        verdict, differences=_few(lasting), noted=(*verdict.noted, *_few(tuple(gone))), agreed=agreed
    )


def _few(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """The first of each aspect of each probe; of what a run did besides, all."""
    told: Counter[tuple[str, str]] = Counter()
    few: list[Difference] = []
    for one in found:
        told[one.probe, one.aspect] += 1
        if one.aspect in _ALL_TOLD or told[one.probe, one.aspect] <= TOLD:
            few.append(one)
    return tuple(few)


_Place = tuple[str, str, str]


def _places(one: Difference) -> tuple[_Place, ...]:
    """Where it is: each line of the first fat run, where it is of several; what is there may be told
    otherwise each time. What is missing is itself the place where it is in no answer: a file that was not
    written is not the one that the next replay did not write."""
    if match := _LINES.fullmatch(one.where):
        first, more = int(match[1]), int(match[2] or 0)
        return tuple((one.probe, one.aspect, f"line {first + after}") for after in range(more + 1))
    where = _MORE.sub("", one.where) or (one.fat if not one.slim else "")
    return ((one.probe, one.aspect, where),)


def _shows(place: _Place, replay: Verdict, places: frozenset[_Place]) -> bool:
    """Whether `replay` has a difference there, or may have: of one text only MOST are looked for."""
    told = sum((one.probe, one.aspect) == place[:2] for one in replay.differences)
    return place in places or (told >= MOST and place[1] not in _ALL_TOLD)


def _each_once(found: Iterable[Difference], always: frozenset[_Place]) -> Iterator[Difference]:
    """Those of `found` at places of `always`, each place once."""
    left = set(always)
    for one in found:
        if not left.isdisjoint(_places(one)):
            left.difference_update(_places(one))
            yield one
