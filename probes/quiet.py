"""When is a run over? When its container is quiet: nothing new is used, and its processes are idle.

Workers that start late and timers are why a run goes on after its last probe. What they use first
shows as new paths, and what they do before as processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from probes.exercise.processes import cpu_seconds
from probes.exercise.session import Session
from probes.watch.interface import Progress
from slim.progress import Say

POLL_SECONDS = 0.02
IDLE_SHARE = 0.1
"""A container that uses less of one processor than this is idle: event loops tick."""
TICKS_SECONDS = 0.02
"""Two of the kernel's units of processor time, which a short window cannot tell from none: proc(5)."""


class Clock(Protocol):
    """What tells the time, and lets it pass: Python's `time`."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


class Growing(Protocol):
    """A trace that grows: a Tracer, or an Attachment."""

    def progress(self) -> Progress: ...


def await_quiet(tracer: Growing, session: Session, *, quiet: float, bound: float, say: Say) -> float:
    """Wait until `session`'s container was quiet for `quiet` seconds, `bound` seconds at the most.

    Returns the seconds waited. Where the engine's processes cannot be seen from here, new paths
    alone decide. A container that has ended is quiet.
    """
    pid = session.container.state().pid if session.engine.info.local else 0
    waited, why = until_quiet(
        lambda: tracer.progress().paths,
        lambda: cpu_seconds(pid) if pid else None,
        quiet=quiet,
        bound=bound,
    )
    if why:
        say(f"not quiet after {waited:.1f} s ({why}): going on")
    return waited


def until_quiet(
    paths: Callable[[], int],
    cpu: Callable[[], float | None],
    *,
    quiet: float,
    bound: float,
    clock: Clock = time,
) -> tuple[float, str]:
    """Wait until neither `paths` nor `cpu` moved for `quiet` seconds; `bound` seconds at the most.

    `paths` counts the distinct paths used so far, `cpu` is the processor time used so far in
    seconds, None where it is not known or nothing is left that could use any. All seconds are those of
    `clock`. Returns the seconds waited and, where the bound ended it, what was still going on; else an
    empty text.
    """
    began = since = clock.monotonic()
    seen, used = paths(), cpu()
    why = "it has just begun"
    while (now := clock.monotonic()) - began < bound:
        if now - since >= quiet:
            spent = cpu()
            if _idle(used, spent, now - since):
                return now - began, ""
            since, used, why = now, spent, "its processes are busy"
        clock.sleep(max(0.0, min(POLL_SECONDS, since + quiet - now, began + bound - now)))
        if (latest := paths()) != seen:
            seen, since, used, why = latest, clock.monotonic(), cpu(), "new paths are being used"
    return clock.monotonic() - began, why


def _idle(before: float | None, after: float | None, seconds: float) -> bool:
    if before is None or after is None:
        return True
    # less than before: a process has just ended and took its time with it, so something happened
    return 0 <= after - before <= IDLE_SHARE * seconds + TICKS_SECONDS
