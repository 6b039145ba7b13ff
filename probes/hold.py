"""Keeping a container up after its probes, for a person to exercise it by hand."""

from __future__ import annotations

import select
import time
from dataclasses import dataclass

from probes.watch.interface import Tracer
from slim.engine.interface import Container
from slim.progress import Say

LOOK_SECONDS = 0.2
"""How often the container and the count are looked at."""


@dataclass(frozen=True)
class Hold:
    """How long a container is held."""

    seconds: float
    keyboard: int | None = None
    """A terminal's descriptor on which Enter ends it earlier; None: nobody is there."""


def hold(container: Container, tracer: Tracer, wanted: Hold, say: Say) -> None:
    """Wait until the time is over, Enter was pressed, or the container has ended."""
    deadline = time.monotonic() + wanted.seconds
    address = ", ".join(container.state().addresses) or "no address"
    early = " or Enter" if wanted.keyboard is not None else ""
    tracer.mark("hold")
    while (left := deadline - time.monotonic()) > 0:
        paths = tracer.progress().paths
        say(f"held for you at {address}: {left:.0f} s left{early} · {paths:,} paths")
        pause = min(LOOK_SECONDS, left)
        if wanted.keyboard is None:
            if container.wait(pause) is not None:
                return
        elif select.select([wanted.keyboard], [], [], pause)[0] or container.state().exit_code is not None:
            return
