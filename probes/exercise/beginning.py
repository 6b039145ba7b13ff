"""Containers that may fail to start, and signals: that they end is an answer too."""

from __future__ import annotations

import time
from dataclasses import replace

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import BeginProbe, ExitProbe, SignalProbe
from probes.exercise.oneshot import run_to_end
from probes.exercise.ready import await_ready
from probes.exercise.session import Session
from slim.errors import ExerciseError


def run_begin(probe: BeginProbe, conversation: Conversation) -> Exchange:
    """Wait until the container is up or has ended, `--start-timeout` at the most. One that has ended
    answers with its exit code and its log; what keeps one that runs from being reached is told."""
    started, begin = time.time(), time.monotonic()
    detail = ""
    try:
        await_ready(conversation, healthy=True)
        if probe.port and not conversation.targets(probe.port):
            detail = f"nothing listens on port {probe.port}"
        conversation.await_commands()
    except ExerciseError as error:
        detail = error.message
    conversation.ready = True
    state = conversation.session.container.state()
    if state.exit_code is not None:
        return replace(run_to_end(ExitProbe(), conversation.session), probe=probe.name)
    return Exchange(
        probe.name,
        kind="start",
        result=Result.ANSWERED,
        started=started,
        seconds=time.monotonic() - begin,
        detail=detail,
    )


def run_signal(probe: SignalProbe, session: Session) -> Exchange:
    """Send the signal and wait for the container's end, as long as the probe says. Its log is not what
    came back: how much of it was written by then is chance."""
    started, begin = time.time(), time.monotonic()
    session.say(f"sending {probe.signal}")
    session.container.signal(probe.signal)
    code = session.container.wait(probe.patience)
    return Exchange(
        probe.name,
        kind="signal" if code is None else "exit",
        result=Result.ANSWERED,
        exit_code=code,
        started=started,
        seconds=time.monotonic() - begin,
        detail="goes on" if code is None else "",
    )
