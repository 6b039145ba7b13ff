"""A least share of the application that must have been exercised: `--min-coverage`."""

from __future__ import annotations

from dataclasses import dataclass

from slim.coverage.model import Coverage


@dataclass(frozen=True)
class Minimum:
    """What the user demands of the coverage."""

    percent: float
    """Of what the coverage is measured by."""
    pass_unmeasured: bool = False
    """Whether an application of which the share is not measurable passes."""


def shortcoming(coverage: Coverage, minimum: Minimum | None) -> str:
    """Why `coverage` is not enough; empty where it is, or where nothing is demanded.

    A gate that cannot measure does not pass, unless the user chose that."""
    if minimum is None:
        return ""
    if coverage.share is None:
        if minimum.pass_unmeasured:
            return ""
        return (
            f"--min-coverage {minimum.percent:g} cannot be measured: {coverage.unmeasured}; "
            "--unmeasured-coverage pass lets such an image through"
        )
    reached = coverage.share * 100
    if reached >= minimum.percent:
        return ""
    return (
        f"{reached:.3g} % of the application's {coverage.measure} were exercised, not {minimum.percent:g} %"
    )
