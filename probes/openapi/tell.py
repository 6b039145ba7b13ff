"""What became of a document's operations, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Operation
from probes.openapi.operations import Declared
from probes.openapi.settings import DESTRUCTIVE_METHODS, OpenApi

_TOLD = 10
"""Of one kind, so many are named; the rest are counted."""


@dataclass
class Tally:
    """What is counted while a document is called."""

    name: str
    declared: Sequence[Declared]
    beyond: Sequence[Declared]
    """What there are too many of to be called."""
    settings: OpenApi
    answers: list[tuple[Operation, Exchange]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    left: list[Operation] = field(default_factory=list)
    """What was not called any more."""
    unproven: Counter[str] = field(default_factory=Counter)
    """Requests by the name of a security scheme that they want and that nobody gave."""

    @property
    def died(self) -> bool:
        return bool(self.answers) and self.answers[-1][1].result is Result.DIED

    def add(self, operation: Operation, exchange: Exchange) -> None:
        self.answers.append((operation, exchange))


def notes_of(tally: Tally) -> tuple[str, ...]:
    """One sentence for all calls, one for each that failed, and one for each thing that a user may want to
    change."""
    return tuple(f"openapi {tally.name}: {sentence}" for sentence in _sentences(tally))


def _sentences(tally: Tally) -> Iterator[str]:
    best: dict[Operation, str] = {}
    for operation, exchange in tally.answers:
        best[operation] = min(best.get(operation, _class(exchange)), _class(exchange))
    answers = ", ".join(f"{count} answered {kind}" for kind, count in sorted(Counter(best.values()).items()))
    again = f" by {_count(len(tally.answers), 'request')}" if len(tally.answers) > len(best) else ""
    called = f"{len(best)} of {_count(len(tally.declared), 'operation')} called{again}"
    yield f"{called}: {answers}" if answers else called
    if died := tally.died and tally.answers[-1]:
        yield f"{died[0].name} ended the container: {died[1].detail.partition(';')[0]}"
    broken = [
        f"broken in the fat image already: {one.probe} → {one.broken}"
        for _, one in tally.answers
        if one.broken and one.result is not Result.DIED
    ]
    yield from _some(broken, "more are broken in the fat image already")
    yield from _left_out(tally)
    yield from _some([f"no request for {one}" for one in tally.troubles], "more have no request")
    for scheme, count in sorted(tally.unproven.items()):
        yield (
            f"{_count(count, 'request')} without what `{scheme}` asks for: set a variable of that name, or "
            "give --openapi-header"
        )
    refused = sum(it.status in (401, 403) for _, it in tally.answers)
    if refused and not tally.unproven:
        yield (
            f"{_count(refused, 'request')} answered 401 or 403: give --openapi-header 'Authorization: …', or "
            "log in by the steps of a probe file"
        )
    if missing := sum(1 for one, it in tally.answers if it.status == 404 and "{" in one.path):
        yield f"{missing} with parameters in their path answered 404: most likely nothing has that identifier"
    flat = [it.status for one, it in tally.answers if "{" not in one.path]
    if flat and all(status == 404 for status in flat):
        yield "every path answered 404: perhaps the base path of the document's servers is another one here"


def _left_out(tally: Tally) -> Iterator[str]:
    count = Counter(one.operation.method for one in tally.declared)
    destructive = sum(count[method] for method in DESTRUCTIVE_METHODS)
    if destructive and not tally.settings.destructive:
        yield f"{_count(destructive, 'operation')} of PUT, PATCH and DELETE left out (--openapi-destructive)"
    if count["TRACE"]:
        yield f"{_count(count['TRACE'], 'operation')} of TRACE left out"
    if tally.beyond:
        yield (
            f"{_count(len(tally.beyond), 'operation')} left out beyond the first "
            f"{tally.settings.bounds.operations}"
        )
    if tally.left and not tally.died:
        yield f"{_count(len(tally.left), 'operation')} left out: the time was up"


def _some(sentences: list[str], more: str) -> Iterator[str]:
    yield from sentences[:_TOLD]
    if len(sentences) > _TOLD:
        yield f"{len(sentences) - _TOLD} {more}"


def _class(exchange: Exchange) -> str:
    return f"{exchange.status // 100}xx" if exchange.status else f"nothing ({exchange.result.value})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
