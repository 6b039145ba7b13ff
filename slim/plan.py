"""The plan: every path of the image, kept with its reasons or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from slim.oci.path import ImagePath

MAX_REASONS = 8
"""Reasons noted of one path; what is needed by everything needs no list of everything."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a path is kept: one link of a chain that ends in an observation or a stated rule."""

    rule: str
    """observed, application, parent, link, elf, shebang, nss, profile:NAME, include …"""
    detail: str
    """For people: `opened by /usr/sbin/nginx under GET /`, `DT_NEEDED libssl.so.3` …"""
    source: ImagePath | None = None
    """The kept path that needs this one; None at the chain's beginning."""


class Gap(Enum):
    """Why something stays unresolved; all but ABSENT are for the user to look at."""

    ABSENT = "absent"
    """The fat image does not hold it either: whatever comes of that, comes of it there too."""
    UNKNOWN = "unknown"
    """Its name is made at run time, so that no reading of the file tells it."""
    UNREADABLE = "unreadable"
    """The file that asks could not be read as what it claims to be, so that what it needs is not known."""
    WITHHELD = "withheld"
    """The fat image holds it, and it was dropped on purpose."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Something a kept file asks for that could not be followed."""

    rule: str
    source: ImagePath
    wanted: str
    detail: str
    gap: Gap = Gap.ABSENT


@dataclass(frozen=True, slots=True)
class Owner:
    """The package that a path is a file of, by name; `slim.closure.packages` knows more of it."""

    ecosystem: str
    """dpkg, apk, rpm, conda, python, npm, gem, jar or runtime."""
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.ecosystem}:{self.name}"


@dataclass(frozen=True)
class Plan:
    """A decision about every path of one image."""

    image: str
    """The fat image's id."""
    kept: Mapping[ImagePath, tuple[Reason, ...]]
    """In sorted order; the first reason is the first that was found."""
    dropped: Mapping[ImagePath, str]
    """In sorted order; why it went, for people."""
    unresolved: tuple[Unresolved, ...] = ()
    warnings: tuple[str, ...] = ()
    on_purpose: frozenset[ImagePath] = frozenset()
    """Of `dropped`, what --exclude or a profile's drop took out, not the want of a reason for it."""
    owners: Mapping[ImagePath, Owner] = field(default_factory=dict)
    """In sorted order; the package of each path that one brought."""
    options: tuple[str, ...] = ()
    """What the plan was made with beyond the defaults, as words of a command line."""
