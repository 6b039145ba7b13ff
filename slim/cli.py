"""The command group: the only reader of argv and the environment, the only one that exits."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import NoReturn

import click

from slim import __version__
from slim.errors import SlimError, UsageError
from slim.report.masking import Secrets

COMMANDS = {
    "run": "slim.commands.run",
    "trace": "slim.commands.trace",
    "plan": "slim.commands.plan",
    "verify": "slim.commands.verify",
    "explain": "slim.commands.explain",
    "diff": "slim.commands.diff",
    "probes": "slim.commands.probes",
    "profiles": "slim.commands.profiles",
    "doctor": "slim.commands.doctor",
}
"""Verb → module that holds a click command of the same name. Imported when used: start-up time."""

EXIT_CODES = """\b
Exit codes:
  0    the slim image is verified (verify: the images agree; diff: they are the same)
  1    it is not (verify, diff: they differ)
  2    wrong usage (diff: any trouble; explain: nothing matches)
  3    the trace is incomplete
  4    no container engine, or it failed
  5    no such image, or one that cannot be used here
  6    the fat image could not be exercised, or fails its probes
  7    this machine lacks something: disk space, a tool, a permission
  70   a bug in slim
  130  interrupted (128 + the signal's number)"""


class _Unread(Exception):
    """Whoever read standard output went away."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order of the pipeline, as COMMANDS has them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb's command; None where there is no such verb."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong table is a bug
        return command

    def invoke(self, ctx: click.Context) -> object:
        """As click does, which would end with 1 where nobody reads on: here that means that images differ."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _Unread from error


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="slim")
def slim() -> None:
    """Make a container image as small as possible, and prove that it still works.

    \b
    slim run myimage --http-probe /     the whole job
    slim trace myimage --exec-probe …   only watch it, and save what it used
    slim plan myimage --trace FILE      what would be kept and dropped, and why
    slim verify myimage other --probes … does another image behave as this one?
    slim explain myimage /usr/bin/env   why it was kept or dropped; --top: what is big
    slim diff myimage myimage-slim      what changed
    slim probes init myimage            a first probe file
    slim profiles                       what is kept beyond what was seen, and when
    slim doctor                         is everything there that slim needs?
    """


def show_error(error: SlimError, *, as_json: bool) -> None:
    """One clear error: the thing, the cause, the remedy; for machines on standard output too."""
    mask = Secrets().text  # what looks like a secret; known values are masked where they are known
    message, cause, remedy = mask(error.message), mask(error.cause), mask(error.remedy)
    click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)
    if cause:
        click.echo(f"  cause:  {_indent(cause)}", err=True)
    if remedy:
        click.echo(f"  remedy: {_indent(remedy)}", err=True)
    if as_json:
        told = {
            "kind": error.kind,
            "message": message,
            "cause": cause,
            "remedy": remedy,
            "exit_code": error.exit_code,
        }
        click.echo(json.dumps({"version": 1, "error": told}, indent=1))


def _indent(text: str) -> str:
    return text.rstrip().replace("\n", "\n          ")


def main() -> NoReturn:
    """The console script. Every way out is a documented exit code."""
    arguments = sys.argv[1:]
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    try:
        code = slim.main(arguments, prog_name="slim", standalone_mode=False)
    except SlimError as error:
        show_error(error, as_json="--json" in own)
        sys.exit(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(UsageError.exit_code)
    except click.ClickException as error:
        show_error(_usage(error), as_json="--json" in own)
        sys.exit(UsageError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except _Unread:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception:
        traceback.print_exc()
        click.echo("error: this is a bug in slim; please report it with the lines above", err=True)
        sys.exit(70)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "slim"
    return UsageError(error.format_message(), remedy=f"see {path} --help")
