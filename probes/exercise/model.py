"""Probes as values."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.parts import ANSWERED, Body, Capture, Expect, Until, spell_until


@dataclass(frozen=True, kw_only=True)
class GivenProbe:
    """What can be said of every probe that a user gives."""

    title: str = ""
    """What it is called; empty: after what it does."""
    timeout: float = 0.0
    """Seconds; 0: as for all probes."""


@dataclass(frozen=True, kw_only=True)
class AnsweredProbe(GivenProbe):
    """One whose answer can be judged, and quoted by later probes."""

    expect: Expect = ANSWERED
    captures: tuple[Capture, ...] = ()


@dataclass(frozen=True)
class HttpProbe(AnsweredProbe):
    """One HTTP request; redirects inside the site are followed unless told otherwise.

    `${variable}` in path, headers and body is replaced by what was captured or given."""

    method: str
    path: str
    """Path and query, beginning with `/`."""
    port: int = 0
    """0: found when the container runs."""
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    auth: tuple[str, str] | None = None
    """User and password of RFC 7617; a bearer token is a header."""
    tls: bool = False
    """Speak TLS; certificates are not verified unless `verify`."""
    verify: bool = False
    http2: bool = False
    """Offer HTTP/2 by ALPN with TLS, and speak it with prior knowledge without."""
    follow: bool = True
    retries: int = 0
    """How often it is sent again when it fails."""
    found_by: str = ""
    """Which generator made it up: crawl or openapi. Such a probe may fail on the fat image: what it
    came to is told, and must be the same on the slim image."""

    @property
    def name(self) -> str:
        return self.title or f"{self.method} {self.path}"


@dataclass(frozen=True)
class TcpProbe(AnsweredProbe):
    """Connect, send, and read until the expectation is met or the peer closes."""

    port: int
    send: bytes = b""

    @property
    def name(self) -> str:
        return self.title or f"tcp {self.port}"


@dataclass(frozen=True)
class WebSocketProbe(AnsweredProbe):
    """Open a WebSocket (RFC 6455), send each message, and read one answer for each."""

    path: str
    messages: tuple[str, ...] = ()
    port: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    tls: bool = False

    @property
    def name(self) -> str:
        return self.title or f"websocket {self.path}"


@dataclass(frozen=True)
class GrpcHealthProbe(GivenProbe):
    """grpc.health.v1.Health/Check must answer SERVING: the gRPC health checking protocol."""

    service: str = ""
    port: int = 0
    tls: bool = False

    @property
    def name(self) -> str:
        return self.title or f"grpc health {self.service}".rstrip()


@dataclass(frozen=True)
class ExecProbe(AnsweredProbe):
    """A shell command line that runs in the container, traced."""

    command: str

    @property
    def name(self) -> str:
        return self.title or f"exec {self.command}"


@dataclass(frozen=True)
class HostProbe(AnsweredProbe):
    """A shell command line that runs on this machine, with SLIM_URL and SLIM_CONTAINER set."""

    command: str

    @property
    def name(self) -> str:
        return self.title or f"host {self.command}"


@dataclass(frozen=True)
class UntilProbe(GivenProbe):
    """Wait, in the midst of the other probes; it fails when the time is up first."""

    until: Until

    @property
    def name(self) -> str:
        return self.title or f"until {spell_until(self.until)}"


@dataclass(frozen=True)
class ExitProbe:
    """The program runs to its own end: its exit code and output are what came back."""

    @property
    def name(self) -> str:
        return "run to its end"


@dataclass(frozen=True)
class StartProbe:
    """Starting up and staying up: all that is to be seen of a worker that nobody can ask."""

    @property
    def name(self) -> str:
        return "start up"


@dataclass(frozen=True)
class BeginProbe:
    """Starting up, or failing to: each is an answer. What a container is started with that its image may
    not have been made for (a variable less, another user) is exercised by this, then by what else."""

    port: int = 0
    """The TCP port that listens once it is up; 0: it is up once it has nothing left to do."""

    @property
    def name(self) -> str:
        return "start up or end"


@dataclass(frozen=True)
class SignalProbe:
    """A signal to the container's first process: what it does then, to end included, is the answer."""

    signal: str
    """Like `SIGHUP`."""
    patience: float = 5.0
    """Seconds in which it may end."""

    @property
    def name(self) -> str:
        return self.signal


@dataclass(frozen=True)
class HealthProbe:
    """The image's HEALTHCHECK, run by slim as the engine would run it, traced."""

    argv: tuple[str, ...]
    """With the image's SHELL in front for CMD-SHELL; OCI and Docker image specification."""
    timeout: float = 0.0
    """Seconds that the image gives one run of it; `--probe-timeout` where that is longer."""
    start_period: float = 0.0
    """Seconds that the image gives its start; `--start-timeout` where that is longer, or given."""
    may_fail: bool = False
    """Whether another command runs than the one that it was written for: then it is waited for by
    nobody, run once, and left out where it does not pass, which is told."""

    @property
    def name(self) -> str:
        return "healthcheck"


SingleProbe = (
    HttpProbe
    | TcpProbe
    | WebSocketProbe
    | GrpcHealthProbe
    | ExecProbe
    | HostProbe
    | UntilProbe
    | ExitProbe
    | StartProbe
    | BeginProbe
    | SignalProbe
    | HealthProbe
)


@dataclass(frozen=True)
class Together:
    """Probes that are sent at the same time; their exchanges come in the order of `probes`."""

    probes: tuple[HttpProbe | TcpProbe | WebSocketProbe | GrpcHealthProbe | ExecProbe | HostProbe, ...]
    title: str = ""

    @property
    def name(self) -> str:
        return self.title or " and ".join(probe.name for probe in self.probes)


Probe = SingleProbe | Together
