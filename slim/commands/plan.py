"""`slim plan`: from saved traces to what is kept and dropped, without running anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from probes.watch.trace import Trace, merge
from slim.closure.plan_file import plan_text
from slim.closure.solve import make_plan
from slim.commands.fact_store import remembered_facts
from slim.commands.observing import argv
from slim.commands.options import engine_options, plan_options, portable_option, report_options, surroundings
from slim.commands.planning import Planning, planning_from
from slim.commands.traces import check_writable, saved_traces
from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec
from slim.engine.interrupts import interruptible
from slim.engine.options import RunOptions, container_spec
from slim.engine.read import read_image
from slim.engine.runs import open_run
from slim.oci.image import Image
from slim.oci.reference import parse_reference
from slim.plan import Plan
from slim.progress import Stages
from slim.report.assemble import plan_summary, trace_summary
from slim.report.model import PlanSummary
from slim.report.sizes import count_text, size_text
from slim.report.summary import plan_lines
from slim.report.terminal import TerminalListener
from slim.report.trace_model import VERSION, PlanReport
from slim.report.write import json_text, write_text


@click.command()
@click.argument("image")
@click.argument("command", nargs=-1)
@click.option(
    "--trace",
    "traces",
    metavar="FILE",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A trace of IMAGE. May be given many times: they add up.",
)
@plan_options
@click.option(
    "-e", "--env", "env", metavar="NAME[=VALUE]", multiple=True, help="A variable that it was traced with."
)
@click.option("--entrypoint", metavar="PROGRAM", help="The ENTRYPOINT that it was traced with.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the plan. Default: NAME.plan.json in this folder.",
)
@report_options
@portable_option
@click.option("--accept-incomplete", is_flag=True, help="Use traces that lost observations (dangerous).")
@engine_options
def plan(**given: Any) -> None:
    """Decide from saved traces what of IMAGE is kept and what is dropped.

    Nothing is run and nothing is built. The plan names every path of the image: kept, with the
    reasons, or dropped, and why. Where the image was traced with a command of its own, give the
    same after `--`. A trace of another image is refused, by digest.

    \b
    slim plan shop --trace web.json --trace worker.json
    slim plan shop --trace production.json --include '/app/locale/**' -o shop.plan.json
    slim plan tool --trace convert.json --keep traced -- --convert /data/in.txt
    """
    stages = Stages(TerminalListener(None if given["as_json"] or given["quiet"] else sys.stdout))
    spec = _spec(given)
    output = given["output"] or Path(f"{parse_reference(spec.image).last}.plan.json")
    planning = planning_from(given, spec.environment, surroundings().environment)
    check_writable(output)
    with interruptible():
        traced, text, summary = _plan(given, spec, planning, stages)
        write_text(output, text)
    if given["as_json"]:
        report = PlanReport(VERSION, traced.image, str(output), trace_summary(traced), summary)
        click.echo(json_text(report), nl=False)
    elif not given["quiet"]:
        for line in (*planning.lines(), *plan_lines(summary), *_lines(summary)):
            click.echo(line)
        click.echo(f"saved {output}")


def _plan(
    given: Mapping[str, Any], spec: ContainerSpec, planning: Planning, stages: Stages
) -> tuple[Trace, str, PlanSummary]:
    """The traces as one, the plan as JSON, and what is to be told of it."""
    with closing(connect(given["host"])) as engine, open_run(engine) as owner:
        with stages.stage("index") as stage:
            stage.say(f"reading {spec.image}")
            record = engine.find_image(spec.image)
            # before the image is read, which takes longer
            traces = saved_traces(
                given["traces"], record.id, spec.image, accept_incomplete=given["accept_incomplete"]
            )
            image = read_image(engine, spec.image, owner.folder, portable=given["portable"])
            stage.summary = f"{count_text(len(image.tree), 'file')}, {size_text(image.tree.size)}"
        with stages.stage("plan") as stage:
            stage.say("following what was used to what it needs")
            traced = merge(traces)
            made = _made(image, spec, traced, planning)
            text = plan_text(made, image.tree)
            summary = plan_summary(image, made, planning.told())
            stage.summary = f"{count_text(len(traces), 'trace')}, {traced.events:,} look-ups"
    return traced, text, summary


def _made(image: Image, spec: ContainerSpec, traced: Trace, planning: Planning) -> Plan:
    options = replace(planning.options, commands=(argv(spec, image),))
    with remembered_facts(planning.facts) as store:
        return make_plan(image.tree, image.config, traced, options, store)


def _lines(summary: PlanSummary) -> tuple[str, ...]:
    return (
        f"kept     {count_text(summary.kept, 'path')}, {size_text(summary.kept_bytes)}",
        f"dropped  {count_text(summary.dropped, 'path')}, {size_text(summary.dropped_bytes)}",
    )


def _spec(given: Mapping[str, Any]) -> ContainerSpec:
    """How the image was run when it was traced, as far as a plan asks."""
    options = RunOptions(given["image"], given["entrypoint"], given["command"], given["env"])
    return container_spec(options, surroundings().environment)
