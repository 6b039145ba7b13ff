"""Probes and transcripts as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class HttpProbe:
    """One HTTP request; redirects inside the site are followed."""

    method: str
    path: str
    """Path and query, beginning with `/`."""
    port: int = 0
    """0: found when the container runs."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class ExecProbe:
    """A shell command line that runs in the container, traced."""

    command: str

    @property
    def name(self) -> str:
        return f"exec {self.command}"


@dataclass(frozen=True)
class HostProbe:
    """A shell command line that runs on this machine, with SLIM_URL and SLIM_CONTAINER set."""

    command: str

    @property
    def name(self) -> str:
        return f"host {self.command}"


@dataclass(frozen=True)
class ExitProbe:
    """The program runs to its own end: its exit code and output are what came back."""

    @property
    def name(self) -> str:
        return "run to its end"


@dataclass(frozen=True)
class HealthProbe:
    """The image's HEALTHCHECK, run by slim as the engine would run it, traced."""

    argv: tuple[str, ...]
    """With the image's SHELL in front for CMD-SHELL; OCI and Docker image specification."""

    @property
    def name(self) -> str:
        return "healthcheck"


Probe = HttpProbe | ExecProbe | HostProbe | ExitProbe | HealthProbe


class Result(Enum):
    """How a probe ended."""

    ANSWERED = "answered"
    """A response below 500, or a command that ran to its end (whatever its exit code)."""
    SERVER_ERROR = "server error"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    BROKEN = "broken"
    """The connection was closed or reset in mid-answer, or the answer is not HTTP."""
    DIED = "container died"


@dataclass(frozen=True)
class Exchange:
    """What one probe sent and what came back."""

    probe: str
    """The probe's name."""
    kind: str
    """http, exec, host, health or exit."""
    result: Result
    status: int | None = None
    """HTTP status of the last answer."""
    exit_code: int | None = None
    url: str = ""
    """Where the answer came from, after redirects: path and query only."""
    redirects: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """The first bytes of the body, or of standard output."""
    body_size: int = 0
    body_sha256: str = ""
    """Of the whole body or standard output, not only of what `body` holds."""
    stderr: bytes = b""
    seconds: float = 0.0
    started: float = 0.0
    """Seconds since the epoch, this machine's clock."""
    detail: str = ""
    """For people: why it was refused, which library said so."""

    @property
    def passed(self) -> bool:
        """A fat image's probe must pass: answered, and exit code 0 where there is one.
        The exit code of a program that runs to its end may be anything."""
        if self.result is not Result.ANSWERED:
            return False
        return self.kind == "exit" or self.exit_code in (None, 0)


@dataclass(frozen=True)
class Transcript:
    """All exchanges of one run, and how its container ended."""

    exchanges: tuple[Exchange, ...]
    container_exit_code: int | None
    """None where slim ended it."""
    listening: tuple[str, ...] = ()
    """`0.0.0.0:8000`-like TCP sockets found listening in the container."""
    log_tail: tuple[str, ...] = ()
    """The container's last log lines."""
