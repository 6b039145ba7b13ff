"""From probe files to the lives of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probes.exercise.model import ExitProbe, Probe
from probes.files.load import FileRun, ProbeFile
from probes.life import Life
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError


def lives_from(file: ProbeFile, main: Life) -> tuple[Life | None, tuple[Life, ...]]:
    """The image's own life (None where the file leaves it out), and the file's runs in their order.

    `main` is the image's own life as the command line tells it: its probes come before the file's, and
    what else it says wins. A run has its container's options, with its own environment added and
    its command replaced.
    """
    runs = tuple(_life(main.spec, run) for run in file.runs)
    own = file.main
    if own is None:
        return None, runs
    life = replace(
        main,
        probes=(*main.probes, *own.probes) or _to_its_end(own),
        ready=main.ready or own.ready,
        port=main.port or own.port,
        exit_code=main.exit_code or own.exit_code or 0,
        variables=tuple((dict(own.variables) | dict(main.variables)).items()),
        idle=main.idle or own.idle,
    )
    return life, runs


def together(files: Sequence[ProbeFile]) -> ProbeFile:
    """Several files as one: the steps of the image's own command one after the other, all runs.

    A file that leaves the image's own command out only has no say in it. Raises UsageError where two
    files say different things about the same.
    """
    merged = files[0]
    for file in files[1:]:
        main = merged.main if file.main is None else _merged(merged.main, file.main, file.path)
        for run in file.runs:
            if run.name in {one.name for one in merged.runs}:
                raise _twice(f"a run {run.name}", file.path)
        merged = ProbeFile(file.path, main, (*merged.runs, *file.runs))
    return merged


def _merged(first: FileRun | None, second: FileRun, path: Path) -> FileRun:
    if first is None:
        return second
    for name in ("ready", "port", "exit_code"):
        mine, other = getattr(first, name), getattr(second, name)
        if mine and other and mine != other:
            raise _twice(f"`{name}:`", path)
    variables = dict(first.variables)
    for name, value in second.variables:
        if variables.setdefault(name, value) != value:
            raise _twice(f"the variable {name}", path)
    return replace(
        first,
        ready=first.ready or second.ready,
        port=first.port or second.port,
        exit_code=second.exit_code if first.exit_code is None else first.exit_code,
        idle=first.idle or second.idle,
        variables=tuple(variables.items()),
        probes=(*first.probes, *second.probes),
    )


def _twice(what: str, path: Path) -> UsageError:
    return UsageError(
        f"the probe file {path} contradicts another one",
        cause=f"both have {what}",
        remedy="say it in one of them",
    )


def _to_its_end(run: FileRun) -> tuple[Probe, ...]:
    """What exercises a run without steps: one whose exit code is told ends by itself, whatever the
    image EXPOSEs; of any other it is found out."""
    return () if run.exit_code is None else (ExitProbe(),)


def _life(base: ContainerSpec, run: FileRun) -> Life:
    environment = dict(base.environment) | dict(run.environment)
    spec = replace(
        base,
        environment=tuple(environment.items()),
        environment_removed=tuple(name for name in base.environment_removed if name not in environment),
        user=run.user or base.user,
        workdir=run.workdir or base.workdir,
        read_only=base.read_only if run.read_only is None else run.read_only,
    )
    if run.entrypoint is not None:
        spec = replace(spec, entrypoint=run.entrypoint, command=run.command)
    elif run.command is not None:
        spec = replace(spec, command=run.command)
    return Life(
        spec,
        probes=run.probes or _to_its_end(run),
        name=run.name,
        service=run.service,
        ready=run.ready,
        port=run.port,
        exit_code=run.exit_code or 0,
        variables=run.variables,
        idle=run.idle,
    )
