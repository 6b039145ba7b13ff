"""Probes that are shell command lines: in the container, or on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.listeners import listeners
from probes.exercise.model import ExecProbe, HealthProbe, HostProbe
from probes.exercise.session import Session
from probes.exercise.target import Target, published_ports
from probes.exercise.watchdog import group_ends_with_slim
from slim.errors import UsageError

OUTPUT_KEPT = 1 << 20
"""Bytes of standard output, and of standard error, that an Exchange holds."""
_EXEC_LIMIT = 1 << 23
"""Bytes of each that are taken from an engine: enough to hash any output that people read."""
_HEALTH_PAUSE = 0.1
_HEALTH_LONGEST = 2.0
"""Seconds between two runs of a healthcheck that has not passed yet: from the first to the second."""
_KILLED = "killed after {:g} s; give a longer --probe-timeout, or the probe a timeout of its own"
_TICK = 0.05
"""Seconds between looks at a command whose output stays open: a background child holds it."""
_DRAIN_SECONDS = 1.0
"""For what is still in the pipes after the command ended."""


def run_exec(probe: ExecProbe, session: Session) -> Exchange:
    """Run `probe` in the container under the session's tracer; its exit code decides.

    Raises EngineError when the engine cannot run anything in the container.
    """
    argv = shell_argv(probe.command, session.shell)
    done = run_inside(probe.name, "exec", argv, session, probe.timeout or session.options.probe_timeout)
    return replace(done, sent=Sent(probe.command))


def run_health(probe: HealthProbe, session: Session) -> Exchange:
    """Run the HEALTHCHECK until it passes or `--start-timeout` is over: an application that is
    starting may be unhealthy (Docker's start period). Raises EngineError as `run_exec` does."""
    deadline = time.monotonic() + session.options.start_timeout
    pause, tries = _HEALTH_PAUSE, 0
    while True:
        timeout = max(session.options.probe_timeout, probe.timeout)
        exchange = run_inside(probe.name, "health", probe.argv, session, timeout)
        tries += 1
        if exchange.passed:
            return exchange
        if time.monotonic() + pause > deadline:
            times = f"tried {tries} times in {session.options.start_timeout:g} s: " if tries > 1 else ""
            waited = times + shlex.join(probe.argv)
            return replace(exchange, detail="; ".join(filter(None, (exchange.detail, waited))))
        session.say("waiting for the healthcheck to pass")
        if session.container.wait(pause) is not None:
            return exchange
        pause = min(2 * pause, _HEALTH_LONGEST)


def run_inside(name: str, kind: str, argv: Sequence[str], session: Session, timeout: float) -> Exchange:
    """Run `argv` in the container under the session's tracer, as the container's user, in its working
    directory, with its environment and the session's variables; `timeout` seconds at the most.

    Raises EngineError when the engine cannot run anything in the container.
    """
    started, begin = time.time(), time.monotonic()
    done = session.container.execute(
        session.wrap(argv),
        environment=tuple(_presentable(session.variables).items()),
        timeout=timeout,
        limit=_EXEC_LIMIT,
    )
    detail = _KILLED.format(timeout) if done.exit_code is None else ""
    if done.left_running:
        detail += "; it could not be killed, and runs on in the container"
    if done.truncated:
        detail = "; ".join(filter(None, (detail, f"output past {_EXEC_LIMIT >> 20} MiB was thrown away")))
    return Exchange(
        probe=name,
        kind=kind,
        result=Result.TIMED_OUT if done.exit_code is None else Result.ANSWERED,
        exit_code=done.exit_code,
        body=done.stdout[:OUTPUT_KEPT],
        body_size=len(done.stdout),
        body_sha256=hashlib.sha256(done.stdout).hexdigest(),
        stderr=done.stderr[:OUTPUT_KEPT],
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
    )


def shell_argv(command: str, shell: Sequence[str]) -> tuple[str, ...]:
    """`command` as an argument list: for `shell`, or split into words where there is none.

    Raises UsageError for quotes that are not closed.
    """
    if shell:
        return (*shell, command)
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(
            f"--exec-probe {command!r} cannot be split into words",
            cause=f"the image has no shell, and: {error}",
        ) from error


def run_host(probe: HostProbe, session: Session, target: Target | None) -> Exchange:
    """Run `probe` on this machine; its exit code decides.

    Its environment is the session's with what `slim_environment` gives. Whatever it left running in
    its process group is killed with it.
    """
    started, begin = time.time(), time.monotonic()
    timeout = probe.timeout or session.options.probe_timeout
    environment = _presentable({**session.environment, **slim_environment(session, target)})
    done = run_bounded(("/bin/sh", "-c", probe.command), environment, timeout, session.cancelled)
    return Exchange(
        probe=probe.name,
        kind="host",
        result=Result.TIMED_OUT if done.exit_code is None else Result.ANSWERED,
        exit_code=done.exit_code,
        body=bytes(done.stdout.head),
        body_size=done.stdout.size,
        body_sha256=done.stdout.digest.hexdigest(),
        stderr=bytes(done.stderr.head),
        seconds=time.monotonic() - begin,
        started=started,
        detail=_KILLED.format(timeout) if done.exit_code is None else "",
        sent=Sent(probe.command),
    )


def slim_environment(session: Session, target: Target | None) -> dict[str, str]:
    """What a command on this machine is told of the container: SLIM_CONTAINER, its name; where there
    is a target, SLIM_URL, SLIM_HOST and SLIM_PORT; and for each TCP port n that listens and can be
    reached, SLIM_PORT_n: where it is reached from here."""
    told = {"SLIM_CONTAINER": session.container.name}
    if target is None:
        return told
    told |= {"SLIM_URL": target.url, "SLIM_HOST": target.host, "SLIM_PORT": str(target.port)}
    found = published_ports(session, session.container.state(), listeners(session))
    return told | {f"SLIM_PORT_{port}": str(reached) for port, reached in found}


def _presentable(variables: Mapping[str, str]) -> dict[str, str]:
    """What of `variables` an environment can hold: environ(7)."""
    return {name: value for name, value in variables.items() if "\0" not in name + value and "=" not in name}


@dataclass
class Captured:
    """One output of a command: its first bytes, and the size and hash of all of it."""

    head: bytearray = field(default_factory=bytearray)
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.digest.update(chunk)
        self.head += chunk[: OUTPUT_KEPT - len(self.head)]


@dataclass(frozen=True)
class Finished:
    """A command that ended, or was killed."""

    exit_code: int | None
    """128 plus the signal's number when a signal ended it, as a shell reports it; None when it
    was killed because the time was up."""
    stdout: Captured
    stderr: Captured


def run_bounded(
    argv: Sequence[str],
    environment: Mapping[str, str],
    timeout: float,
    cancelled: threading.Event | None = None,
) -> Finished:
    """Run `argv` with exactly `environment`, no input and a process group of its own.

    At the deadline (`timeout` seconds), when `cancelled` is set, and when the command ends or slim is
    interrupted or killed, the whole group is killed.
    """
    cancelled = cancelled or threading.Event()
    deadline = time.monotonic() + timeout
    process = subprocess.Popen(
        argv,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout and process.stderr  # noqa: S101 - PIPE was asked for
    pipes: dict[IO[bytes], Captured] = {process.stdout: Captured(), process.stderr: Captured()}
    captured = tuple(pipes.values())
    try:
        with group_ends_with_slim(process.pid), selectors.DefaultSelector() as selector:
            for pipe in pipes:
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ)
            ended = _collect(selector, pipes, process, deadline, cancelled)
            _kill_group(process)
            _drain(selector, pipes)
    except BaseException:
        _kill_group(process)
        raise
    finally:
        process.wait()
        process.stdout.close()
        process.stderr.close()
    code = process.returncode if ended else None
    return Finished(128 - code if code is not None and code < 0 else code, *captured)


def _collect(
    selector: selectors.BaseSelector,
    pipes: Mapping[IO[bytes], Captured],
    process: subprocess.Popen[bytes],
    deadline: float,
    cancelled: threading.Event,
) -> bool:
    """Read until the command ends; False when the deadline came first, or it was cancelled."""
    while selector.get_map():
        if process.poll() is not None:
            return True
        left = deadline - time.monotonic()
        if left <= 0 or cancelled.is_set():
            return False
        _read_ready(selector, pipes, min(left, _TICK))
    # Both outputs are closed: it has ended, or goes on without them.
    while not cancelled.is_set() and (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(left, _TICK))
            return True
    return process.poll() is not None


def _drain(selector: selectors.BaseSelector, pipes: Mapping[IO[bytes], Captured]) -> None:
    """Read what is left in the pipes; a process that left the group may hold them open for ever."""
    until = time.monotonic() + _DRAIN_SECONDS
    while selector.get_map() and time.monotonic() < until and _read_ready(selector, pipes, 0):
        pass


def _read_ready(
    selector: selectors.BaseSelector, pipes: Mapping[IO[bytes], Captured], timeout: float
) -> bool:
    """Read once from each pipe that has something; False when none had within `timeout` seconds."""
    ready = selector.select(timeout)
    for key, _ in ready:
        pipe = key.fileobj
        assert not isinstance(pipe, int)  # noqa: S101 - only pipe objects are registered
        chunk = os.read(key.fd, 1 << 16)
        if chunk:
            pipes[pipe].add(chunk)  # type: ignore[index]
        else:
            selector.unregister(pipe)
    return bool(ready)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
