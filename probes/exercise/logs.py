"""A container's log, for people."""

from __future__ import annotations

from slim.engine.interface import Container
from slim.errors import EngineError
from slim.oci.path import printable

_LINES = 12


def log_tail(container: Container) -> tuple[str, ...]:
    """The last lines that the container wrote, standard output before standard error, without
    control characters; empty when the engine keeps no log that can be read."""
    try:
        stdout, stderr = container.logs(tail=_LINES)
    except EngineError:
        return ()  # a log driver that cannot be read back (docker logs(1)) loses only explanation
    return readable_lines(stdout + (b"" if stdout.endswith(b"\n") or not stdout else b"\n") + stderr)[
        -_LINES:
    ]


def readable_lines(raw: bytes) -> tuple[str, ...]:
    """The lines of `raw` without control characters; empty lines are left out."""
    lines = (line.replace("\t", " ") for line in raw.decode("utf-8", "surrogateescape").splitlines())
    return tuple(printable(line) for line in lines if line.strip())
