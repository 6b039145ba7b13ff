"""Does the slim image behave as the fat one did? Probe by probe, look-up by look-up."""

from __future__ import annotations

from collections.abc import Iterable

from probes.exercise.exchange import Exchange, Transcript
from slim.oci.path import ImagePath
from slim.verify.beyond import judge_beyond
from slim.verify.exchanges import Judged, judge_exchanges
from slim.verify.model import Difference, Evidence, LookupDifference, Verdict

THE_RUN = "the run"
"""What differences are told of that no probe shows."""


def verdict_of(
    fat: Evidence, again: tuple[Evidence, ...], slim: Evidence | None, why: str = "", life: str = ""
) -> Verdict:
    """Fat against slim, but for look-ups. `again` are further runs of the fat image with the same probes, one
    at least: what differs among the fat runs is volatile, all else must agree. `slim` is None where the slim
    image did not even start, and `why` says why. `life` is the run's name, empty where it is the only one."""
    if slim is None:
        return did_not_start(fat.transcript, why, life)
    fats = (fat, *again)
    judged = tuple(_probes(fats, slim))
    failed = sum(bool(one.differences) for one in judged)
    beyond = judge_beyond(fats, slim, the_run(life))
    return Verdict(
        probes=len(judged),
        agreed=len(judged) - failed,
        differences=tuple(difference for one in (*judged, beyond) for difference in one.differences),
        lookups=(),
        noted=tuple(difference for one in (*judged, beyond) for difference in one.noted),
    )


def the_run(life: str) -> str:
    """What differences of the run `life` are told of that no probe shows."""
    return f"{life}: {THE_RUN}" if life else THE_RUN


def _probes(fats: tuple[Evidence, ...], slim: Evidence) -> Iterable[Judged]:
    """Exchange by exchange, in the order of the first fat run. A probe that another fat run did not come
    to is compared with those that did."""
    for index, first in enumerate(fats[0].transcript.exchanges):
        after = _exchange(slim, index, first.probe)
        if after is None:
            lost = Difference(first.probe, "reachability", first.result.value, "not replayed")
            yield Judged((lost,), ())
            continue
        others = (_exchange(one, index, first.probe) for one in fats)
        yield judge_exchanges([one for one in others if one is not None], after)


def _exchange(run: Evidence, index: int, probe: str) -> Exchange | None:
    """The exchange at that place, where it is of that probe."""
    exchanges = run.transcript.exchanges
    return exchanges[index] if index < len(exchanges) and exchanges[index].probe == probe else None


def overall(verdicts: tuple[Verdict, ...]) -> Verdict:
    """One verdict on all runs; a path that several of them miss is told once."""
    return Verdict(
        sum(verdict.probes for verdict in verdicts),
        sum(verdict.agreed for verdict in verdicts),
        tuple(one for verdict in verdicts for one in verdict.differences),
        each_path_once(one for verdict in verdicts for one in verdict.lookups),
        tuple(one for verdict in verdicts for one in verdict.noted),
        each_path_once(one for verdict in verdicts for one in verdict.on_purpose),
    )


def each_path_once(lookups: Iterable[LookupDifference]) -> tuple[LookupDifference, ...]:
    """By path; of several the first."""
    found: dict[ImagePath, LookupDifference] = {}
    for one in lookups:
        found.setdefault(one.path, one)
    return tuple(found[path] for path in sorted(found))


def did_not_start(fat: Transcript, why: str, life: str = "") -> Verdict:
    """The verdict on a slim image whose application never became ready; `life` is the run's name."""
    before = "; ".join(f"{one.probe}: {one.result.value}" for one in fat.exchanges)
    start = f"{life}: start" if life else "start"
    return Verdict(len(fat.exchanges), 0, (Difference(start, "reachability", before, why),), (), ())
