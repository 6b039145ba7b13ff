"""The report as a value: what `--json` prints and `report.json` holds.

Version 1. The JSON Schema in schemas/report.schema.json is made from these types by
`python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from slim.coverage.model import Coverage

VERSION = 1


@dataclass(frozen=True)
class ImageSummary:
    """One image."""

    reference: str
    id: str
    size: int
    """Bytes of file content; a set of hard links counts once."""
    files: int
    """Entries of its file system: files, folders, links and the rest."""
    layers: int
    platform: str


@dataclass(frozen=True)
class StageSummary:
    """One stage of the run."""

    name: str
    summary: str
    seconds: float


@dataclass(frozen=True)
class TraceSummary:
    """What the tracers saw in the fat image's run."""

    complete: bool
    reasons: tuple[str, ...]
    events: int
    paths: int
    notes: tuple[str, ...]
    tracers: tuple[str, ...]


@dataclass(frozen=True)
class ExchangeSummary:
    """What came back of one probe from one image."""

    result: str
    status: int | None
    exit_code: int | None
    size: int
    sha256: str
    seconds: float
    detail: str


@dataclass(frozen=True)
class RunSummary:
    """One life of the image: a container from its start to its end, on both images."""

    name: str
    """Empty where it is the only one."""
    command: tuple[str, ...]
    """What the container started: entrypoint and command."""
    verified: bool
    started_only: bool
    """Whether nothing of it was exercised but its start."""
    probes: int
    port: int
    """The container's port that answered HTTP; 0 where none was asked."""
    listening: tuple[str, ...]
    """TCP sockets of the fat image's container, like `0.0.0.0:8000`."""
    exit_code: int | None
    """Of the fat image's container; null where slim ended it."""
    slim_exit_code: int | None


@dataclass(frozen=True)
class ProbeSummary:
    """One probe on both images."""

    probe: str
    kind: str
    agrees: bool
    fat: ExchangeSummary
    slim: ExchangeSummary | None
    run: str = ""
    """The name of its run; empty where there is only one."""
    found_by: str = ""
    """What made it up, as a crawl or an OpenAPI document; empty for what the user asked for."""


@dataclass(frozen=True)
class DifferenceSummary:
    """One difference between the two runs."""

    probe: str
    aspect: str
    fat: str
    slim: str
    where: str = ""
    """In the answer: a JSON Pointer, an element's place, a header's name, a line; empty for all of it."""
    why: str = ""
    """Of what is only noted: why it fails nothing, unless it is that runs of the fat image differ."""


@dataclass(frozen=True)
class BrokenSummary:
    """What a crawl or an OpenAPI document led to, and what was broken in the fat image already."""

    probe: str
    """As in `probes`."""
    outcome: str
    """The status, or in words how it failed."""
    page: str
    """Path and query of the page with the link; empty where none has it."""
    found_by: str
    """crawl or openapi."""
    run: str
    """As in `probes`."""


@dataclass(frozen=True)
class LookupSummary:
    """A look-up that failed on slim though the fat image holds the path, or a listing that lacks it, or what
    was refused there alone."""

    path: str
    asked: str
    """As the program asked for it; of a listing, the folder."""
    executable: str
    """`the engine` for what it looked up itself."""
    probe: str
    error: str
    """The errno's name; EEXIST: slim made anew what the fat image has. Empty for a listing."""
    purpose: str = ""
    """Who dropped the path and why; empty where nobody did on purpose."""


@dataclass(frozen=True)
class RepairedPath:
    """A path that the slim image lacked at first, or that one of those needs."""

    path: str
    rule: str
    """`repair` for what was looked up; else the rule by which it is needed."""
    detail: str
    source: str
    """The kept path that needs it; empty for none."""


@dataclass(frozen=True)
class RepairSummary:
    """One round of repair: what it added before the image was built and replayed again."""

    round: int
    """From 1."""
    paths: tuple[RepairedPath, ...]
    layers: str = ""
    """`mirror` where the round took the original's layers instead of `--layers single`; else empty."""


@dataclass(frozen=True)
class UnresolvedSummary:
    """Something that a kept file asks for and that could not be followed."""

    rule: str
    source: str
    wanted: str
    detail: str
    gap: str
    """absent (the fat image lacks it too), unknown, unreadable or withheld."""


@dataclass(frozen=True)
class OwnProfile:
    """A profile of the user's own that took part."""

    name: str
    file: str
    replaces: str
    """The file of the one with its name that it replaces, or `shipped with slim`; empty for none."""


@dataclass(frozen=True)
class PlanSummary:
    """What is kept and what goes; path by path in plan.json."""

    kept: int
    dropped: int
    kept_bytes: int
    dropped_bytes: int
    unresolved: tuple[UnresolvedSummary, ...]
    warnings: tuple[str, ...]
    profiles: tuple[OwnProfile, ...] = ()


@dataclass(frozen=True)
class Report:
    """All of one `slim run`."""

    version: int
    slim_version: str
    verified: bool
    exit_code: int
    tag: str
    """Where the slim image is; empty where it was not verified."""
    fat: ImageSummary
    slim: ImageSummary
    trace: TraceSummary
    plan: PlanSummary
    probes: tuple[ProbeSummary, ...]
    port: int
    """The first run's, that answered HTTP; 0 where none was asked."""
    differences: tuple[DifferenceSummary, ...]
    lookups: tuple[LookupSummary, ...]
    noted: tuple[DifferenceSummary, ...]
    """Differences that were seen and not judged."""
    slim_log: tuple[str, ...]
    """The slim container's last log lines, where it was not verified."""
    stages: tuple[StageSummary, ...]
    warnings: tuple[str, ...]
    seconds: float
    runs: tuple[RunSummary, ...] = ()
    notes: tuple[str, ...] = ()
    """What crawls, OpenAPI documents and runs have to tell."""
    broken: tuple[BrokenSummary, ...] = ()
    """Links and operations that failed in the fat image already; they fail nothing."""
    coverage: Coverage | None = None
    too_little: str = ""
    """Why the coverage is less than --min-coverage demands; empty where it is not."""
    on_purpose: tuple[LookupSummary, ...] = ()
    """Look-ups of what --exclude or a profile dropped, or that Python makes do without; they fail nothing."""
    repairs: tuple[RepairSummary, ...] = ()
    """What was added to the slim image since its first plan."""
    next_steps: tuple[str, ...] = ()
    """What to do where the slim image is not verified."""
