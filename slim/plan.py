"""The plan: every path of the image, kept with its reasons or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slim.oci.path import ImagePath


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a path is kept: one link of a chain that ends in an observation or a stated rule."""

    rule: str
    """observed, application, parent, link, elf, shebang, nss, profile:NAME, include …"""
    detail: str
    """For people: `opened by /usr/sbin/nginx under GET /`, `DT_NEEDED libssl.so.3` …"""
    source: ImagePath | None = None
    """The kept path that needs this one; None at the chain's beginning."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Something a kept file asks for that the image does not hold."""

    rule: str
    source: ImagePath
    wanted: str
    detail: str


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
