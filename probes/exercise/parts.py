"""What probes are made of: bodies, expectations, captures, conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Upload:
    """One file of a multipart body: RFC 7578."""

    field: str
    filename: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Body:
    """What a request carries. At most one of `content`, and `fields` with `uploads`, is set."""

    content: bytes = b""
    """As it is sent, JSON included."""
    media_type: str = ""
    """The Content-Type of `content`; empty: none is sent."""
    fields: tuple[tuple[str, str], ...] = ()
    """Of a form: sent urlencoded, or as multipart/form-data where there are uploads."""
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True)
class Expect:
    """What an answer must be beyond what every probe asks for; all that is given must hold."""

    status: tuple[int, ...] = ()
    """One of these; then a status of 500 or more may be expected too."""
    headers: tuple[tuple[str, str], ...] = ()
    """(name, regular expression that must be found in a value)."""
    body: tuple[str, ...] = ()
    """Regular expressions that must be found in the body, or in standard output."""
    json: tuple[tuple[str, str], ...] = ()
    """(JSON Pointer of RFC 6901, JSON text of the value that must stand there)."""
    exit_code: int | None = None
    """Of a command; None: 0."""


ANSWERED = Expect()
"""That it is answered, which is all that a probe asks for unless told otherwise."""


@dataclass(frozen=True)
class Capture:
    """A value taken from an answer into a variable, for later probes of the same run: `${variable}`."""

    variable: str
    source: Literal["header", "cookie", "json", "regex", "html"]
    expression: str
    """A header's or cookie's name, a JSON Pointer, a regular expression whose first group (or whole
    match) is taken, or the name of an HTML form field whose value is taken."""


@dataclass(frozen=True)
class Until:
    """What is waited for; exactly one of these is given."""

    log: str = ""
    """A regular expression that must be found in a line of the container's log."""
    port: int = 0
    """This TCP port accepts connections."""
    http: str = ""
    """This path is answered with a status below 400."""
    command: str = ""
    """This shell command line, in the container, ends with exit code 0."""
    health: bool = False
    """The image's HEALTHCHECK passes."""
    seconds: float = 0.0
    """Nothing but time: for what tells nobody that it is done."""


def spell_until(until: Until) -> str:
    """`until` for people: what must come true."""
    if until.log:
        return f"the log says {until.log}"
    if until.port:
        return f"port {until.port} accepts connections"
    if until.http:
        return f"{until.http} is answered"
    if until.command:
        return f"`{until.command}` succeeds"
    return "the healthcheck passes" if until.health else f"{until.seconds:g} s have passed"
