"""What `transcript.json` holds: everything that was sent and received, secrets masked, bounded in size.

Version 1. The JSON Schema in schemas/transcript.schema.json is made from these types by
`python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a body or an output."""

    text: str | None
    """Where it is UTF-8; null for other bytes."""
    base64: str | None
    """Where it is no text; null for text."""
    size: int
    """Bytes of the whole, before secrets were masked."""
    sha256: str
    """Of the whole; empty where it is not known."""
    truncated: bool
    """Whether this is less than the whole."""


@dataclass(frozen=True)
class SentRecord:
    """What a probe sent, or the command that it ran."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: Excerpt


@dataclass(frozen=True)
class Answer:
    """One probe on one image."""

    result: str
    sent: SentRecord | None
    attempts: int
    status: int | None
    url: str
    """Path and query after redirects."""
    redirects: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    exit_code: int | None
    body: Excerpt
    """The body, or standard output."""
    stderr: Excerpt
    started: float
    """Seconds since the epoch."""
    seconds: float
    detail: str


@dataclass(frozen=True)
class ProbeRecord:
    """One probe on both images."""

    probe: str
    kind: str
    found_by: str
    fat: Answer
    slim: Answer | None


@dataclass(frozen=True)
class End:
    """How a container ended."""

    exit_code: int | None
    """Null where slim ended it."""
    listening: tuple[str, ...]
    log_tail: tuple[str, ...]


@dataclass(frozen=True)
class RunRecord:
    """One life of the image."""

    name: str
    """Empty where it is the only one."""
    command: tuple[str, ...]
    fat: End
    slim: End | None
    """Null where the slim image did not start."""
    probes: tuple[ProbeRecord, ...]


@dataclass(frozen=True)
class TranscriptFile:
    """All runs of one `slim run`."""

    version: int
    slim_version: str
    body_limit: int
    """Bytes that are kept of a body."""
    total_limit: int
    """Bytes that are kept of all bodies together; later ones are left empty."""
    truncated: bool
    """Whether any body is less than the whole."""
    runs: tuple[RunRecord, ...]
