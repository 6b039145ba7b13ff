"""What `slim profiles --json` prints."""

from __future__ import annotations

from dataclasses import dataclass

from slim.closure.profile.model import Condition, Drop, Keep


@dataclass(frozen=True)
class ProfileReport:
    """One profile as `--json` tells it."""

    name: str
    summary: str
    file: str
    """Where it comes from: a file, or `shipped with slim`."""
    replaces: str
    modes: tuple[str, ...]
    when: Condition
    keep: tuple[Keep, ...]
    drop: tuple[Drop, ...]


@dataclass(frozen=True)
class Profiles:
    """What `slim profiles --json` prints."""

    version: int
    profiles: tuple[ProfileReport, ...]
