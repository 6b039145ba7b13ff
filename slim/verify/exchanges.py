"""The exchanges of one probe: what must agree, and what two runs of one image may differ in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from probes.exercise.exchange import Exchange, Result
from slim.verify.content import Compared, clocks_of, compare_bodies, compare_outputs
from slim.verify.headers import compare_headers
from slim.verify.model import Difference
from slim.verify.structure import Structure

_COMMANDS = ("exec", "host", "health", "exit", "until")
"""Kinds whose body is a standard output."""

_BY_LENGTH = "of what is not held, only the length was compared: other bytes in each run"


@dataclass(frozen=True)
class Judged:
    """What came of one probe."""

    differences: tuple[Difference, ...]
    noted: tuple[Difference, ...]
    """What is volatile, by the number of places in each aspect."""


def judge_exchanges(fats: Sequence[Exchange], slim: Exchange) -> Judged:
    """The exchange of `slim` against those that at least two runs of the fat image had with the same
    probe. Where their outcomes differ, slim's must be one of them, and its answer is compared with those
    that came out like it."""
    first = fats[0]
    outcomes = {_came_to(one): _outcome(one) for one in reversed(fats)}
    noted: tuple[Difference, ...] = ()
    if len(outcomes) > 1:
        noted = (Difference(first.probe, "outcome", *_both([*outcomes.values()])),)
    same = [one for one in fats if _came_to(one) == _came_to(slim)]
    if not same:
        return Judged(tuple(judge(first, slim)), noted)
    differences: list[Difference] = []
    notes = list(noted)
    for aspect, compared in _aspects(same, slim):
        differences.extend(
            Difference(first.probe, aspect, one.fat, one.slim, one.where) for one in compared.found
        )
        if compared.masked:
            notes.append(note(first.probe, aspect, compared.masked))
        if compared.unread:
            told = f"{compared.unread} bytes beyond the first {len(slim.body)}"
            notes.append(Difference(first.probe, aspect, told, "compared by their number", why=_BY_LENGTH))
    return Judged(tuple(differences), tuple(notes))


def note(probe: str, aspect: str, places: int) -> Difference:
    """Told once of everything volatile in one aspect."""
    told = f"{places} volatile place{'s' if places > 1 else ''}"
    return Difference(probe, aspect, told, "compared by kind")


def _aspects(fats: Sequence[Exchange], slim: Exchange) -> Iterable[tuple[str, Compared]]:
    if slim.kind in ("http", "websocket"):
        yield "header", compare_headers(fats, slim)
    clocks = clocks_of(fats, slim)
    ways = Structure(clocks)
    redirects = tuple(ways.compare([list(one.redirects) for one in fats], list(slim.redirects)))
    yield "redirects", Compared(redirects, ways.masked)
    yield "standard output" if slim.kind in _COMMANDS else "body", compare_bodies(fats, slim)
    yield "standard error", compare_outputs([one.stderr for one in fats], slim.stderr, clocks)


def judge(fat: Exchange, slim: Exchange) -> Iterable[Difference]:
    """The differences in how a probe came out, which no two runs of one image may have."""
    if fat.result is not slim.result:
        yield Difference(fat.probe, "reachability", _outcome(fat), _outcome(slim))
        return
    if fat.status != slim.status:
        yield Difference(fat.probe, "status", str(fat.status), str(slim.status))
    if fat.exit_code != slim.exit_code:
        yield Difference(fat.probe, "exit code", str(fat.exit_code), str(slim.exit_code))


def _came_to(one: Exchange) -> tuple[Result, int | None, int | None]:
    return one.result, one.status, one.exit_code


def _both(outcomes: Sequence[str]) -> tuple[str, str]:
    return outcomes[-1], " or ".join(outcomes[:-1])


def _outcome(exchange: Exchange) -> str:
    detail = f" ({exchange.detail})" if exchange.detail and exchange.result is not Result.ANSWERED else ""
    if exchange.status is not None:
        return f"{exchange.result.value}: {exchange.status}{detail}"
    if exchange.exit_code:
        return f"{exchange.result.value}: exit code {exchange.exit_code}{detail}"
    return f"{exchange.result.value}{detail}"
