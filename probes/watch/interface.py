"""What a run needs of whatever watches it. Only this file is imported by the stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from probes.watch.trace import Trace
from slim.engine.interface import Container, ContainerSpec


@dataclass(frozen=True)
class Launch:
    """What the image itself would start."""

    image: str
    """The image's id, which the Trace will carry."""
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    workdir: str
    """Where the container's first process begins; empty is `/`."""
    user: str
    """The image's USER; empty is root."""


@dataclass(frozen=True)
class Progress:
    """One look at a trace while it grows."""

    events: int
    """Lines or kernel events read so far."""
    paths: int
    """Distinct paths used so far, found or not."""
    last_event: float
    """time.monotonic() of the last time that events arrived; 0.0 before the first."""


class Tracer(Protocol):
    """Watches one container from before its start to after its end.

    Called in this order: prepare, (the engine creates the container), install, (start), started,
    mark and wrap_exec as the probes go, check_alive where slim is about to end the container,
    (the container ends), finish, (the container is removed).
    """

    def prepare(self, spec: ContainerSpec, launch: Launch) -> ContainerSpec:
        """The container to create in `spec`'s place, its entrypoint and command explicit."""
        ...

    def install(self, container: Container) -> None:
        """Put into a container that is created but not started whatever must be there."""
        ...

    def started(self, container: Container) -> None:
        """Begin to read."""
        ...

    def mark(self, probe: str) -> None:
        """From now on accesses belong to this probe."""
        ...

    def wrap_exec(self, argv: Sequence[str], *, workdir: str = "") -> tuple[str, ...]:
        """What to run in the container so that `argv` runs watched, in `workdir` (empty: the
        container's own)."""
        ...

    def progress(self) -> Progress:
        """Safe from any thread."""
        ...

    def check_alive(self, container: Container) -> bool:
        """Prove that nothing was lost so far, just before slim ends the container."""
        ...

    def finish(self, container: Container, *, ended_by_slim: bool) -> Trace:
        """Read what is left of a container that has ended. `ended_by_slim`: by force, so that
        its program could not say goodbye. ExerciseError when its program could not be started."""
        ...
