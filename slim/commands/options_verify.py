"""The `--verify` options: how hard to look for what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from probes.deep.model import Deep
from slim.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = Deep()
_OPTIONS = (
    click.option(
        "--verify",
        type=click.Choice(["plain", "deep"]),
        default="plain",
        show_default=True,
        help="plain: the probes run on both images. deep: so do requests and invocations that nobody wrote, "
        "for error pages, --help, signals, a read-only root, another user; what fails on the fat image "
        "must fail on the slim one alike.",
    ),
    click.option(
        "--deep-time",
        type=click.FloatRange(min=1.0),
        default=_DEFAULT.seconds,
        show_default=True,
        metavar="SECONDS",
        help="How long the fat image may be run for --verify deep.",
    ),
)


def verify_options(command: Command) -> Command:
    """Whether to try what the user did not write, and for how long."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def verify_from(given: Mapping[str, Any]) -> Deep | None:
    """The bounds of the deep check; None where a plain one was asked for. UsageError for bounds
    without it."""
    if given["verify"] == "deep":
        return Deep(seconds=given["deep_time"])
    if given["deep_time"] != _DEFAULT.seconds:
        raise UsageError(
            "--deep-time goes with --verify deep alone",
            remedy="add --verify deep, or leave out --deep-time",
        )
    return None
