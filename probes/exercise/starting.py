"""Lives of which nothing but the start can be seen: workers that nobody can ask."""

from __future__ import annotations

import time

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.listeners import listeners
from probes.exercise.model import StartProbe
from probes.exercise.processes import cpu_seconds
from probes.exercise.readiness import await_condition
from probes.exercise.session import Session
from slim.engine.interface import ContainerState

WINDOW = 3.0
"""A program that worked as little as this, over so many seconds, waits for something …"""
_LITTLE = 0.05
"""… as a share of one processor: a loop that polls once a second takes less."""
_FROM_AFAR = 10.0
"""Seconds, where the processes of the container cannot be seen from here."""


def run_start(probe: StartProbe, conversation: Conversation) -> Exchange:
    """Wait until the container has started up; that is all. ExerciseError where it ends instead."""
    started, begin = time.time(), time.monotonic()
    conversation.await_commands()
    return Exchange(
        probe.name,
        kind="start",
        result=Result.ANSWERED,
        started=started,
        seconds=time.monotonic() - begin,
        detail="started only: nothing of it was exercised",
    )


def listens_or_idles(session: Session, timeout: float) -> bool:
    """Whether the container came to listen where it can be reached; False once it has nothing left to
    do, or after `timeout` seconds. ExerciseError when it ends."""
    wait = _Wait(session)
    session.say("waiting for the program to listen, to end or to idle")
    return bool(await_condition(session, wait.look, timeout))


class _Wait:
    """The window over which work is measured."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._since = time.monotonic()
        self._used = 0.0

    def look(self, state: ContainerState) -> bool | None:
        if any(not one.loopback for one in listeners(self._session)):
            return True
        now = time.monotonic()
        used = cpu_seconds(state.pid) if self._session.engine.info.local else None
        if used is None:
            return False if now - self._since > _FROM_AFAR else None
        if used - self._used > _LITTLE * WINDOW:
            self._since, self._used = now, used
        return False if now - self._since >= WINDOW else None
