"""Differences that chance may have made, and what further runs of both images say of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from slim.verify.model import Difference, Evidence, Verdict
from slim.verify.verdict import overall, verdict_of
from slim.verify.volatile import MOST, TOLD

ROUNDS = 2
"""How often each image runs once more before a difference that may be chance fails the verification. Of two
ways that come up equally often, all of three replays then show the one, and all of four fat runs the other,
once in 64 times; an error that comes up once in twenty runs is on each of three replays, and in none of the
fat runs, once in 9,800."""
ROUNDS_OF_THE_UNSTEADY = 4
"""The same where runs of the fat image differ among themselves in the same aspect of the probe: a page with
ten such places would fail in one of seven times; after so many rounds it is one in a hundred."""

_LINES = re.compile(r"line (\d+)(?: and (\d+) more)?")
_MORE = re.compile(r" and \d+ more\Z")
_DEEDS = frozenset({"file written", "process started", "listening"})
"""Aspects of which every difference is told."""
_BESIDE = _DEEDS | {"error in the log"}
"""Aspects in which what differs is itself the place."""
_NOT_IN_ALL = "not in each run of the slim image: chance"
_UNSTEADY = "runs of the fat image differ so among themselves: chance"


def may_be_chance(verdict: Verdict) -> bool:
    """Whether it fails on nothing but what two runs of one image may differ in: which of two workers
    answered, a connection that was reset. Nothing was looked up in vain, and everything came out alike."""
    return bool(verdict.differences) and not is_certain(verdict)


def is_certain(verdict: Verdict) -> bool:
    """Whether it fails, whatever further runs come to."""
    return bool(verdict.lookups) or came_out_otherwise(verdict)


def came_out_otherwise(verdict: Verdict) -> bool:
    """Whether something had another outcome."""
    return any(one.decisive for one in verdict.differences)


def among(fats: Sequence[Evidence], life: str = "") -> tuple[Verdict, ...]:
    """Each run of the fat image as if it were slim's, against all others of them. Nothing where a run has
    less than two others: of one run nothing is known to be volatile."""
    if len(fats) < 3:
        return ()
    ran = tuple(fats)
    rest = [(*ran[:number], *ran[number + 1 :]) for number in range(len(ran))]
    return tuple(verdict_of(one[0], one[1:], own, life=life) for one, own in zip(rest, ran, strict=True))


def is_unsteady(verdict: Verdict, fats: Sequence[Verdict]) -> bool:
    """Whether it fails in an aspect of a probe in which runs of the fat image (`among`) fail, too."""
    return not _aspects(verdict).isdisjoint(_aspects(*fats))


def settled(replays: Sequence[Verdict], fats: Sequence[Verdict], probes: Sequence[str]) -> Verdict:
    """One verdict on several replays of one life, each judged against the same runs of the fat image; `fats`
    is what these come to `among` themselves, `probes` are those of its exchanges.

    What a replay missed, and what came out otherwise in any of them, counts, and with it all else that this
    one shows. Else what differs counts if each replay shows it, since a slim image is broken whenever it
    runs: at one place, unless most fat runs differ there too, or in one aspect at another place each time,
    unless any fat run does that too."""
    missed = overall(tuple(replays))
    first = next((one for one in replays if came_out_otherwise(one)), replays[0])
    verdict = replace(first, lookups=missed.lookups, on_purpose=missed.on_purpose)
    if len(replays) == 1 or first is not replays[0]:
        return replace(verdict, differences=_few(verdict.differences))
    held = _held(replays, fats)
    everywhere = frozenset.intersection(*map(_aspects, replays))
    unsteady = everywhere & _aspects(*fats)
    moving = everywhere - unsteady - {place[:2] for place in held}
    every = tuple(dict.fromkeys(one for replay in replays for one in replay.differences))
    lasting = (
        *_each_once(every, held),
        *(one for one in first.differences if (one.probe, one.aspect) in moving),
    )
    gone = (
        replace(one, why=_UNSTEADY if (one.probe, one.aspect) in unsteady else _NOT_IN_ALL)
        for one in every
        if (one.probe, one.aspect) not in moving and held.isdisjoint(_places(one))
    )
    failing = {one.probe for one in lasting}
    return replace(
        verdict,
        differences=_few(lasting),
        noted=(*verdict.noted, *_few(gone)),
        agreed=sum(probe not in failing for probe in probes),
    )


_Aspect = tuple[str, str]
"""A probe, and what of it."""
_Place = tuple[str, str, str]


def _aspects(*verdicts: Verdict) -> frozenset[_Aspect]:
    return frozenset((one.probe, one.aspect) for verdict in verdicts for one in verdict.differences)


def _held(replays: Sequence[Verdict], fats: Sequence[Verdict]) -> frozenset[_Place]:
    """Places at which each replay differs, and not more than half of the fat runs do."""
    ran = [(one, _places_of(one)) for one in replays]
    among_fats = Counter(place for one in fats for place in _places_of(one))
    every = frozenset(place for _, places in ran for place in places)
    return frozenset(
        place
        for place in every
        if 2 * among_fats[place] <= len(fats) and all(_shows(place, *one) for one in ran)
    )


def _places_of(verdict: Verdict) -> frozenset[_Place]:
    return frozenset(place for one in verdict.differences for place in _places(one))


def _places(one: Difference) -> tuple[_Place, ...]:
    """Where it is: each line of the first fat run, where it is of several; what is there may be told
    otherwise each time. A file that was not written is not the one that the next replay did not write."""
    if match := _LINES.fullmatch(one.where):
        first, more = int(match[1]), int(match[2] or 0)
        return tuple((one.probe, one.aspect, f"line {first + after}") for after in range(more + 1))
    where = _MORE.sub("", one.where) or (one.fat or one.slim if one.aspect in _BESIDE else "")
    return ((one.probe, one.aspect, where),)


def _shows(place: _Place, replay: Verdict, places: frozenset[_Place]) -> bool:
    """Whether `replay` has a difference there, or may have: of one text only MOST are looked for."""
    told = sum((one.probe, one.aspect) == place[:2] for one in replay.differences)
    return place in places or (told >= MOST and place[1] not in _DEEDS)


def _each_once(found: Iterable[Difference], held: frozenset[_Place]) -> Iterator[Difference]:
    """Those of `found` at places of `held`, each place once."""
    left = set(held)
    for one in found:
        if not left.isdisjoint(_places(one)):
            left.difference_update(_places(one))
            yield one


def _few(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The first of each aspect of each probe; of what a run did besides, all."""
    told: Counter[_Aspect] = Counter()
    few: list[Difference] = []
    for one in found:
        told[one.probe, one.aspect] += 1
        if one.aspect in _DEEDS or told[one.probe, one.aspect] <= TOLD:
            few.append(one)
    return tuple(few)
