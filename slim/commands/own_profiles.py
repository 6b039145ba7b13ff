"""A user's own profiles: those of the project's folder, and those that are named."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slim.closure.profile.load import builtin_profiles, parse_profile
from slim.closure.profile.model import Profile
from slim.errors import UsageError

FOLDER = Path(".slim/profiles")
"""Below the folder that slim is started in."""
SHIPPED = "shipped with slim"


@dataclass(frozen=True)
class Origin:
    """One profile and where it came from."""

    profile: Profile
    file: str
    """As the user would open it; SHIPPED for one that comes with slim."""
    replaces: str = ""
    """The file of the profile of the same name that it replaces."""


def own_profiles(files: Iterable[Path], folder: Path = FOLDER) -> tuple[Origin, ...]:
    """The profiles of the project's folder and of `files`, by name; of one name the last counts, the
    named files after the folder's. Raises UsageError where one cannot be read or is wrong."""
    known = {profile.name: SHIPPED for profile in builtin_profiles()}
    found: dict[str, Origin] = {}
    for path in (*_in_folder(folder), *files):
        profile = _read(path)
        found[profile.name] = Origin(profile, str(path), known.get(profile.name, ""))
        known[profile.name] = str(path)
    return tuple(found[name] for name in sorted(found))


def all_profiles(files: Iterable[Path], folder: Path = FOLDER) -> tuple[Origin, ...]:
    """The shipped profiles and the user's, by name; of one name the user's."""
    found = {profile.name: Origin(profile, SHIPPED) for profile in builtin_profiles()}
    found |= {origin.profile.name: origin for origin in own_profiles(files, folder)}
    return tuple(found[name] for name in sorted(found))


def unknown_profile(wanted: str, known: Iterable[str], option: str) -> UsageError:
    """The error for a name that no profile has, with names that are near."""
    near = difflib.get_close_matches(wanted, sorted(known), n=3)
    remedy = f"near names are {', '.join(near)}" if near else "`slim profiles` lists them"
    return UsageError(f"{option}there is no profile {wanted!r}", remedy=remedy)


def _in_folder(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(".toml"))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(
            f"the profiles in {folder} cannot be listed", cause=str(error), remedy="make it readable"
        ) from error


def _read(path: Path) -> Profile:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the profile {path} cannot be read",
            cause=str(error),
            remedy="give the path of a readable TOML file in UTF-8",
        ) from error
    return parse_profile(text, str(path))
