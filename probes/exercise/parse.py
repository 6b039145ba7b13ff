"""Probes as the command line spells them."""

from __future__ import annotations

import re

from probes.exercise.model import ExecProbe, HostProbe, HttpProbe
from slim.errors import UsageError

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""`token` of RFC 9110, section 5.6.2; a method is one (section 9.1)."""
_URL = re.compile(r"(?:[^:/]+:)?https?://", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^/]*:(?P<port>[0-9]{1,5})(?P<path>/.*)?")


def parse_http_probe(text: str) -> HttpProbe:
    """The probe of `[METHOD:]PATH`; the method is GET unless given, and is sent in capitals.

    PATH begins with `/` and may hold a query, which is kept as it stands. Raises UsageError.
    """
    if _URL.match(text):
        raise UsageError(
            f"--http-probe {text!r} is not a path",
            cause="it is a URL, but the container's address is known only when it runs",
            remedy="give the path (such as /health) and, where needed, --port",
        )
    method, colon, path = ("GET", "", text) if text.startswith("/") else text.partition(":")
    if not colon and not path.startswith("/"):
        path = method
        method = "GET"
    if not path.startswith("/"):
        raise _not_a_path(text, f"{method}:" if colon else "", path)
    if not _TOKEN.fullmatch(method):
        raise UsageError(
            f"--http-probe {text!r} begins with no HTTP method",
            cause=f"{method!r} is not a token of RFC 9110",
            remedy="write METHOD:PATH, such as POST:/login",
        )
    if method.upper() == "CONNECT":
        raise UsageError(
            f"--http-probe {text!r} cannot be sent", cause="CONNECT asks a proxy for a tunnel and has no path"
        )
    _refuse_characters(text, path)
    return HttpProbe(method.upper(), path)


def _not_a_path(text: str, method: str, path: str) -> UsageError:
    if found := _HOST_AND_PORT.fullmatch(text):
        remedy = f"give the path and the port: --http-probe {found['path'] or '/'} --port {found['port']}"
    else:
        remedy = f"write {method}/{path}"
    return UsageError(f"--http-probe {text!r} is not a path", cause="a path begins with '/'", remedy=remedy)


def _refuse_characters(text: str, path: str) -> None:
    if "#" in path:
        raise UsageError(
            f"--http-probe {text!r} has a fragment",
            cause="what follows '#' is never sent to a server",
            remedy="leave it out, or write %23 for a '#' that belongs to the path",
        )
    if any(character.isspace() or not character.isprintable() for character in path):
        raise UsageError(
            f"--http-probe {text!r} has a blank or a control character",
            remedy="write it percent-encoded, such as %20 for a space",
        )


def parse_exec_probe(text: str) -> ExecProbe:
    """The probe of a shell command line for the container. Raises UsageError when it is empty."""
    return ExecProbe(_command("--exec-probe", text))


def parse_host_probe(text: str) -> HostProbe:
    """The probe of a shell command line for this machine. Raises UsageError when it is empty."""
    return HostProbe(_command("--host-probe", text))


def _command(option: str, text: str) -> str:
    command = text.strip()
    if not command:
        raise UsageError(f"{option} is empty", remedy=f"give a shell command line: {option} 'CMD ARGUMENT …'")
    if "\0" in command:
        raise UsageError(f"{option} holds a NUL character", cause="no command line can (execve(2))")
    return command
