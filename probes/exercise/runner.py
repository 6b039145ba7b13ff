"""Run probes, one after the other, against one started container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar

from probes.exercise.command import run_exec, run_health, run_host
from probes.exercise.http import send
from probes.exercise.listeners import listeners
from probes.exercise.logs import log_tail, readable_lines
from probes.exercise.model import (
    Exchange,
    ExecProbe,
    ExitProbe,
    HealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    Result,
    Transcript,
)
from probes.exercise.oneshot import run_to_end
from probes.exercise.readiness import await_commands, await_end, await_targets
from probes.exercise.session import Session
from probes.exercise.target import Target
from probes.exercise.unready import ended, loopback_listeners, nothing_listens
from slim.engine.interface import ContainerState
from slim.errors import EngineError, ExerciseError

_END_SECONDS = 0.5
"""How long after a broken connection the engine may take to notice that the container ended."""


@dataclass(frozen=True)
class Exercised:
    """What was run against one container."""

    probes: tuple[Probe, ...]
    """The probes that were run: those that were given, or the one that was decided upon. Give
    these to the next run of the same image."""
    exchanges: tuple[Exchange, ...]
    port: int = 0
    """The container's port that answered HTTP; 0 when none was asked or did."""


def exercise(probes: Sequence[Probe], session: Session, *, health: HealthProbe | None = None) -> Exercised:
    """Run `probes`, or find out what can be exercised when there are none.

        Without probes: a container that ends by itself is a program whose exit code and output are the
        probe; one that answers HTTP is sent `GET /`. Raises ExerciseError when nothing could be
        exercised (unless the options allow that), when the container ends before it is ready, and when
    no port of it can be reached. `health` is run last, where all others passed and the container is
        not one that ends by itself.
    """
    run = _Run(session)
    if probes:
        exchanges = tuple(run.probe(probe) for probe in probes)
        found = Exercised(tuple(probes), exchanges, run.http_port)
    else:
        found = _decide(run, session, healthcheck=health is not None)
    passed = all(one.passed and one.kind != "exit" for one in found.exchanges)
    if health is None or health in found.probes or not passed:
        return found
    exchanges = (*found.exchanges, run.probe(health))
    return Exercised((*found.probes, health), exchanges, run.http_port)


def run_probes(probes: Sequence[Probe], session: Session) -> tuple[Exchange, ...]:
    """Run `probes` in order, waiting for what each of them needs; one exchange for each.

    A probe that fails is an exchange; ExerciseError is raised only when the container never
    became ready.
    """
    run = _Run(session)
    return tuple(run.probe(probe) for probe in probes)


def transcribe(exchanges: tuple[Exchange, ...], session: Session) -> Transcript:
    """The transcript of a run whose probes are done; to be called before the container is ended."""
    state = session.container.state()
    return Transcript(
        exchanges=exchanges,
        container_exit_code=state.exit_code,
        listening=tuple(str(one) for one in listeners(session)) if state.pid else (),
        log_tail=log_tail(session.container),
    )


def failures(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """One sentence for each probe that did not pass, in order."""
    return tuple(_sentence(one) for one in exchanges if not one.passed)


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
    }
    return f"{one.probe} {words[one.result]}{tail}"


