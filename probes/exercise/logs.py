"""A container's log, for people."""

from __future__ import annotations

import re

from slim.engine.interface import Container
from slim.errors import EngineError
from slim.oci.path import printable

_LINES = 12
_READ = 1 << 20
"""Bytes of a log, of each stream, that are searched for errors."""
_ERRORS = 200
_LONGEST = 500
"""Characters of an error line that are held."""
_ERROR = re.compile(
    r"\b(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC|EMERG(?:ENCY)?|ALERT)\b"
    r"|\[(?:error|crit|critical|alert|emerg|fatal)\]"  # nginx, Apache
    r"|\blevel[\"']?\s*[=:]\s*[\"']?(?:error|fatal|critical|panic|dpanic|[56]0\b)"  # logfmt, JSON, pino
    r"|\b(?:panic|[Ff]atal(?: error)?|[Ee]rror|[Uu]ncaught \w+): "
    r"|^(?:Traceback \(most recent call last\)|Exception in thread )"
    r"|^[A-Za-z_][\w.]*(?:Error|Exception)\b"  # the last line of a Python traceback, a Java stack trace
    r"|^(?:[a-z_]\w*\.)+[A-Z]\w+(?::|$)"
    r"|: (?:cannot open|not found|No such file or directory|Permission denied)"
)
"""Lines at error level, as the loggers of common languages and servers spell them."""


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


def error_lines(container: Container) -> tuple[str, ...]:
    """The log's lines at error level, of standard output first, each text once; empty where the engine
    keeps no log that can be read."""
    try:
        streams = container.logs(limit=_READ)
    except EngineError:
        return ()
    return errors_of(b"\n".join(streams))


def errors_of(log: bytes) -> tuple[str, ...]:
    """The lines at error level of `log`."""
    found = dict.fromkeys(line[:_LONGEST] for line in readable_lines(log) if _ERROR.search(line[:_LONGEST]))
    return tuple(found)[:_ERRORS]


def readable_lines(raw: bytes) -> tuple[str, ...]:
    """The lines of `raw` without control characters; empty lines are left out."""
    lines = (line.replace("\t", " ") for line in raw.decode("utf-8", "surrogateescape").splitlines())
    return tuple(printable(line) for line in lines if line.strip())
