"""`slim explain`: why a path was kept or dropped, and what makes an image big, from the saved report."""

from __future__ import annotations

from pathlib import Path

import click

from slim.commands.report_folder import ReportFolder, read_report_folder
from slim.errors import UsageError
from slim.explain.answer import answer
from slim.explain.model import Answer
from slim.explain.top import top
from slim.explain.top_model import Top
from slim.report.explain_model import VERSION, ExplainReport
from slim.report.explain_text import answer_lines
from slim.report.top_text import top_lines
from slim.report.write import json_text

EXIT_EXPLAINED = 0
EXIT_NOTHING = 2


@click.command()
@click.argument("image")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--top", "is_top", is_flag=True, help="What makes the image big, and what could still go.")
@click.option(
    "-o",
    "--report",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="The folder that `slim run` wrote. Default: NAME.slim here, or another *.slim here of this image.",
)
@click.option("--all", "everything", is_flag=True, help="Explain each path; cut no list short.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; its schema is shipped with slim.")
@click.pass_context
def explain(
    context: click.Context,
    image: str,
    paths: tuple[str, ...],
    is_top: bool,
    report: Path | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Why a path of IMAGE was kept, or why it was dropped and what would have kept it.

    PATH is a path of the image, with or without its first slash; a glob in quotes, in which **
    stands for any folders; a folder, which is summed up by reason; or a package, like
    python:django. IMAGE is the fat or the slim image; the report's folder and a plan's file
    do, too. Everything comes from the report that `slim run` saved: no engine is asked, and the
    image need not be there any more.

    \b
    slim explain shop /usr/bin/perl               which program needed it, under which probe?
    slim explain shop usr/share/zoneinfo          a folder, by reason
    slim explain shop '/srv/shop/**/*.html'       whatever matches
    slim explain shop dpkg:libssl3                the files of a package
    slim explain shop --top                       what is big, and what could still go
    slim explain shop.plan.json /usr/bin/perl     what `slim plan` decided

    \b
    Exit codes:
      0  explained
      2  nothing matches, there is no such report, or wrong usage
    """
    if not paths and not is_top:
        raise UsageError(
            "there is nothing to explain", remedy=f"name a path: slim explain {image} /usr/bin/env; or --top"
        )
    if "" in paths:
        raise UsageError(
            "a path is empty", remedy=f"is a shell variable not set? All of the image: slim explain {image} /"
        )
    read = read_report_folder(image, report)
    answers = tuple(answer(text, read.saved, everything=everything) for text in paths)
    account = top(read.saved) if is_top else None
    if as_json:
        click.echo(json_text(_report(read, answers, account)), nl=False)
    else:
        _print(answers, account, everything=everything)
    matched = is_top or any(one.paths for one in answers)
    context.exit(EXIT_EXPLAINED if matched else EXIT_NOTHING)


def _print(answers: tuple[Answer, ...], account: Top | None, *, everything: bool) -> None:
    paragraphs = [list(answer_lines(one)) for one in answers]
    if account is not None:
        paragraphs.append(list(top_lines(account, everything=everything)))
    click.echo("\n\n".join("\n".join(lines) for lines in paragraphs))


def _report(read: ReportFolder, answers: tuple[Answer, ...], account: Top | None) -> ExplainReport:
    return ExplainReport(
        version=VERSION,
        image=read.saved.plan.image,
        reference=read.reference,
        tag=read.tag,
        folder=str(read.folder),
        answers=answers,
        top=account,
    )
