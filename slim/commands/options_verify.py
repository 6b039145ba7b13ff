"""The `--verify` options: how hard to look for what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from probes.deep.model import Deep
from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped, refuse_without

_DEFAULT = Deep()

verify_options = grouped(
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
        type=FiniteRange(min=1.0),
        default=_DEFAULT.seconds,
        show_default=True,
        metavar="SECONDS",
        help="How long the fat image may be run for --verify deep; a run that has begun goes on to its end.",
    ),
)
"""Whether to try what the user did not write, and for how long."""


def verify_from(given: Mapping[str, Any]) -> Deep | None:
    """The bounds of the deep check; None where a plain one was asked for. UsageError for bounds
    without it."""
    if given["verify"] == "deep":
        return Deep(seconds=given["deep_time"])
    refuse_without("--verify deep", given, {"deep_time": _DEFAULT.seconds})
    return None
