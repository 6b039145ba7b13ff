"""One way in which an image is run and exercised: web, worker, migrate, shell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from probes.exercise.generate import Generator
from probes.exercise.model import Probe
from probes.exercise.parts import Until
from slim.engine.interface import ContainerSpec
from slim.progress import Say

Around = Callable[[ContainerSpec, str, Say], AbstractContextManager[ContainerSpec]]
"""Brings up what a run needs beside its container and takes it down afterwards; gives the spec with
what the container must have to reach it. The text is the life's `service`."""


@dataclass(frozen=True)
class Life:
    """A container of the image from its start to its end, and what exercises it.

    All lives of a slimming are traced on the fat image, their traces merge into one plan, and all are
    replayed on the slim image."""

    spec: ContainerSpec
    probes: tuple[Probe, ...] = ()
    """None: found out when it runs."""
    name: str = ""
    """Empty for the image's own command where that is the only life."""
    ready: Until | None = None
    """What makes it ready for probes; None: its HEALTHCHECK, else what it looks like from outside."""
    port: int = 0
    """The TCP port for HTTP and host probes; 0: found when it runs."""
    exit_code: int = 0
    """What it must end with on the fat image where it runs to its own end."""
    variables: tuple[tuple[str, str], ...] = ()
    """What `${name}` in its probes stands for, until a probe captures it anew."""
    idle: bool = False
    """Whether starting up is enough where nothing of it can be exercised, as of a worker."""
    service: str = ""
    """Which service of the stack around it it takes the place of; empty: the one under test."""
    generators: tuple[Generator, ...] = ()
    """What makes up further probes on the fat image; the replay gets theirs as `probes`."""
    made_up: bool = False
    """Whether nobody asked for it: what fails on the fat image is no error, it must fail on slim alike."""
