"""`slim trace`: watch an image, or a container that already runs, and save what it used."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from probes.watch.stability import stability
from probes.watch.trace import Trace, merge
from slim.commands.attach import AttachRequest, watch
from slim.commands.exercising import exercising_from
from slim.commands.finite import FiniteRange
from slim.commands.observing import Seen, index, merged, observe_life
from slim.commands.options import (
    engine_options,
    portable_option,
    report_options,
    run_options,
    surroundings,
)
from slim.commands.options_probes import probe_options
from slim.commands.traces import check_writable, write_trace
from slim.engine.connect import connect
from slim.engine.interrupts import interruptible, shielded
from slim.engine.runs import open_run
from slim.errors import SlimError, TraceIncomplete, UsageError
from slim.oci.reference import parse_reference
from slim.progress import Listener, Stages
from slim.report.assemble import trace_summary
from slim.report.masked import MaskedListener, errors_masked
from slim.report.terminal import TerminalListener
from slim.report.trace_model import (
    VERSION,
    StabilitySummary,
    TraceReport,
    stability_lines,
    stability_summary,
)
from slim.report.write import json_text

_BOTH_WAYS = frozenset({"attach", "output", "as_json", "quiet", "accept_incomplete", "host", "duration"})
"""Options that --attach goes with; every other one is about starting a container."""


@click.command()
@click.argument("image", required=False)
@click.argument("command", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the trace. Default: NAME.trace.json in this folder.",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Run N times with the same probes, save the union, and tell which paths not all runs used.",
)
@click.option(
    "--attach",
    metavar="CONTAINER",
    help="Watch this running container instead of starting one; needs root on the engine's host.",
)
@click.option(
    "--duration",
    type=FiniteRange(min=0, min_open=True),
    metavar="SECONDS",
    help="With --attach: stop by itself after so long.",
)
@probe_options
@run_options
@report_options
@portable_option
@click.option(
    "--accept-incomplete", is_flag=True, help="End well though the trace lost observations (dangerous)."
)
@engine_options
@click.pass_context
def trace(context: click.Context, /, **given: Any) -> None:
    """Run IMAGE, exercise it, and save what it used: the trace.

    The first half of `slim run`, with the same options. Traces of one image add up: trace each way
    in which it is used, then plan from all of them. The trace is of this very image, by digest, and
    serves no other.

    \b
    slim trace shop --http-probe / -o web.json
    slim trace shop -o worker.json -- worker --once
    slim plan shop --trace web.json --trace worker.json
    slim trace shop --http-probe / --repeat 3     is it the same each time?

    With --attach, a container that already runs is watched, at no cost that it would notice, until
    Ctrl-C or SIGTERM (which here mean: stop and save), Enter, --duration, or its own end. What it
    has open and mapped at the start counts too; what it opened and closed before is not known, and
    neither are look-ups, so let days of traffic pass.

    \b
    slim trace --attach shop-1 -o production.json
    slim trace --attach shop-1 --duration 86400

    A trace that lost observations ends with exit code 3; with --attach it is saved all the same.
    """
    began = time.monotonic()
    listener = TerminalListener(None if given["as_json"] or given["quiet"] else sys.stdout)
    _check(context, given)
    summary = None
    if given["attach"]:
        request = AttachRequest(given["attach"], given["host"], given["output"], given["duration"])
        traced, output = watch(request, Stages(listener))
    else:
        traced, summary, output = _trace_image(given, listener)
    seconds = round(time.monotonic() - began, 3)
    _tell(TraceReport(VERSION, traced.image, str(output), trace_summary(traced), summary, seconds), given)


def _check(context: click.Context, given: Mapping[str, Any]) -> None:
    """UsageError for options that contradict each other."""
    if not given["attach"]:
        if not given["image"] and not given["compose"]:
            raise UsageError("there is no IMAGE to trace", remedy="name an image, or --attach CONTAINER")
        if given["duration"] is not None:
            raise UsageError(
                "--duration goes with --attach alone",
                remedy="--run-timeout bounds a program that runs to its own end",
            )
        return
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in _BOTH_WAYS or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        shown = parameter.opts[-1] if isinstance(parameter, click.Option) else name.upper()
        if given[name] not in (None, ()):
            raise UsageError(
                f"{shown} does not go with --attach",
                cause="a container that already runs is watched as it is",
                remedy=f"leave out {shown}, or name the image instead of a container",
            )


def _trace_image(given: Mapping[str, Any], listener: Listener) -> tuple[Trace, StabilitySummary | None, Path]:
    exercising = exercising_from(given, dict(surroundings().environment))
    output = given["output"] or Path(f"{parse_reference(exercising.image).last}.trace.json")
    check_writable(output)
    repeat: int = given["repeat"]
    traces: list[Trace] = []
    stages = Stages(MaskedListener(listener, exercising.secrets))
    with (
        errors_masked(exercising.secrets),
        interruptible(),
        closing(connect(given["host"])) as engine,
        open_run(engine) as owner,
    ):
        setting = exercising.setting(engine, owner)
        image = index(engine, owner, exercising, stages)
        seen: list[Seen] = []
        try:
            for number in range(repeat):
                # where no probe was given: what the first round chose
                lives = [one.again() for one in seen[: len(exercising.lives)]] or exercising.lives
                for life in lives:
                    seen.append(observe_life(setting, image, life, exercising, stages))
                traces.append(merged(tuple(seen[number * len(lives) :])))
        except (SlimError, KeyboardInterrupt):
            _save_what_there_is(output, tuple(seen), repeat * len(exercising.lives))
            raise
        traced = merge(tuple(traces))
        write_trace(output, traced)
        summary = stability_summary(stability(traces), image.tree) if repeat > 1 else None
    return traced, summary, output


def _tell(report: TraceReport, given: Mapping[str, Any]) -> None:
    """Print what was found; TraceIncomplete where the trace lost observations and may not."""
    if given["as_json"]:
        click.echo(json_text(report), nl=False)
    elif not given["quiet"]:
        for line in stability_lines(report.stability) if report.stability else ():
            click.echo(line)
        click.echo(f"saved {report.file}")
    if not report.trace.complete and not given["accept_incomplete"]:
        raise TraceIncomplete(
            f"the trace is incomplete; {report.file} says so and holds what was seen",
            cause="\n".join(report.trace.reasons),
            remedy="trace again; where the file is used all the same, --accept-incomplete",
        )


def _save_what_there_is(output: Path, seen: tuple[Seen, ...], wanted: int) -> None:
    """Runs that were complete before a later one failed are not lost with it."""
    if seen:
        with shielded():
            write_trace(output, merged(seen))
        click.echo(
            f"saved {output}: {len(seen)} of {wanted} runs, those before the one that failed", err=True
        )
