"""Nothing is probed before the container is ready."""

from __future__ import annotations

from probes.exercise.conversation import Conversation
from probes.exercise.logs import log_tail, readable_lines
from probes.exercise.model import UntilProbe
from probes.exercise.parts import Until, spell_until
from probes.exercise.session import Options
from probes.exercise.until import wait
from slim.errors import ExerciseError

_LINES = 12
"""Of a healthcheck's output that are shown."""


def await_ready(conversation: Conversation, *, healthy: bool) -> None:
    """Wait for what the user said, else for the HEALTHCHECK where it is to be `healthy`,
    `--start-timeout` at the most, of a HEALTHCHECK its start period where that is longer and the user
    left the timeout as it is; without either, each probe waits for what it needs.

    Returns also when the container has ended: whoever probes it says so, and a program that runs to
    its own end needs no readiness. Raises ExerciseError when it runs and does not become ready.
    """
    session = conversation.session
    until = session.ready or (Until(health=True) if session.health and healthy else None)
    if until is None:
        return
    timeout = session.options.start_timeout
    if until.health and session.health and timeout == Options.start_timeout:
        timeout = max(timeout, session.health.start_period)
    exchange = wait(UntilProbe(until, timeout=timeout), conversation)
    if exchange.passed:
        conversation.ready = True
        return
    if session.container.state().exit_code is not None:
        return
    lines = [exchange.detail]
    if output := readable_lines(exchange.body + b"\n" + exchange.stderr):
        lines += ["its last output:", *(f"  {line}" for line in output[-_LINES:])]
    if tail := log_tail(session.container):
        lines += ["the container's last log lines:", *(f"  {line}" for line in tail)]
    awaited = "its HEALTHCHECK did not pass" if until.health else f"never came true: {spell_until(until)}"
    raise ExerciseError(
        f"the container did not become ready: {awaited}",
        cause="\n".join(lines),
        remedy="give the application what it needs (-e, -v, --network), or a longer --start-timeout; "
        "--ready-log, --ready-http, --ready-exec, --ready-port and --ready-seconds say otherwise what to "
        "wait for",
    )
