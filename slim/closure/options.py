"""What the user may ask of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slim.closure.profile.model import Profile

KeepMode = Literal["traced", "closure", "package"]


@dataclass(frozen=True)
class Repair:
    """A look-up that failed on a slim image, and must succeed on the next."""

    asked: str
    """The path as the program asked for it, absolute."""
    detail: str
    """Who asked, when, and how it failed, for people."""
    follow: bool = True
    """False: of a last symlink only the link itself."""


@dataclass(frozen=True)
class PlanOptions:
    """Options of one plan. Globs are absolute; one that matches a folder takes its content too."""

    keep: KeepMode = "closure"
    """`traced`: what was observed, with its libraries, interpreters and links. `closure`: that, what
    the rules say it may need, and the application whole. `package`: every package of the
    distribution that was used, whole, beside that."""
    include: tuple[str, ...] = ()
    """Kept whatever the rules decide."""
    exclude: tuple[str, ...] = ()
    """Dropped whatever the rules decide, unless included."""
    profiles: tuple[Profile, ...] = ()
    """The user's own; one with the name of a shipped profile replaces it."""
    without_profiles: frozenset[str] = frozenset()
    """Names of profiles that take no part."""
    packages: tuple[str, ...] = ()
    """Packages to keep whole, of any ecosystem: `NAME` or `ECOSYSTEM:NAME`, with wildcards."""
    libraries: tuple[str, ...] = ()
    """Sonames to keep with their closure, as a program of the image would load them."""
    soname_strings: bool = True
    """Whether libraries that strings of ELF files name are kept; what `traced` never does."""
    commands: tuple[tuple[str, ...], ...] = ()
    """Argument lists that the image was run with, beside its own entrypoint and command."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables that it was run with, beside its own."""
    repairs: tuple[Repair, ...] = ()
    """What slim images of earlier plans lacked."""

    def words(self) -> tuple[str, ...]:
        """What differs from the defaults, as words of a command line; of the user's own profiles, which come
        from files, nothing."""
        many = (
            ("--include", self.include),
            ("--exclude", self.exclude),
            ("--keep-package", self.packages),
            ("--no-profile", sorted(self.without_profiles)),
        )
        return (
            *(() if self.keep == "closure" else ("--keep", self.keep)),
            *(word for option, values in many for value in values for word in (option, value)),
            *(() if self.soname_strings else ("--no-soname-strings",)),
        )
