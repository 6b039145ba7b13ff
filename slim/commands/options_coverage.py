"""How much of the application must have been exercised: `--min-coverage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped
from slim.coverage.gate import Minimum
from slim.errors import UsageError

coverage_options = grouped(
    click.option(
        "--min-coverage",
        type=FiniteRange(min=0, max=100, min_open=True),
        metavar="PERCENT",
        help="End with exit code 1 and tag nothing when a smaller share of the application was "
        "exercised: of its files of code, or, where files do not tell, of its OpenAPI operations or "
        "routes.",
    ),
    click.option(
        "--unmeasured-coverage",
        type=click.Choice(["fail", "pass"]),
        help="What --min-coverage comes to where the share cannot be measured, as of one native "
        "program. [default: fail]",
    ),
)
"""What the coverage must be."""


def minimum_from(given: Mapping[str, Any]) -> Minimum | None:
    """What the user demands; None where nothing is. UsageError where one option lacks the other."""
    percent, unmeasured = given["min_coverage"], given["unmeasured_coverage"]
    if percent is None:
        if unmeasured is not None:
            raise UsageError(
                "--unmeasured-coverage goes with --min-coverage alone",
                cause="without a minimum no share is measured against anything",
                remedy="give --min-coverage PERCENT too, or leave --unmeasured-coverage out",
            )
        return None
    return Minimum(percent, pass_unmeasured=unmeasured == "pass")
