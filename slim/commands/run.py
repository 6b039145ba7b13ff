"""`slim run`: the whole job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from slim.commands.exercising import exercising_from
from slim.commands.options import (
    check_output,
    engine_options,
    plan_options,
    portable_option,
    report_options,
    run_options,
    surroundings,
)
from slim.commands.options_coverage import coverage_options, minimum_from
from slim.commands.options_probes import probe_options
from slim.commands.options_verify import verify_from, verify_options
from slim.commands.pipeline import Request, execute
from slim.commands.planning import planning_from
from slim.commands.proving import prove
from slim.commands.repairing import REPAIRS
from slim.oci.reference import parse_reference, slim_reference
from slim.report.summary import failure_line, verdict_lines


@click.command()
@click.argument("image", required=False)
@click.argument("command", nargs=-1)
@click.option(
    "-t", "--tag", metavar="NAME[:TAG]", help="Name of the slim image. Default: IMAGE's, with -slim."
)
@probe_options
@run_options
@plan_options
@coverage_options
@verify_options
@click.option(
    "--layers",
    type=click.Choice(["mirror", "single"]),
    default="mirror",
    show_default=True,
    help="mirror: the original's layer boundaries, so that images share layers. single: one layer.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.json, transcript.json, plan.json and trace.json. Default: NAME.slim here.",
)
@click.option(
    "--trace",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A trace of the same image, saved by `slim trace`: what it saw counts too. May be given many times.",
)
@click.option(
    "--repair",
    type=click.IntRange(min=0),
    default=REPAIRS,
    show_default=True,
    metavar="N",
    help="How often what the slim image looks for in vain, and the fat image has, may be added to it before "
    "it is built and replayed again. 0: never.",
)
@report_options
@portable_option
@click.option(
    "--accept-incomplete", is_flag=True, help="Go on with a trace that lost observations (dangerous)."
)
@click.option(
    "--keep-unverified",
    is_flag=True,
    help="Tag the slim image even when it is not verified; exit code 1 all the same.",
)
@engine_options
@click.pass_context
def run(context: click.Context, /, **given: Any) -> None:
    """Make IMAGE as small as possible and prove that it still works.

    The image runs as you would run it (options as for `docker run`, the command after `--`), is
    watched, exercised by the probes, rebuilt from the files that it needs, and exercised again.
    With no probe given, a program that ends is compared by exit code and output, and a server
    that speaks HTTP is asked for /.

    An image that is run in several ways is given each of them (--run): all are watched, what any
    of them needs is kept, and all are compared.

    \b
    slim run shop --http-probe / --http-probe POST:/login
    slim run shop --http-probe / --run 'migrate: manage.py migrate' --run 'worker: celery worker'
    slim run shop -e DB=test --network test --host-probe 'pytest e2e/'
    slim run shop --compose compose.yml --service web --http-probe /
    slim run tool -- --convert /data/in.txt
    """
    request = request_from(given)
    prove(
        context,
        request,
        execute,
        lambda report: (*request.planning.lines(), *verdict_lines(report)),
        failure_line,
    )


def request_from(given: dict[str, Any]) -> Request:
    """What the user gave; UsageError for an option that is wrong."""
    environment = dict(surroundings().environment)
    exercising = exercising_from(given, environment)
    image = parse_reference(exercising.image)
    if given["tag"]:
        slim_reference(exercising.image, given["tag"])
    return Request(
        exercising=exercising,
        planning=planning_from(given, exercising.container_environment, environment),
        tag=given["tag"] or "",
        layers=given["layers"],
        output=check_output(given["output"] or Path(f"{image.last}.slim")),
        keep_unverified=given["keep_unverified"],
        minimum=minimum_from(given),
        traces=given["trace"],
        deep=verify_from(given),
        repairs=given["repair"],
    )
