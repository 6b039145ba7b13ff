"""What `slim run` and `slim verify` do alike: their work in an engine, its end told, the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Protocol, TypeVar

import click

from slim.commands.exercising import Exercising
from slim.engine.connect import connect
from slim.engine.interface import Engine
from slim.engine.interrupts import interruptible
from slim.engine.runs import Run, open_run
from slim.errors import Interrupted
from slim.progress import Stages
from slim.report.masked import MaskedListener, errors_masked
from slim.report.model import Report
from slim.report.terminal import TerminalListener
from slim.report.verify_model import VerifyReport
from slim.report.write import json_text

Proof = TypeVar("Proof", Report, VerifyReport)


class Request(Protocol):
    """What the user asked for."""

    @property
    def exercising(self) -> Exercising: ...

    @property
    def output(self) -> Path:
        """The report's folder."""
        ...


Asked = TypeVar("Asked", bound=Request)


def prove(
    context: click.Context,
    request: Asked,
    execute: Callable[[Engine, Run, Asked, Stages], Proof],
    lines: Callable[[Proof], Iterable[str]],
    failure: Callable[[Proof], str],
) -> None:
    """Do the work, print what came of it as `lines` or as JSON, and exit with the report's exit code. Where
    the lines are not printed, `failure` and where the report is go to standard error.

    `context` is that of a command with `engine_options` and `report_options`. Raises SlimError, without
    a secret in it; an interruption is none once the report is there.
    """
    as_json, quiet = context.params["as_json"], context.params["quiet"]
    secrets = request.exercising.secrets
    listener = MaskedListener(TerminalListener(None if as_json or quiet else sys.stdout), secrets)
    report: Proof | None = None
    try:
        with (
            errors_masked(secrets),
            interruptible(),
            closing(connect(context.params["host"])) as engine,
            open_run(engine) as owner,
        ):
            report = execute(engine, owner, request, Stages(listener))
    except Interrupted:
        if report is None:  # else all was done, and only the clean-up was interrupted: it went on
            raise
    if as_json:
        click.echo(json_text(report), nl=False)
    elif not quiet:
        for line in lines(report):
            click.echo(line)
    if report.exit_code and (as_json or quiet):
        click.echo(f"{failure(report)}; see {request.output / 'report.json'}", err=True)
    context.exit(report.exit_code)
