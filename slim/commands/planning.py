"""The options of a plan as one value, for every verb that makes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slim.closure.options import PlanOptions
from slim.commands.fact_store import facts_path
from slim.commands.own_profiles import Origin, all_profiles, own_profiles, unknown_profile
from slim.oci.pattern import Pattern
from slim.report.model import OwnProfile


@dataclass(frozen=True)
class Planning:
    """What a plan is made with."""

    options: PlanOptions
    profiles: tuple[Origin, ...] = ()
    """The user's own among its profiles."""
    facts: Path | None = None
    """Where facts are remembered; None for nowhere."""

    def told(self) -> tuple[OwnProfile, ...]:
        """Which profiles of the user's own take part, for the report."""
        return tuple(OwnProfile(one.profile.name, one.file, one.replaces) for one in self.profiles)

    def lines(self) -> list[str]:
        """Which profiles of the user's own take part, for people."""
        return [
            f"profile: {one.profile.name}, from {one.file}"
            + (f" (replaces the one {one.replaces})" if one.replaces else "")
            for one in self.profiles
        ]


def planning_from(
    given: Mapping[str, Any], environment: tuple[tuple[str, str], ...], surroundings: Mapping[str, str]
) -> Planning:
    """What the user gave; UsageError for a glob, a profile or a profile's name that is wrong.

    `environment` is the container's, beside the image's own; `surroundings` is slim's.
    """
    for glob in (*given["include"], *given["exclude"]):
        Pattern.parse(glob)
    own = own_profiles(given["profile"])
    without = frozenset(given["no_profile"])
    known = {origin.profile.name for origin in all_profiles(given["profile"])}
    for name in sorted(without - known):
        raise unknown_profile(name, known, "--no-profile: ")
    own = tuple(origin for origin in own if origin.profile.name not in without)
    options = PlanOptions(
        keep=given["keep"],
        include=given["include"],
        exclude=given["exclude"],
        soname_strings=given["soname_strings"],
        packages=given["keep_package"],
        profiles=tuple(origin.profile for origin in own),
        without_profiles=without,
        environment=environment,
    )
    return Planning(options, own, None if given["no_cache"] else facts_path(surroundings))
