"""`slim verify`: does one image behave as another one does?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from slim.commands.comparing import Request, execute
from slim.commands.exercising import exercising_from
from slim.commands.options import (
    check_output,
    engine_options,
    portable_option,
    report_options,
    run_options,
    surroundings,
)
from slim.commands.options_probes import probe_options
from slim.commands.options_verify import verify_from, verify_options
from slim.commands.proving import prove
from slim.oci.pattern import Pattern
from slim.oci.reference import parse_reference
from slim.report.verify_text import agreement_lines, disagreement_line


@click.command()
@click.argument("fat", metavar="FAT")
@click.argument("slim", metavar="SLIM")
@click.argument("command", nargs=-1)
@probe_options
@run_options
@verify_options
@click.option(
    "--exclude",
    metavar="GLOB",
    multiple=True,
    help="SLIM lacks these paths on purpose: that it looks for them in vain is told, and fails nothing.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Fail for what is otherwise only told: a configuration that runs a container in another way, "
    "paths that were used and are not the same, and what other programs do.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.json and transcript.json. Default: the name of SLIM and .verify, here.",
)
@report_options
@portable_option
@click.option(
    "--accept-incomplete", is_flag=True, help="Go on with a trace that lost observations (dangerous)."
)
@engine_options
@click.pass_context
def verify(context: click.Context, /, **given: Any) -> None:
    """Prove that SLIM behaves as FAT does: any two images, whoever made them.

    FAT runs twice and SLIM once, with the same options, runs and probes as `slim run` takes them; both
    run again where what differs may be chance. What two runs of FAT agree upon must be so on SLIM, and
    whatever SLIM looks for in vain must be missing in FAT too. Neither image is changed, and nothing is
    tagged.

    \b
    slim verify shop:1 shop:1-slim --http-probe / --probes shop.yaml
    slim verify shop:debian shop:distroless --http-crawl
    slim verify tool:1 tool:2 -- --convert /data/in.txt
    slim verify shop shop --probes shop.yaml      are the probes steady?

    \b
    Exit codes:
      0  they agree
      1  they differ, or SLIM does not start
      others as of slim
    """
    prove(context, _request(given), execute, agreement_lines, disagreement_line)


def _request(given: dict[str, Any]) -> Request:
    exercising = exercising_from({**given, "image": given["fat"]}, dict(surroundings().environment))
    parse_reference(given["fat"])
    slim = parse_reference(given["slim"])
    return Request(
        exercising=exercising,
        slim=given["slim"],
        lacks=tuple(Pattern.parse(glob) for glob in given["exclude"]),
        strict=given["strict"],
        output=check_output(given["output"] or Path(f"{slim.last}.verify")),
        deep=verify_from(given),
    )
