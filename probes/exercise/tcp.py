"""Send a TCP probe: bytes there, and bytes back until they are what was expected."""

from __future__ import annotations

import hashlib
import socket
import time
from dataclasses import dataclass, field

from probes.exercise.awaited import STREAM_LIMIT, end_of_expected, missing
from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.model import TcpProbe
from probes.exercise.target import Target

_SILENCE = 0.25
"""Seconds after the last bytes of an answer whose end nothing tells."""
_SENT_KEPT = 1 << 20
_PIECE = 1 << 16


def send(probe: TcpProbe, target: Target, timeout: float) -> Exchange:
    """Connect to `target`, send the bytes, and read, `timeout` seconds for everything together.

    Where the probe expects something of the body, reading ends as soon as all of it was found, and
    the body ends there. Else an answer ends when the peer closes or falls silent; and where nothing is
    sent either, an accepted connection is the answer, and nothing is read. One MiB is read at the
    most. Raises nothing for what a server does.
    """
    talk = _Talk(probe, time.monotonic() + timeout)
    started, begin = time.time(), time.monotonic()
    try:
        result, detail = _converse(talk, target)
    except TimeoutError:
        result = Result.TIMED_OUT
        detail = f"{_lack(talk)} within {timeout:g} s, after {len(talk.body)} bytes"
    return Exchange(
        probe=probe.name,
        kind="tcp",
        result=result,
        body=bytes(talk.body),
        body_size=len(talk.body),
        body_sha256=hashlib.sha256(talk.body).hexdigest() if talk.connected else "",
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
        sent=Sent(f"tcp {target.container_port}", (), probe.send[:_SENT_KEPT], len(probe.send)),
    )


@dataclass
class _Talk:
    """What came back so far; kept when the rest never comes."""

    probe: TcpProbe
    deadline: float
    """By the monotonic clock."""
    connected: bool = False
    body: bytearray = field(default_factory=bytearray)

    def left(self) -> float:
        """Seconds to the deadline; TimeoutError when it is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _converse(talk: _Talk, target: Target) -> tuple[Result, str]:
    try:
        with socket.create_connection((target.host, target.port), timeout=talk.left()) as connection:
            talk.connected = True
            connection.settimeout(talk.left())  # of sendall(), over all of it
            connection.sendall(talk.probe.send)
            if not talk.probe.send and not talk.probe.expect.body:
                return Result.ANSWERED, ""
            return _read(talk, connection)
    except TimeoutError:
        raise
    except OSError as error:
        if talk.connected:
            return Result.BROKEN, f"after {len(talk.body)} bytes: {error.strerror or error}"
        return Result.REFUSED, f"{target.address}: {error.strerror or error}"


def _read(talk: _Talk, connection: socket.socket) -> tuple[Result, str]:
    expected = talk.probe.expect.body
    while True:
        chunk = _receive(talk, connection)
        talk.body += (chunk or b"")[: STREAM_LIMIT - len(talk.body)]
        if expected:
            end = end_of_expected(expected, bytes(talk.body))
            if end is not None:
                del talk.body[end:]
                return Result.ANSWERED, ""
        elif chunk is None:
            return Result.ANSWERED, ""
        if not chunk:
            return _closed(talk)
        if len(talk.body) >= STREAM_LIMIT:
            cut = f"cut off after {STREAM_LIMIT >> 20} MiB"
            if expected:
                return Result.UNEXPECTED, f"{_lack(talk)}; {cut}"
            return Result.ANSWERED, cut


def _receive(talk: _Talk, connection: socket.socket) -> bytes | None:
    """The next bytes, none at the end; None when an answer that tells no end fell silent."""
    left = talk.left()
    silence = _SILENCE if talk.body and not talk.probe.expect.body else left
    connection.settimeout(min(left, silence))
    try:
        return connection.recv(_PIECE)
    except TimeoutError:
        if silence < left:
            return None
        raise


def _closed(talk: _Talk) -> tuple[Result, str]:
    if not talk.body:
        return Result.BROKEN, "the connection was closed without an answer"
    if talk.probe.expect.body:
        return Result.UNEXPECTED, f"{_lack(talk)} before the connection was closed"
    return Result.ANSWERED, ""


def _lack(talk: _Talk) -> str:
    """What did not come."""
    if not talk.connected:
        return "no connection"
    lacking = missing(talk.probe.expect.body, bytes(talk.body))
    return f"{lacking} was not found" if lacking else "no answer"
