"""Wait until a container can be exercised: by looking at it, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from probes.exercise.listeners import Listener, listeners
from probes.exercise.processes import cpu_seconds
from probes.exercise.session import Session
from probes.exercise.target import Choice, Target, choose, connect, shares_host_network
from probes.exercise.unready import ended, no_network, nothing_listens, only_loopback, spell, unreachable
from slim.engine.interface import ContainerState

_FIRST_DELAY = 0.005
_LONGEST_DELAY = 0.1
_UNREACHABLE_SECONDS = 5.0
"""How long the wanted port may listen where nobody can connect before that is an error: some
programs start up on loopback first and open up afterwards."""
_IDLE = 0.2
_IDLE_EXPECTING = 3.0
_IDLE_FROM_AFAR = 10.0
"""Seconds without work after which a program that does not listen has started up: where nothing,
and where something, makes one expect that it will listen."""
_TICK_SECONDS = 0.01
"""The kernel counts processor time in these: proc_pid_stat(5), sysconf(_SC_CLK_TCK)."""

Found = TypeVar("Found")


def await_condition(
    session: Session, look: Callable[[ContainerState], Found | None], timeout: float
) -> Found | None:
    """What `look` returns once it is not None; None after `timeout` seconds.

    `look` is called with the container's state, at intervals that grow from 5 to 100 ms. Raises
    ExerciseError as soon as the container has ended.
    """
    deadline = time.monotonic() + timeout
    delay = _FIRST_DELAY
    while True:
        state = session.container.state()
        if state.exit_code is not None:
            raise ended(session, state)
        found = look(state) if state.pid else None
        if found is not None:
            return found
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(delay, left))
        delay = min(delay * 1.5, _LONGEST_DELAY)


def await_targets(session: Session, port: int = 0, timeout: float | None = None) -> tuple[Target, ...]:
    """Wait until a TCP port accepts connections; the targets in the order in which to try them.

    `port`: the port that a probe names; 0: `--port`, else EXPOSEd ports that listen, else what
    listens. Empty when nothing listens within `timeout` seconds (None: `--start-timeout`). Raises
    ExerciseError at once when the container ends, when it has no network, or when its port can be
    reached only from inside.
    """
    if session.network == "none":
        raise no_network()
    wait = _TargetWait(session, port or session.options.port)
    session.say(wait.purpose())
    bound = session.options.start_timeout if timeout is None else timeout
    return await_condition(session, wait.look, bound) or ()


class _TargetWait:
    """What was seen so far while waiting for targets."""

    def __init__(self, session: Session, port: int) -> None:
        self._session = session
        self._port = port
        self._shared = shares_host_network(session)
        self._choice = Choice((), 0.0)
        self._since = time.monotonic()
        self._unreachable_since: float | None = None
        self._told: tuple[Listener, ...] = ()

    def purpose(self) -> str:
        if self._port:
            return f"waiting for a TCP listener on port {self._port}"
        return "waiting for a TCP listener"

    def look(self, state: ContainerState) -> tuple[Target, ...] | None:
        found = listeners(self._session)
        now = time.monotonic()
        choice = choose(found, self._port, self._session.exposed, shared=self._shared)
        if choice != self._choice:
            self._choice, self._since = choice, now
        targets: tuple[Target, ...] = ()
        if choice.ports and now - self._since >= choice.settle:
            reached = (connect(self._session, state, port, found) for port in choice.ports)
            targets = tuple(target for target in reached if target)
        if targets:
            return targets
        self._complain(found, state, now)
        return None

    def _complain(self, found: tuple[Listener, ...], state: ContainerState, now: float) -> None:
        """Say, and in the end raise, that what listens cannot be reached."""
        refusing = tuple(one for one in found if one.port in self._choice.ports)
        hidden = self._choice.unreachable
        if refusing and now - self._since < self._choice.settle:
            return
        if not refusing and not hidden:
            self._unreachable_since = None
            return
        self._unreachable_since = self._unreachable_since or now
        waited = now - self._unreachable_since
        wanted = {self._port} if self._port else set(self._session.exposed)
        if waited >= _UNREACHABLE_SECONDS and (refusing or wanted & {one.port for one in hidden}):
            raise unreachable(refusing, state) if refusing else only_loopback(hidden)
        if hidden and hidden != self._told:
            self._told = hidden
            self._session.say(f"only {spell(hidden)} listens, out of reach; {self.purpose()}")


def await_end(session: Session) -> bool:
    """Wait for the container's end, `--start-timeout` at the most; whether it has ended."""
    session.say("waiting for the program to end")
    return session.container.wait(session.options.start_timeout) is not None


def await_commands(session: Session) -> None:
    """Wait until commands in the container make sense: one of the expected ports listens (on any
    address), or something else does, or the container's processes have nothing left to do.

    A worker listens on nothing, and an EXPOSE may come from a base image: then it is ready once its
    processes use no processor time, or at once where they cannot be seen from here. Raises
    ExerciseError when the container ends, or when `--port` never listens. A program that is still
    busy after `--start-timeout` is taken as it is.
    """
    wait = _CommandsWait(session)
    session.say("waiting for the program to start up")
    ready = await_condition(session, wait.look, session.options.start_timeout)
    if not ready and session.options.port:
        raise nothing_listens(session)


class _CommandsWait:
    """What was seen so far while waiting for a start-up to be over."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._expected = {session.options.port} if session.options.port else set(session.exposed)
        self._idle_enough = _IDLE_EXPECTING if self._expected else _IDLE
        self._processor = -1.0
        self._idle_since = time.monotonic()

    def look(self, state: ContainerState) -> bool | None:
        listening = {one.port for one in listeners(self._session)}
        if listening & self._expected or (listening and not self._expected):
            return True
        if self._session.options.port:
            return None
        now = time.monotonic()
        used = cpu_seconds(state.pid) if self._session.engine.info.local else None
        if used is None:
            # From afar nothing tells a worker from a server that is slow to start.
            return True if not self._expected or now - self._idle_since > _IDLE_FROM_AFAR else None
        if used > self._processor + _TICK_SECONDS:
            self._processor, self._idle_since = used, now
        return True if now - self._idle_since >= self._idle_enough else None
