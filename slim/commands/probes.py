"""`slim probes`: check probe files, and write a first one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from probes.exercise.session import Options
from probes.files.load import ProbeFile, load
from probes.files.problems import DOCUMENTED, ProbeFileError
from probes.files.schema import schema_text
from slim.commands.options import engine_options, run_options, spec_from, start_timeout_option, surroundings
from slim.commands.probes_init import findings_of
from slim.engine.connect import connect
from slim.engine.interrupts import interruptible
from slim.engine.runs import open_run
from slim.errors import UsageError
from slim.report.masking import Secrets
from slim.report.probes_model import VERSION, CheckedFile, FileRunReport, ProbesCheck, ProblemReport
from slim.report.probes_text import run_lines, run_reports
from slim.report.sizes import count_text
from slim.report.write import json_text, write_text


@click.group()
def probes() -> None:
    """Check probe files, and write a first one for an image.

    A probe file says how an image is exercised: steps of HTTP, commands and connections, and the
    lives of the image. docs/probes.md tells all of it.

    \b
    slim probes init shop -o shop.yaml
    slim probes check shop.yaml
    slim run shop --probes shop.yaml
    """


@probes.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(context: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Check probe files, and print what they would do, one line a step.

    Nothing runs. All mistakes of all files are told, each with its line; then the exit code is 2.
    """
    environment = surroundings().environment
    checked = []
    for path in files:
        try:
            checked.append(CheckedFile(str(path), (), _masked(load(path, environment), environment)))
        except ProbeFileError as error:
            problems = tuple(
                ProblemReport(one.file, one.line, one.column, one.key, one.cause, one.remedy)
                for one in error.problems
            )
            checked.append(CheckedFile(str(path), problems, ()))
    wrong = [one for file in checked for one in file.problems]
    if as_json:
        click.echo(json_text(ProbesCheck(VERSION, tuple(checked))), nl=False)
        context.exit(UsageError.exit_code if wrong else 0)
    for file in checked:
        if not file.problems:
            steps = count_text(sum(len(run.steps) for run in file.runs), "step")
            click.echo(f"{file.file}: {steps} in {count_text(len(file.runs), 'run')}")
            for line in run_lines(file.runs):
                click.echo(line)
    if wrong:
        _refuse(checked)


def _masked(file: ProbeFile, environment: Mapping[str, str]) -> tuple[FileRunReport, ...]:
    """What the file would do, without what `${env:NAME}` brought into it that is nobody's business."""
    secrets = Secrets()
    secrets.learn_named(environment.items())
    for run in (file.main, *file.runs):
        if run is not None:
            secrets.learn_named(run.variables)
    return tuple(
        replace(
            run,
            command=run.command and tuple(secrets.text(word) for word in run.command),
            ready=secrets.text(run.ready),
            steps=tuple(
                replace(step, name=secrets.text(step.name), told=secrets.text(step.told))
                for step in run.steps
            ),
        )
        for run in run_reports(file)
    )


def _refuse(checked: list[CheckedFile]) -> None:
    """Raise one error for all mistakes of all files."""
    wrong = [one for file in checked for one in file.problems]
    bad = [file.file for file in checked if file.problems]
    lines = []
    for one in wrong:
        place = f"{one.file}:{one.line}:{one.column}" if one.line else one.file
        key = f"{one.key}: " if one.key else ""
        lines.append(f"{place}: {key}{one.cause}; {one.remedy}")
    raise UsageError(
        f"{count_text(len(wrong), 'mistake')} in {', '.join(bad)}",
        cause="\n".join(lines),
        remedy=f"mend each; {DOCUMENTED}",
    )


@probes.command()
def schema() -> None:
    """Print the JSON Schema of probe files, by which editors complete and explain."""
    click.echo(schema_text(), nl=False)


@probes.command()
@click.argument("image")
@click.argument("command", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write. Default: standard output.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@start_timeout_option
@run_options
@engine_options
def init(**given: Any) -> None:
    """Write a first probe file for IMAGE from what is found out about it.

    The image is started as `slim run` would start it, and looked at: which ports listen and what answers
    there, the links of the home page, an OpenAPI document, the HEALTHCHECK, whether it ends by itself.
    The file has comments that tell how to go on.
    """
    output: Path | None = given["output"]
    if output is not None:
        _check_output(output, force=given["force"])
    environment = dict(surroundings().environment)
    spec = spec_from(given, environment)
    options = Options(
        start_timeout=given["start_timeout"], probe_timeout=10.0, run_timeout=given["start_timeout"]
    )

    def say(text: str) -> None:
        click.echo(text, err=True)

    with interruptible(), closing(connect(given["host"])) as engine, open_run(engine) as owner:
        text = findings_of(engine, owner, spec, options, environment, say)
    if output is None:
        click.echo(text, nl=False)
        return
    write_text(output, text)
    click.echo(f"wrote {output}; try: slim run {given['image']} --probes {output}")


def _check_output(path: Path, *, force: bool) -> None:
    """Refuse, before anything runs, a file that is there or is not YAML by its name."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(
            f"--output {path} is not called as a YAML file is",
            cause="what is written is YAML",
            remedy=f"write --output {path}.yaml",
        )
    if path.exists() and not force:
        raise UsageError(
            f"{path} exists",
            cause="it may have been edited since",
            remedy="name another file, or give --force",
        )
