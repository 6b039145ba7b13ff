"""What `slim verify --json` prints and its report.json holds.

Version 1. The JSON Schema in schemas/verify.schema.json is made from these types by
`python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from slim.oci.compare import AspectChange
from slim.report.model import (
    BrokenSummary,
    DifferenceSummary,
    ImageSummary,
    LookupSummary,
    ProbeSummary,
    RunSummary,
    StageSummary,
    TraceSummary,
)
from slim.verify.configuration import ConfigDifference

VERSION = 1


@dataclass(frozen=True)
class ChangedSummary:
    """A path of both images that was used, and that is not the same."""

    path: str
    changes: tuple[AspectChange, ...]
    """`before` is the fat image's value."""
    executable: str
    probe: str


@dataclass(frozen=True)
class VerifyReport:
    """All of one `slim verify`."""

    version: int
    slim_version: str
    agree: bool
    """Whether nothing that counts differs."""
    exit_code: int
    strict: bool
    """Whether `config` (where it changes behaviour) and `changed` count, too."""
    fat: ImageSummary
    slim: ImageSummary
    trace: TraceSummary
    """Of the fat image's runs."""
    probes: tuple[ProbeSummary, ...]
    port: int
    """The first run's, that answered HTTP; 0 where none was asked."""
    differences: tuple[DifferenceSummary, ...]
    """What probes saw; each of them counts."""
    lookups: tuple[LookupSummary, ...]
    """What fails in the slim image alone; each of them counts."""
    on_purpose: tuple[LookupSummary, ...]
    """What the slim image looks for in vain and lacks on purpose, or makes for itself; none of it counts."""
    noted: tuple[DifferenceSummary, ...]
    """What differs between two runs of the fat image, too."""
    config: tuple[ConfigDifference, ...]
    changed: tuple[ChangedSummary, ...]
    slim_log: tuple[str, ...]
    """The slim container's last log lines, where it differs."""
    stages: tuple[StageSummary, ...]
    warnings: tuple[str, ...]
    seconds: float
    runs: tuple[RunSummary, ...]
    notes: tuple[str, ...]
    """What crawls, OpenAPI documents and runs have to tell."""
    broken: tuple[BrokenSummary, ...]
    """Links and operations that failed in the fat image already; they count for nothing."""
