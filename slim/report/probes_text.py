"""What a probe file would do: for people, one line a step, and as values for machines."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    TcpProbe,
    Together,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import Body, Expect, spell_until
from probes.files.load import FileRun, ProbeFile
from slim.report.probes_model import FileRunReport, StepReport

_WIDEST = 100


def run_reports(file: ProbeFile) -> tuple[FileRunReport, ...]:
    """Each life of the file: the image's own command first, as `main`."""
    runs = (*((file.main,) if file.main else ()), *file.runs)
    return tuple(
        FileRunReport(
            run.name or "main",
            command_of(run),
            spell_until(run.ready) if run.ready else "",
            run.exit_code,
            tuple(StepReport(one.name, kind_of(one), told(one)) for one in run.probes),
        )
        for run in runs
    )


def command_of(run: FileRun) -> tuple[str, ...] | None:
    """What replaces the image's own command line; None: nothing."""
    if run.command is None and run.entrypoint is None:
        return None
    return (*(run.entrypoint or ()), *(run.command or ()))


def run_lines(reports: tuple[FileRunReport, ...]) -> Iterator[str]:
    """The lives and their steps, one line each."""
    for run in reports:
        command = "the image's own command" if run.command is None else shlex.join(run.command)
        ready = f", once {run.ready}" if run.ready else ""
        yield f"{run.name}: {command}{ready}"
        for number, step in enumerate(run.steps, 1):
            yield f"  {number:>3}  {step.told}"
        if not run.steps and run.exit_code is not None:
            yield f"       runs to its own end, with exit code {run.exit_code}"
        elif not run.steps:
            yield "       no steps: what can be exercised is found out"


def kind_of(probe: Probe) -> str:
    """The key by which a probe file names the kind."""
    kinds: dict[type, str] = {
        HttpProbe: "http",
        ExecProbe: "exec",
        HostProbe: "host",
        TcpProbe: "tcp",
        WebSocketProbe: "websocket",
        GrpcHealthProbe: "grpc_health",
        UntilProbe: "until",
        Together: "parallel",
    }
    return kinds[type(probe)]


def told(probe: Probe) -> str:
    """What a probe does, in one line; secrets are not in it, as headers, bodies and passwords are not."""
    if isinstance(probe, Together):
        does = "at the same time: " + " | ".join(told(one) for one in probe.probes)
    else:
        does = _does(probe)
    expect = _expects(getattr(probe, "expect", Expect()))
    takes = ", ".join(f"{one.variable} from {one.source}" for one in getattr(probe, "captures", ()))
    title = getattr(probe, "title", "")
    line = " · ".join(
        part for part in (does, expect and f"expects {expect}", takes and f"takes {takes}") if part
    )
    line = " ".join(f"{title}: {line}".split() if title else line.split())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def _does(probe: Probe) -> str:
    match probe:
        case HttpProbe():
            body = f" with {_carries(probe.body)}" if probe.body else ""
            port = f" on port {probe.port}" if probe.port else ""
            return f"http {probe.method} {probe.path}{body}{port}"
        case ExecProbe() | HostProbe():
            return f"{kind_of(probe)} {probe.command}"
        case TcpProbe():
            return f"tcp {probe.port}" + (f", sends {len(probe.send)} bytes" if probe.send else "")
        case WebSocketProbe():
            return f"websocket {probe.path}, sends {len(probe.messages)}"
        case GrpcHealthProbe():
            return f"grpc health of {probe.service or 'the server'}"
        case UntilProbe():
            return f"waits until {spell_until(probe.until)}"
        case _:
            return probe.name


def _carries(body: Body) -> str:
    if body.uploads:
        return f"{len(body.fields)} fields and {len(body.uploads)} files"
    if body.fields:
        return "the fields " + ", ".join(name for name, _ in body.fields)
    return f"{len(body.content)} bytes" + (f" of {body.media_type}" if body.media_type else "")


def _expects(expect: Expect) -> str:
    parts = []
    if expect.status:
        parts.append(" or ".join(str(one) for one in expect.status))
    if expect.exit_code is not None:
        parts.append(f"exit code {expect.exit_code}")
    parts += [f"header {name}" for name, _ in expect.headers]
    parts += [f"/{pattern}/" for pattern in expect.body]
    parts += [f"{pointer or 'the whole'} = {value}" for pointer, value in expect.json]
    return ", ".join(parts)
