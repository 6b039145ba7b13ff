"""What every probe of one run of a container needs to know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from probes.exercise.model import HealthProbe
from probes.exercise.parts import Until
from slim.engine.interface import Container, Engine


@dataclass(frozen=True)
class Options:
    """The user's options for exercising; times in seconds."""

    port: int = 0
    """`--port`: the container's TCP port for HTTP and host probes; 0: found when it runs."""
    start_timeout: float = 60.0
    """`--start-timeout`: from the start of waiting until the container is ready."""
    probe_timeout: float = 30.0
    """`--probe-timeout`: for one probe as a whole: redirects and body, or the command to its end."""
    run_timeout: float = 600.0
    """`--run-timeout`: for a one-shot program to its end."""
    allow_unexercised: bool = False
    """`--allow-unexercised`: starting up is enough where nothing else could be exercised."""
    headers: tuple[tuple[str, str], ...] = ()
    """`--http-header`: of every HTTP request, where it has no header of that name by itself."""


def _as_it_is(argv: Sequence[str]) -> Sequence[str]:
    return argv


def _ignore(_: str) -> None:
    return None


@dataclass(frozen=True)
class Session:
    """One started container and how to exercise it."""

    engine: Engine
    container: Container
    exposed: tuple[int, ...] = ()
    """The TCP ports that the image's configuration EXPOSEs."""
    options: Options = Options()
    network: str = ""
    """As `docker run --network` was given."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The caller's environment, for host probes."""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    """What runs an exec probe's command line in the container; empty where the image has no
    shell: the command line is then split into words as a shell would."""
    cat: tuple[str, ...] = ("cat",)
    """The argv prefix of a `cat` that works in the container, which may have none itself."""
    wrap: Callable[[Sequence[str]], Sequence[str]] = _as_it_is
    """Puts the tracer in front of an exec probe's argv."""
    mark: Callable[[str], None] = _ignore
    """Called with a probe's name before it is sent, for the tracer to attribute accesses."""
    say: Callable[[str], None] = _ignore
    """Called with what is being waited for, for people."""
    ready: Until | None = None
    """What the first probe waits for, as the user said; None: `health`, else what it looks like."""
    health: HealthProbe | None = None
    """The image's HEALTHCHECK."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What commands in the container have in their environment beside its own; for commands on this
    machine they are in `environment`."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set when what runs beside other probes must end: a signal reaches the main thread only."""
    started: float = field(default_factory=time.monotonic)
    """When the container was started, by the monotonic clock."""
