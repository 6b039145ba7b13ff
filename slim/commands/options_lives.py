"""Several lives of one image: `--run 'NAME: COMMAND'`, and `--no-main`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from probes.life import Life
from slim.commands.grouped import grouped
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError

MAIN = "main"
"""The name of the image's own command, where it is not the only life."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_OF_MAIN = {
    "http_probe": "--http-probe",
    "exec_probe": "--exec-probe",
    "host_probe": "--host-probe",
    "command": "a command after --",
}
"""What is for the image's own command alone, and how it is spelled."""


@dataclass(frozen=True)
class NamedCommand:
    """One `--run`."""

    name: str
    argv: tuple[str, ...]
    """As after `docker run IMAGE`."""


lives_options = grouped(
    click.option(
        "--run",
        "runs",
        metavar="'NAME: COMMAND'",
        multiple=True,
        help="Run the image with this command too, as after `docker run IMAGE`, watched and compared "
        "like the image's own: 'migrate: manage.py migrate'. May be given many times.",
    ),
    click.option(
        "--no-main",
        is_flag=True,
        help="Do not run the image's own command, only those of --run and of probe files.",
    ),
)
"""Further commands that the image is run with."""


def parse_run(text: str) -> NamedCommand:
    """One `--run`; UsageError where it has no name, no command, or a quote that is not closed."""
    name, colon, command = text.partition(":")
    remedy = "write --run 'NAME: COMMAND', such as --run 'migrate: manage.py migrate'"
    if not colon or not command[:1].isspace() or not _NAME.fullmatch(name):
        raise UsageError(
            f"--run {text!r} has no name",
            cause="a name is of small letters, digits, `_`, `.` and `-`, and ends with a colon and a space",
            remedy=remedy,
        )
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(
            f"--run {text!r} cannot be split into words",
            cause=str(error),
            remedy="close the quote; words are split as a shell does, and no shell runs them",
        ) from error
    if not argv:
        raise UsageError(f"--run {text!r} has no command", remedy=remedy)
    return NamedCommand(name, argv)


def further_lives(runs: Sequence[str], spec: ContainerSpec) -> tuple[Life, ...]:
    """The lives of `--run`, each as `spec` but for its command; what exercises one of them is found
    out when it runs, and where nothing can, its start is enough."""
    named = tuple(parse_run(text) for text in runs)
    return tuple(Life(replace(spec, command=one.argv), name=one.name, idle=True) for one in named)


def all_lives(given: Mapping[str, Any], main: Life, further: tuple[Life, ...]) -> tuple[Life, ...]:
    """The lives in the order in which they run: `main`, unless `--no-main`, then `further`.

    A life alone has no name. UsageError for two lives of one name, for none at all, and for
    options of the image's own command when that is not run.
    """
    if given["no_main"]:
        _check_no_main(given, main, further)
        lives = further
    elif further:
        lives = (replace(main, name=MAIN), *further)
    else:
        return (main,)
    names = [life.name for life in lives]
    for name in names:
        if names.count(name) > 1:
            own = f"{MAIN} is the image's own command" if name == MAIN and not given["no_main"] else ""
            raise UsageError(
                f"two runs are called {name}", cause=own, remedy="give each run a name of its own"
            )
    return lives


def _check_no_main(given: Mapping[str, Any], main: Life, further: tuple[Life, ...]) -> None:
    if not further:
        raise UsageError(
            "--no-main leaves nothing to run",
            remedy="give --run 'NAME: COMMAND', or leave --no-main out",
        )
    spelled = [text for name, text in _OF_MAIN.items() if given[name]]
    if main.generators:
        spelled.append("a crawl or an OpenAPI document")
    if spelled or main.probes:
        raise UsageError(
            f"--no-main does not go with {spelled[0] if spelled else 'probes that name no run'}",
            cause="that is for the image's own command, which is not run",
            remedy="leave --no-main out, or give the run its probes in a probe file",
        )
