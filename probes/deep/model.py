"""How far a deep check goes."""

from __future__ import annotations

from dataclasses import dataclass

FOUND_BY = "deep"
"""`found_by` of every request that is made up here."""


@dataclass(frozen=True)
class Deep:
    """The bounds of a deep check of one image."""

    seconds: float = 60.0
    """For all runs of the fat image that it makes; the replays take as long again."""
    paths: int = 8
    """Of a site that are asked for in odd ways."""
    folders: int = 5
    """Of a site in which a path is asked for that does not exist."""
    variables: int = 3
    """Of the user's that are left out, one at a time."""
    follow_ups: int = 3
    """Of the user's probes that are run where the image was started in another way."""
