"""`slim trace --attach`: watch a container that already runs, until told to stop."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from probes.watch.attach import Attachment
from probes.watch.trace import Trace
from probes.watch.until_told import told_by_signals
from slim.commands.traces import check_writable, write_trace
from slim.engine.connect import connect
from slim.engine.interface import Container, Engine
from slim.engine.interrupts import interruptible
from slim.progress import Stages
from slim.report.sizes import count_text


@dataclass(frozen=True)
class AttachRequest:
    """What the user asked of one watch."""

    container: str
    host: str | None
    output: Path | None
    """None: named after the container, in this folder."""
    duration: float | None
    """Seconds; None: until a signal, Enter or the container's end."""


def watch(request: AttachRequest, stages: Stages) -> tuple[Trace, Path]:
    """Watch and save, complete or not: what was seen once may never be seen again.

    UsageError where there is no such container or it does not run, HostError where it cannot be
    watched from here or the file cannot be written.
    """
    with interruptible(), closing(connect(request.host)) as engine:
        container, image = engine.find_container(request.container)
        output = request.output or Path(f"{container.name}.trace.json")
        check_writable(output)
        trace = _watch(engine, container, image, request.duration, output, stages)
    return trace, output


def _watch(
    engine: Engine, container: Container, image: str, duration: float | None, output: Path, stages: Stages
) -> Trace:
    keyboard = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    stop = "Enter" if keyboard is not None else "Ctrl-C"
    with told_by_signals() as waiting:
        with stages.stage("attach") as stage:
            stage.say(f"to {container.name}")
            pid = container.state().pid
            attached = Attachment(engine, container, image)
            stage.summary = f"watching {container.name} until {_until(duration, stop)}"
        with attached, stages.stage("watch") as stage:

            def shown() -> None:
                progress = attached.progress()
                stage.say(f"{progress.events:,} opens, {progress.paths:,} paths · {stop} to stop")

            end = waiting.until_told(pid, shown, duration=duration, keyboard=keyboard)
            trace = attached.stop()
            write_trace(output, trace)
            paths = count_text(len({access.path for access in trace.accesses}), "path")
            state = "complete" if trace.complete else "INCOMPLETE"
            stage.summary = f"{paths}, trace {state} · {end.value}"
    return trace


def _until(duration: float | None, stop: str) -> str:
    return f"{stop} or its end" + ("" if duration is None else f", for {duration:g} s at the most")
