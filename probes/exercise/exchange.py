"""What came back of probes, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

_PASSWORD = re.compile(rb"""<input\b[^>]{0,500}\btype\s*=\s*["']?password\b""", re.IGNORECASE)


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
    UNEXPECTED = "unexpected answer"
    """It answered, but not as the probe expects."""


@dataclass(frozen=True)
class Sent:
    """What a probe sent, or the command that it ran, before secrets are masked."""

    line: str
    """Method and path, or the command line; for people."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """The first bytes of it."""
    body_size: int = 0


BODY_HELD = 1 << 15
"""Bytes of a body that are held on to when nothing is read from it any more: what reports show of it."""


@dataclass(frozen=True)
class Exchange:
    """What one probe sent and what came back."""

    probe: str
    """The probe's name."""
    kind: str
    """http, tcp, websocket, grpc, exec, host, until, health, start, signal or exit."""
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
    """For people: why it was refused, which library said so, what was expected."""
    expected_exit: int = 0
    """The exit code with which a command passes."""
    found_by: str = ""
    """As of the probe: crawl or openapi; empty for what the user asked for."""
    found_on: str = ""
    """Of a crawl: path and query of the page that leads there; empty for what nobody promised."""
    sent: Sent | None = None
    attempts: int = 1
    """How often it was sent; the exchange is the last one."""
    site: str = ""
    """Of HTTP: scheme and authority as the server saw them, like `http://localhost:8000`."""
    port: int = 0
    """The container's port that it was sent to; 0 where that is not known."""

    @property
    def passed(self) -> bool:
        """A fat image's probe must pass: answered, and the expected exit code where there is one.
        The exit code of a program that runs to its end may be anything."""
        if self.result is not Result.ANSWERED:
            return False
        return self.kind == "exit" or self.exit_code in (None, self.expected_exit)

    def shortened(self) -> Exchange:
        """With BODY_HELD bytes of its body: there may be thousands of exchanges. A probe of the user's that
        did not pass stays whole: its last lines tell why."""
        if len(self.body) <= BODY_HELD or not (self.passed or self.found_by):
            return self
        return replace(self, body=self.body[:BODY_HELD])

    @property
    def broken(self) -> str:
        """How what was made up failed, as a status or in words; empty where it did not, and for what the
        user asked for. A link must lead somewhere; what was only tried may be missing or be refused."""
        if not self.found_by:
            return ""
        if self.status is None or self.result not in (Result.ANSWERED, Result.SERVER_ERROR):
            return self.result.value
        return str(self.status) if self.status >= (400 if self.found_on else 500) else ""

    @property
    def led_to_login(self) -> bool:
        """Whether it was redirected to a page that asks for a password."""
        return bool(self.redirects) and _PASSWORD.search(self.body) is not None


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
    log_errors: tuple[str, ...] = ()
    """Lines of its log at error level, each text once; a bounded number of the first."""
