"""What was exercised of an application, as values; part of report.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["files", "operations", "routes", "none"]
"""What the share is a share of; operations are those of an OpenAPI document."""


@dataclass(frozen=True)
class Counted:
    """How many of something were used."""

    total: int = 0
    used: int = 0
    total_bytes: int = 0
    used_bytes: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is nothing to share."""
        return self.used / self.total if self.total else None


@dataclass(frozen=True)
class Unused:
    """Files of one folder that no run used."""

    folder: str
    count: int
    files: tuple[str, ...]
    """Their names in it, sorted; the first hundred."""
    bytes: int


@dataclass(frozen=True)
class UnreachedRoute:
    """A route that the application's code declares, and that no request can have reached."""

    name: str
    """Method and path, as they are written."""
    file: str
    line: int
    """From 1; 0 where the file's own place is the route."""


@dataclass(frozen=True)
class Shortfall:
    """One way in which the probes reached next to nothing of what the image is for."""

    kind: str
    """unexercised, liveness, version, errors, redirects, static, home or files."""
    told: str
    """What was seen, for people."""
    add: str
    """What to add."""


@dataclass(frozen=True)
class Coverage:
    """What the runs of one image exercised of its application, and what not."""

    measure: Measure
    share: float | None
    """From 0 to 1, of what `measure` says; None where nothing measures it."""
    share_of_bytes: float | None
    """The same by the files' sizes; None where it is not measured by files."""
    unmeasured: str
    """Why the share is not measured; empty where it is."""
    modules: Counted
    """The application's files of code; one counts as used when it was opened."""
    pages: Counted
    """Its templates, views and pages."""
    executables: Counted
    """Its programs and scripts that may be started; one counts as used when it was started or read."""
    packages: Counted
    """Files of code of installed packages that were kept: a second figure, no part of the share."""
    requests: int
    """HTTP requests that were answered."""
    paths: int
    """Different paths among them."""
    unused_modules: tuple[Unused, ...] = ()
    unused_pages: tuple[Unused, ...] = ()
    unused_executables: tuple[Unused, ...] = ()
    routes: Counted = Counted()
    """Routes that the application's code declares; used: requested."""
    unreached_routes: tuple[UnreachedRoute, ...] = ()
    operations: Counted = Counted()
    """Operations of its OpenAPI document."""
    unreached_operations: tuple[str, ...] = ()
    unseen_requests: bool = False
    """Whether commands were run that may have sent requests of their own: then routes and operations
    that count as never requested may have been, and measure nothing."""
    refused: int = 0
    """Requests that were answered 401, 403, 407 or 429 or led to a login: what they asked for counts as
    not reached."""
    reached_little: tuple[Shortfall, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is left to tell."""
        return not (
            self.unused_modules
            or self.unused_pages
            or self.unused_executables
            or self.unreached_routes
            or self.unreached_operations
            or self.reached_little
        )
