"""Wait until something comes true of a running container, and tell what it was waited for."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar

from probes.exercise.agreement import agree
from probes.exercise.command import run_inside, shell_argv
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.http import send
from probes.exercise.listeners import listeners
from probes.exercise.logs import readable_lines
from probes.exercise.model import HttpProbe, UntilProbe
from probes.exercise.parts import Until, spell_until
from probes.exercise.readiness import await_condition
from probes.exercise.regex import Unsearchable, search
from probes.exercise.session import Session
from slim.engine.interface import ContainerState
from slim.errors import EngineError, ExerciseError

_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
"""Seconds between two tries of what did not succeed: from the first to the second, and at the most."""
_LINE_LIMIT = 1 << 16
"""Bytes of a line of the log that are looked at: one without an end must have a bound."""


@dataclass(frozen=True)
class _Outcome:
    """How a wait ended."""

    result: Result
    detail: str = ""
    exit_code: int | None = None
    status: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""


_MET = _Outcome(Result.ANSWERED)


def wait(probe: UntilProbe, conversation: Conversation) -> Exchange:
    """Wait until what `probe` names is true, its timeout (else `--probe-timeout`) at the most.

    It is looked at again and again, at intervals that grow; the log is followed, and only time itself
    is slept. Commands are traced. What is waited for, and what was seen of it last, is said as it
    goes. Refused: it can never come true, because the container ended or has no such thing. Raises
    EngineError when the engine fails.
    """
    session = conversation.session
    timeout = probe.timeout or session.options.probe_timeout
    started, begin = time.time(), time.monotonic()
    session.say(f"waiting until {spell_until(probe.until)}")
    outcome = _wait(probe.until, conversation, begin + timeout)
    if outcome.result is Result.TIMED_OUT:
        waited = f"not within {timeout:g} s"
        outcome = replace(outcome, detail="; ".join(filter(None, (waited, outcome.detail))))
    return Exchange(
        probe=probe.name,
        kind="until",
        result=outcome.result,
        status=outcome.status,
        exit_code=outcome.exit_code,
        body=outcome.stdout,
        body_size=len(outcome.stdout),
        stderr=outcome.stderr,
        seconds=time.monotonic() - begin,
        started=started,
        detail=outcome.detail,
        sent=Sent(f"until {spell_until(probe.until)}"),
    )


def _wait(until: Until, conversation: Conversation, deadline: float) -> _Outcome:
    session = conversation.session
    try:
        if until.log:
            return _log(until, session, deadline)
        if until.port:
            return _port(until.port, conversation, deadline)
        if until.http:
            return _retried(until, session, deadline, lambda left: _http(until.http, conversation, left))
        if until.command:
            argv = shell_argv(until.command, session.shell)
            return _retried(until, session, deadline, lambda left: _command(argv, session, left))
        if until.health:
            return _health(until, session, deadline)
    except (ExerciseError, Unsearchable) as error:
        return _Outcome(Result.REFUSED, str(error))
    code = session.container.wait(until.seconds)
    return _MET if code is None else _ended(code)


def _log(until: Until, session: Session, deadline: float) -> _Outcome:
    """Each whole line of either stream, from the log's beginning; the last one also without its end
    where the container has ended."""
    rests = {1: b"", 2: b""}
    last = ""
    for stream, data in session.container.follow_logs(max(0.0, deadline - time.monotonic())):
        *lines, rest = (rests[stream] + data).split(b"\n")
        rests[stream] = rest[-_LINE_LIMIT:]
        if _matches(until.log, lines):
            return _MET
        for line in lines[-1:]:
            last = next(iter(readable_lines(line)), last)
            session.say(f"waiting until {spell_until(until)}; now: {last}")
    if _matches(until.log, rests.values()):
        return _MET
    told = f"the last line was: {last}" if last else "it logged nothing"
    code = session.container.state().exit_code
    return _Outcome(Result.TIMED_OUT, told) if code is None else _ended(code, told)


def _matches(pattern: str, lines: Iterable[bytes]) -> bool:
    texts = [line[:_LINE_LIMIT].decode("utf-8", "replace").rstrip("\r") for line in lines]
    return bool(texts) and search(pattern, texts) is not None


def _port(port: int, conversation: Conversation, deadline: float) -> _Outcome:
    """Where nothing of the container can be reached, that it listens must do."""
    session = conversation.session
    timeout = max(0.0, deadline - time.monotonic())
    if session.network != "none":
        return _MET if conversation.listens(port, timeout) else _Outcome(Result.TIMED_OUT, _others(session))

    def look(_: ContainerState) -> bool | None:
        return True if any(one.port == port for one in listeners(session)) else None

    met = await_condition(session, look, timeout)
    return _MET if met else _Outcome(Result.TIMED_OUT, _others(session))


def _others(session: Session) -> str:
    found = ", ".join(str(one) for one in listeners(session))
    return f"it listens on {found}" if found else "it listens on nothing"


def _retried(
    until: Until, session: Session, deadline: float, attempt: Callable[[float], _Outcome]
) -> _Outcome:
    """What `attempt`, which gets the seconds that are left, comes to once it is met; else the last that
    was not cut short by the deadline."""
    pause, tries = _PAUSE, 0
    whole: _Outcome | None = None
    while True:
        try:
            outcome = attempt(max(_PAUSE, deadline - time.monotonic()))
        except (EngineError, ExerciseError):
            code = session.container.state().exit_code
            if code is None:
                raise
            return _ended(code)
        tries += 1
        if outcome.result is Result.ANSWERED:
            return outcome
        left = deadline - time.monotonic()
        whole = outcome if left > 0 or whole is None else whole
        session.say(f"waiting until {spell_until(until)}; tried {tries} times, now: {whole.detail}")
        code = session.container.wait(min(pause, left)) if left > 0 else None
        if code is not None:
            return _ended(code, whole.detail)
        if deadline - time.monotonic() <= 0:
            tried = f"tried {tries} times, the last time: {whole.detail}"
            return replace(whole, result=Result.TIMED_OUT, detail=tried)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _http(path: str, conversation: Conversation, left: float) -> _Outcome:
    """With cookies of its own: how often it is asked is chance."""
    told = _Outcome(Result.REFUSED, "nothing listens")
    for target in conversation.targets(0, left):
        probe = HttpProbe("GET", path, headers=conversation.session.options.headers)
        exchange = agree(
            probe, target, conversation, lambda one, where: send(one, where, CookieJar(), timeout=left)
        )
        if exchange.status is not None and exchange.status < 400:
            scheme = conversation.schemes.get(target.container_port, "http")
            conversation.answered(0, replace(target, scheme=scheme))
            return replace(_MET, status=exchange.status)
        said = f"status {exchange.status}" if exchange.status else exchange.detail
        told = _Outcome(Result.REFUSED, f"{target.address}: {said}", status=exchange.status)
    return told


def _health(until: Until, session: Session, deadline: float) -> _Outcome:
    health = session.health
    if health is None:
        return _Outcome(Result.REFUSED, "the image has no HEALTHCHECK")
    own = health.timeout
    outcome = _retried(until, session, deadline, lambda left: _command(health.argv, session, left, own))
    if outcome.result is Result.TIMED_OUT:
        return replace(outcome, detail=f"{outcome.detail} ({shlex.join(health.argv)})")
    return outcome


def _command(argv: tuple[str, ...], session: Session, left: float, own: float = 0.0) -> _Outcome:
    """`own`: the seconds that the command's author gave it."""
    timeout = min(left, max(session.options.probe_timeout, own))
    done = run_inside("", "until", argv, session, timeout)
    if done.exit_code == 0:
        return _MET
    output = readable_lines(done.stderr) or readable_lines(done.body)
    said = f": {output[-1]}" if output else ""
    told = f"exit code {done.exit_code}" if done.exit_code is not None else f"killed after {timeout:g} s"
    return _Outcome(Result.REFUSED, told + said, done.exit_code, None, done.body, done.stderr)


def _ended(code: int, told: str = "") -> _Outcome:
    detail = "; ".join(filter(None, (f"the container ended with exit code {code}", told)))
    return _Outcome(Result.REFUSED, detail)
