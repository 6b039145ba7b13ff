"""What makes an image big, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Risk(Enum):
    """How likely it is that somebody misses what is dropped."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Share:
    """What one rule, package or folder has in the slim image."""

    name: str
    paths: int
    """Kept ones, folders not counted."""
    size: int
    """Bytes; a set of hard links counts once."""
    dropped: int
    """Bytes of it that were dropped; 0 for rules, which keep."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option that drops more, and how much."""

    words: tuple[str, ...]
    leave_out: bool
    """Whether the plan was made with these words, and they are to be left out."""
    paths: int
    size: int


@dataclass(frozen=True, slots=True)
class Chance:
    """What could still be dropped; no run was seen to use any of it."""

    id: str
    """Its entry in slim/explain/risks.toml."""
    title: str
    level: Risk
    risk: str
    """What may break, in a sentence."""
    paths: int
    size: int
    """Of everything it is about; the options name the largest parts."""
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Top:
    """What makes the slim image as big as it is."""

    kept: int
    """Paths, folders counted too."""
    size: int
    dropped: int
    dropped_size: int
    rules: tuple[Share, ...]
    """By why a path is kept: what was observed first, else its first reason; the most bytes first."""
    packages: tuple[Share, ...]
    """`ECOSYSTEM:NAME`; files of no package under an empty name."""
    folders: tuple[Share, ...]
    """A partition: a name that ends in `/*` is of files right in that folder."""
    chances: tuple[Chance, ...]
