"""The probe of a program that runs to its own end."""

from __future__ import annotations

import hashlib
import time

from probes.exercise.command import OUTPUT_KEPT
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import ExitProbe
from probes.exercise.session import Session

_LOG_LIMIT = 1 << 23
"""Bytes of each output that are hashed."""


def run_to_end(probe: ExitProbe, session: Session) -> Exchange:
    """Wait until the container ends, `--run-timeout` at the most (10 minutes unless given).

    Its exit code and its log are what came back; any exit code is an answer. A container that is
    still running after that is left to the caller.
    """
    started, begin = time.time(), time.monotonic()
    timeout = session.options.run_timeout
    session.say("waiting for the program to end")
    exit_code = session.container.wait(timeout)
    stdout, stderr = session.container.logs(limit=_LOG_LIMIT)
    detail = ""
    if exit_code is None:
        detail = f"still running after {timeout:g} s; give a longer --run-timeout, or a probe"
    elif session.container.state().oom_killed:
        detail = "killed: out of memory"
    return Exchange(
        probe=probe.name,
        kind="exit",
        result=Result.TIMED_OUT if exit_code is None else Result.ANSWERED,
        exit_code=exit_code,
        body=stdout[:OUTPUT_KEPT],
        body_size=len(stdout),
        body_sha256=hashlib.sha256(stdout).hexdigest(),
        stderr=stderr[:OUTPUT_KEPT],
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
    )
