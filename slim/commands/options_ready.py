"""What makes a container ready for its probes: the `--ready-…` options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from probes.exercise.parse import parse_http_probe
from probes.exercise.parts import Until
from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped
from slim.errors import UsageError

_DEFAULT = (
    "Default: the image's HEALTHCHECK passes; without one, a TCP port accepts connections or, for "
    "commands, the processes have nothing left to do."
)
READY_OPTIONS = ("ready_log", "ready_http", "ready_exec", "ready_port", "ready_seconds")
"""Their names among a command's parameters."""


ready_options = grouped(
    click.option(
        "--ready-log",
        metavar="REGEX",
        help=f"Probe once this regular expression is found in a line of the container's log. {_DEFAULT}",
    ),
    click.option(
        "--ready-http", metavar="PATH", help="Probe once this path is answered with a status below 400."
    ),
    click.option(
        "--ready-exec",
        metavar="COMMAND",
        help="Probe once this shell command line, in the container, ends with exit code 0.",
    ),
    click.option(
        "--ready-port",
        type=click.IntRange(1, 65535),
        metavar="PORT",
        help="Probe once this TCP port accepts connections.",
    ),
    click.option(
        "--ready-seconds",
        type=FiniteRange(min=0.1),
        metavar="SECONDS",
        help="Probe after so long: for what tells nobody that it is ready.",
    ),
)
"""When the first probe may be sent; at most one of these."""


def ready_from(given: Mapping[str, Any]) -> Until | None:
    """What the first probe waits for; None where the user did not say. UsageError where two were
    given, or one that can never come true."""
    asked = [name for name in READY_OPTIONS if given.get(name) is not None]
    if len(asked) > 1:
        spelled = " and ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise UsageError(
            f"{spelled} do not go together",
            cause="a container is ready when one thing has come true",
            remedy="give the one that comes true last; a probe file can wait for several in turn",
        )
    if not asked:
        return None
    value = given[asked[0]]
    match asked[0]:
        case "ready_log":
            return Until(log=_pattern(value))
        case "ready_http":
            return Until(http=_path(value, bool(given.get("network") == "none")))
        case "ready_exec":
            return Until(command=_command(value))
        case "ready_port":
            return Until(port=value)
        case _:
            return Until(seconds=value)


def _pattern(text: str) -> str:
    if not text:
        raise UsageError("--ready-log is empty", remedy="give a regular expression, such as 'listening on'")
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(
            f"--ready-log {text!r} is no regular expression",
            cause=str(error),
            remedy="correct it; a backslash before a special character takes it as it is",
        ) from error
    return text


def _path(text: str, no_network: bool) -> str:
    if no_network:
        raise UsageError(
            "--ready-http does not go with --network none",
            cause="the container cannot be reached",
            remedy="use --ready-exec, --ready-log or --ready-port",
        )
    try:
        probe = parse_http_probe(text)
    except UsageError as error:
        message = error.message.replace("--http-probe", "--ready-http")
        raise UsageError(message, cause=error.cause, remedy=error.remedy) from error
    if probe.method != "GET":
        raise UsageError(
            f"--ready-http {text!r} names a method",
            cause="it may be asked many times, so it is always sent as GET",
            remedy=f"write --ready-http {probe.path}",
        )
    return probe.path


def _command(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise UsageError(
            f"--ready-exec {text!r} is no command line", remedy="give one, such as 'redis-cli ping'"
        )
    return text.strip()