class _Run:
    """The state that the probes of one run share: cookies and where to send."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cookies = CookieJar()
        self._targets: dict[int, tuple[Target, ...]] = {}
        self._commands_ready = False
        self.http_port = 0

    def probe(self, probe: Probe) -> Exchange:
        """Make ready for `probe`, run it, and see whether the container survived it."""
        if isinstance(probe, ExitProbe):
            self._session.mark(probe.name)
            return run_to_end(probe, self._session)
        if self._targets or self._commands_ready:  # it was ready before: now its end is a result
            state = self._session.container.state()
            if state.exit_code is not None:
                return self._died(Exchange(probe.name, _kind(probe), Result.DIED), state)
        if isinstance(probe, HttpProbe):
            return self._http(probe)
        return self._command(probe)

    def targets(self, port: int = 0) -> tuple[Target, ...]:
        """Where `port` (0: the port to be found) is reached; waits for it at the first call."""
        if port not in self._targets:
            if found := await_targets(self._session, port):
                self._targets[port] = found
            return found
        return self._targets[port]

    def _http(self, probe: HttpProbe) -> Exchange:
        targets = self.targets(probe.port)
        if not targets:
            raise nothing_listens(self._session, probe.port)
        self._session.mark(probe.name)
        first: Exchange | None = None
        for target in targets:
            if not self.http_port:
                self._session.say(f"waiting for {target.address} to answer HTTP")
            exchange = send(probe, target, self._cookies, self._session.options.probe_timeout)
            if exchange.status is not None:
                self._targets[probe.port] = (target,)
                self.http_port = self.http_port or target.container_port
                return self._survived(exchange)
            first = first or self._survived(exchange)
            if first.result is Result.DIED:
                break
        assert first  # noqa: S101 - there was a target
        return first

    def _command(self, probe: ExecProbe | HostProbe | HealthProbe) -> Exchange:
        target = self._target_of_host_probe() if isinstance(probe, HostProbe) else None
        if not target and not self._commands_ready and not self.http_port:
            await_commands(self._session)
        self._commands_ready = True
        self._session.mark(probe.name)
        if isinstance(probe, HostProbe):
            return self._survived(run_host(probe, self._session, target))
        try:
            if isinstance(probe, HealthProbe):
                return self._survived(run_health(probe, self._session))
            return self._survived(run_exec(probe, self._session))
        except EngineError:
            state = self._session.container.state()
            if state.exit_code is None:
                raise
            return self._died(Exchange(probe.name, _kind(probe), Result.DIED), state)

    def _target_of_host_probe(self) -> Target | None:
        """Where SLIM_URL leads; None for a container that need not listen and does not."""
        session = self._session
        if session.network == "none" or (self._commands_ready and not self._targets):
            return None
        targets = self.targets()
        if not targets and (session.options.port or session.exposed or loopback_listeners(session)):
            raise nothing_listens(session)
        if not targets:
            session.say("nothing listens: SLIM_URL is not set")
        return targets[0] if targets else None

    def _survived(self, exchange: Exchange) -> Exchange:
        """`exchange`, or what became of it when the container died under it."""
        if exchange.passed:
            return exchange
        if exchange.result in (Result.REFUSED, Result.BROKEN, Result.ANSWERED):
            self._session.container.wait(_END_SECONDS)
        state = self._session.container.state()
        return exchange if state.exit_code is None else self._died(exchange, state)

    def _died(self, exchange: Exchange, state: ContainerState) -> Exchange:
        detail = f"exit code {state.exit_code}{', out of memory' if state.oom_killed else ''}"
        if tail := log_tail(self._session.container):
            detail += "; its last log lines:\n" + "\n".join(tail)
        return replace(exchange, result=Result.DIED, exit_code=state.exit_code, detail=detail)


def _kind(probe: Probe) -> str:
    kinds: dict[type, str] = {
        HttpProbe: "http",
        ExecProbe: "exec",
        HealthProbe: "health",
        HostProbe: "host",
        ExitProbe: "exit",
    }
    return kinds[type(probe)]


def _decide(run: _Run, session: Session, *, healthcheck: bool) -> Exercised:
    """Exercise a container for which the user gave no probe."""
    found = _targets_or_end(run, session, lenient=session.options.allow_unexercised or healthcheck)
    if found is None:
        end = ExitProbe()
        return Exercised((end,), (run.probe(end),))
    home = HttpProbe("GET", "/")
    exchange = run.probe(home) if found else None
    if exchange and exchange.status is not None:
        return Exercised((home,), (exchange,), run.http_port)
    if exchange and exchange.result is Result.DIED:
        raise ended(session, session.container.state())
    if session.options.allow_unexercised or healthcheck:
        return Exercised((), ())
    if exchange:
        where = ", ".join(target.address for target in found)
        cause = f"{where} accepts connections but does not answer HTTP ({exchange.detail})"
    else:
        cause = nothing_listens(session).message + ", and the program did not end"
    raise ExerciseError(
        "nothing was exercised",
        cause=cause,
        remedy="give a probe (--http-probe, --exec-probe or --host-probe), a longer --start-timeout for a "
        "program that ends, or --allow-unexercised to go on with the start alone",
    )


def _targets_or_end(run: _Run, session: Session, *, lenient: bool) -> tuple[Target, ...] | None:
    """Where the container can be reached, empty when nowhere; None when it ended by itself."""
    try:
        if session.network == "none":
            return None if await_end(session) else ()
        return run.targets()
    except ExerciseError:
        state = session.container.state()
        if state.exit_code is None:
            if lenient:
                return ()
            raise
        if state.exit_code != 0 and session.exposed:
            raise  # a server that could not start, not a program that runs to its end
        return None
