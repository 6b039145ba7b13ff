"""`slim diff`: how two images differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from slim.commands.options import engine_options, portable_option
from slim.diff import Difference, Ignore, diff_images
from slim.engine.connect import connect
from slim.engine.interface import Engine
from slim.engine.interrupts import interruptible
from slim.engine.read import read_image
from slim.engine.runs import open_run
from slim.errors import Interrupted, SlimError
from slim.oci.image import Image
from slim.report.diff_json import diff_json
from slim.report.diff_text import diff_text

EXIT_SAME = 0
EXIT_DIFFERENT = 1


class ComparisonError(SlimError):
    """Whatever kept two images from being compared: diff(1) ends with 2 then, and so does this."""

    exit_code = 2
    kind = "trouble"


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; its schema is shipped with slim.")
@click.option("--all", "everything", is_flag=True, help="Cut no list short.")
@click.option(
    "--ignore",
    type=click.Choice([item.value for item in Ignore]),
    multiple=True,
    help="Don't count this as a difference. May be given many times.",
)
@portable_option
@engine_options
@click.pass_context
def diff(
    context: click.Context,
    a: str,
    b: str,
    as_json: bool,
    everything: bool,
    ignore: tuple[str, ...],
    portable: bool,
    host: str | None,
) -> None:
    """How two images differ: config, layers, files, with sizes by folder and package.

    Says whether B is a slim image of A: every file of B is in A, identical.

    \b
    Exit codes:
      0  the images are the same
      1  they differ
      2  they could not be compared
    """
    try:
        with interruptible():
            difference = _compare(a, b, frozenset(map(Ignore, ignore)), portable=portable, host=host)
    except Interrupted:
        raise
    except SlimError as error:
        raise ComparisonError(error.message, cause=error.cause, remedy=error.remedy) from error
    text = diff_json(difference) if as_json else diff_text(difference, everything=everything)
    click.echo(text, nl=False)
    context.exit(EXIT_SAME if difference.same else EXIT_DIFFERENT)


def _compare(a: str, b: str, ignore: frozenset[Ignore], *, portable: bool, host: str | None) -> Difference:
    engine = connect(host)
    try:
        with open_run(engine) as run:
            first = _read(engine, a, run.folder / "a", portable=portable)
            if engine.find_image(b).id == first.id:
                second = replace(first, reference=b)
            else:
                second = _read(engine, b, run.folder / "b", portable=portable)
            return diff_images(first, second, ignore=ignore)
    finally:
        engine.close()


def _read(engine: Engine, reference: str, spool_folder: Path, *, portable: bool) -> Image:
    spool_folder.mkdir()
    return read_image(engine, reference, spool_folder, portable=portable)
