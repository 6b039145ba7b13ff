"""What `slim trace --json` and `slim plan --json` print.

Version 1. The JSON Schemas trace.schema.json and plan.schema.json in schemas/ are made from these
types by `python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.watch.stability import Stability
from slim.oci.path import printable
from slim.oci.tree import Outcome, Tree
from slim.report.model import PlanSummary, TraceSummary
from slim.report.sizes import count_text

VERSION = 1
MAX_LINES = 20


@dataclass(frozen=True)
class UnsteadyPath:
    """A path that some runs used and others did not."""

    path: str
    in_image: bool
    """False for what only exists at run time: files that were written, /proc, volumes."""
    runs: tuple[int, ...]
    """The runs that used it, counted from 1."""
    uses: tuple[str, ...]
    executables: tuple[str, ...]
    probes: tuple[str, ...]


@dataclass(frozen=True)
class StabilitySummary:
    """Several runs under the same probes, compared path by path."""

    runs: int
    steady: int
    """Paths that every run used."""
    unsteady: tuple[UnsteadyPath, ...]


@dataclass(frozen=True)
class TraceReport:
    """One `slim trace`."""

    version: int
    image: str
    """The image's id."""
    file: str
    """Where the trace is."""
    trace: TraceSummary
    stability: StabilitySummary | None
    """Known with `--repeat` alone."""
    seconds: float


@dataclass(frozen=True)
class PlanReport:
    """One `slim plan`; the decisions path by path are in the file."""

    version: int
    image: str
    file: str
    trace: TraceSummary
    plan: PlanSummary


def stability_summary(found: Stability, tree: Tree) -> StabilitySummary:
    """`found` for machines, with what each path is to the image."""
    return StabilitySummary(
        found.runs,
        found.steady,
        tuple(
            UnsteadyPath(
                one.path,
                tree.resolve(one.path, follow_last=False).outcome is Outcome.FOUND,
                one.runs,
                one.uses,
                one.executables,
                one.probes,
            )
            for one in found.unsteady
        ),
    )


def stability_lines(found: StabilitySummary) -> Iterator[str]:
    """For people: one line that says how it stands, then the image's unsteady paths."""
    if not found.unsteady:
        yield f"stable: all {found.runs} runs used the same {count_text(found.steady, 'path')}"
        return
    own = [one for one in found.unsteady if one.in_image]
    total = count_text(len(found.unsteady), "path")
    yield (
        f"unstable: {total} not used by all {found.runs} runs, {len(own)} of them in the image; "
        "the union is saved"
    )
    for one in own[:MAX_LINES]:
        runs = ", ".join(map(str, one.runs))
        by = f" by {', '.join(map(printable, one.executables))}" if one.executables else ""
        yield f"  {printable(one.path)}: only in {'run' if len(one.runs) == 1 else 'runs'} {runs}{by}"
    if len(own) > MAX_LINES:
        yield f"  … and {len(own) - MAX_LINES:,} more (use --json)"
