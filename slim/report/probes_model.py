"""What `slim probes check --json` prints."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True)
class ProblemReport:
    """One mistake in a probe file."""

    file: str
    line: int
    """From 1; 0: the file as a whole."""
    column: int
    key: str
    """`steps[2].http.path`, indices from 0; empty: the file as a whole."""
    cause: str
    remedy: str


@dataclass(frozen=True)
class StepReport:
    """One probe that a run would do."""

    name: str
    kind: str
    """http, exec, host, tcp, websocket, grpc_health, until or parallel."""
    told: str
    """What it does, for people."""


@dataclass(frozen=True)
class FileRunReport:
    """One life of the image."""

    name: str
    """`main`: the image's own command."""
    command: tuple[str, ...] | None
    """null: the image's own."""
    ready: str
    """What is waited for first; empty: found out."""
    exit_code: int | None
    """What it must end with; null: 0, where it ends by itself."""
    steps: tuple[StepReport, ...]
    """None: what can be exercised is found out."""


@dataclass(frozen=True)
class CheckedFile:
    """One probe file."""

    file: str
    problems: tuple[ProblemReport, ...]
    runs: tuple[FileRunReport, ...]
    """Empty where there are problems."""


@dataclass(frozen=True)
class ProbesCheck:
    """All files that were checked."""

    version: int
    files: tuple[CheckedFile, ...]
