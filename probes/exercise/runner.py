"""Run probes, one after the other, against one started container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.exercise.conversation import Conversation
from probes.exercise.decide import decide, nothing_exercised
from probes.exercise.exchange import Exchange, Result, Transcript
from probes.exercise.generate import Generator, Operation
from probes.exercise.listeners import listeners
from probes.exercise.logs import error_lines, log_tail, readable_lines
from probes.exercise.model import BeginProbe, ExitProbe, HealthProbe, Probe, StartProbe
from probes.exercise.perform import perform
from probes.exercise.ready import await_ready
from probes.exercise.session import Session
from probes.exercise.unready import nothing_listens

_TOLD = 10
"""Probes that passed in an odd way, of which each is told."""


@dataclass(frozen=True)
class Exercised:
    """What was run against one container."""

    probes: tuple[Probe, ...]
    """The probes that were run: those that were given, or the one that was decided upon, then what the
    generators made up. Give these to the next run of the same image."""
    exchanges: tuple[Exchange, ...]
    port: int = 0
    """The container's port that answered HTTP; 0 when none was asked or did."""
    notes: tuple[str, ...] = ()
    """What the generators have to tell."""
    variables: tuple[tuple[str, str], ...] = ()
    """What was given and captured, at the end: for masking, never for people."""
    operations: tuple[Operation, ...] = ()
    """What OpenAPI documents declare, called or not."""


def exercise(
    probes: Sequence[Probe],
    session: Session,
    *,
    health: HealthProbe | None = None,
    generators: Sequence[Generator] = (),
    variables: Mapping[str, str] | None = None,
    idle: bool = False,
) -> Exercised:
    """Run `probes`, or find out what can be exercised when there are none.

    Without probes: a container that ends by itself is a program whose exit code and output are the
    probe; one that answers HTTP is sent `GET /`. Raises ExerciseError when nothing could be
    exercised (unless the options allow that, or `idle`: starting up is enough), when the container
    ends before it is ready, and when no port of it can be reached. `generators` make up further
    probes, and `health` is run last, where all before passed and the container is not one that ends
    by itself; where it may fail (in an `idle` life too, which may be of another command than it is
    for), it is then told and left out. `variables` is what `${name}` in probes stands for.
    """
    run = Conversation(session, variables)
    may_fail = health is None or health.may_fail or idle
    if not any(isinstance(one, ExitProbe | BeginProbe) for one in probes):
        await_ready(run, healthy=not may_fail)
    started_only = idle or (session.options.allow_unexercised and may_fail)
    otherwise = (StartProbe(),) if started_only else () if health is not None else None
    if probes:
        found = Exercised(tuple(probes), _perform(probes, run, pages=bool(generators)))
    else:
        found = Exercised(*decide(run, otherwise=otherwise, idle=idle))
    if not failures(found.exchanges):
        found = _with_generated(found, generators, run)
        if health is not None and health not in found.probes and not _over(found):
            found = _with_health(found, health, run, may_fail=may_fail)
    if not found.exchanges:
        raise nothing_exercised("; ".join((nothing_listens(session).message, *found.notes)))
    found = replace(
        found,
        exchanges=tuple(one.shortened() for one in found.exchanges),
        notes=(*_oddities(found.exchanges), *found.notes),
    )
    return replace(found, port=run.http_port, variables=tuple(sorted(run.variables.items())))


def _oddities(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """What to know of probes that passed: of an answer that was cut, or led elsewhere, not all is proven."""
    told = dict.fromkeys(
        f"{one.probe}: {one.detail}"
        for one in exchanges
        if one.passed and one.detail and not one.found_by and one.kind in ("http", "exec", "host")
    )
    more = (f"so it is with {len(told) - _TOLD} more probes",) if len(told) > _TOLD else ()
    return (*tuple(told)[:_TOLD], *more)


def _perform(probes: Sequence[Probe], run: Conversation, *, pages: bool) -> tuple[Exchange, ...]:
    """Run `probes`; of what is no page that a generator may read, only the beginning is held."""
    exchanges = (one for probe in probes for one in perform(probe, run))
    return tuple(one if pages and one.kind == "http" else one.shortened() for one in exchanges)


def _over(found: Exercised) -> bool:
    """Whether the container has run to its end, or a probe has ended it: no probe makes sense any more."""
    return any(one.kind == "exit" or one.result is Result.DIED for one in found.exchanges)


def _with_generated(found: Exercised, generators: Sequence[Generator], run: Conversation) -> Exercised:
    for generate in generators:
        if _over(found):
            note = "the container has ended: not all was crawled or called that was asked for"
            return replace(found, notes=(*found.notes, note))
        more = generate(run, found.exchanges)
        found = Exercised(
            (*found.probes, *more.probes),
            (*found.exchanges, *more.exchanges),
            notes=(*found.notes, *more.notes),
            operations=(*found.operations, *more.operations),
        )
    return found


def _with_health(found: Exercised, health: HealthProbe, run: Conversation, *, may_fail: bool) -> Exercised:
    if may_fail:  # tried once: what is not for this command never comes to pass
        run.session = replace(run.session, options=replace(run.session.options, start_timeout=0.0))
    exchanges = perform(health, run)
    if may_fail and failures(exchanges):
        note = f"the HEALTHCHECK is left out, as it does not pass: {failures(exchanges)[0]}"
        return replace(found, notes=(*found.notes, note))
    return replace(found, probes=(*found.probes, health), exchanges=(*found.exchanges, *exchanges))


def transcribe(exchanges: tuple[Exchange, ...], session: Session) -> Transcript:
    """The transcript of a run whose probes are done; to be called before the container is ended."""
    state = session.container.state()
    return Transcript(
        exchanges=exchanges,
        container_exit_code=state.exit_code,
        listening=tuple(str(one) for one in listeners(session)) if state.pid else (),
        log_tail=log_tail(session.container),
        log_errors=error_lines(session.container),
    )


def failures(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """One sentence for each probe of the user's that did not pass, in order; what a generator made up
    may fail, as long as it does so on the slim image too."""
    return tuple(_sentence(one) for one in exchanges if not one.passed and not one.found_by)


def _sentence(one: Exchange) -> str:
    tail = f": {one.detail}" if one.detail else ""
    if one.result is Result.ANSWERED:
        lines = readable_lines(one.stderr) or readable_lines(one.body)
        told = f" ({one.detail})" if lines and one.detail else ""
        tail = f": {lines[-1]}{told}" if lines else tail
        return f"{one.probe} exited with code {one.exit_code}{tail}"
    words = {
        Result.SERVER_ERROR: f"answered {one.status}",
        Result.REFUSED: "was refused",
        Result.TIMED_OUT: "timed out",
        Result.BROKEN: "broke off",
        Result.DIED: "found the container dead",
        Result.UNEXPECTED: "was answered, but not as expected",
    }
    return f"{one.probe} {words[one.result]}{tail}"
