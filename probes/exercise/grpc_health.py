"""Send a gRPC health check: grpc.health.v1.Health/Check.

Sources: gRPC's doc/health-checking.md and doc/PROTOCOL-HTTP2.md.
"""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.grpc_message import ANSWER_LIMIT, request_message, serving_status, spell_refusal
from probes.exercise.http_connection import tls_context
from probes.exercise.model import GrpcHealthProbe
from probes.exercise.target import Target
from slim import __version__

PATH = "/grpc.health.v1.Health/Check"
_HEADERS = (
    ("content-type", "application/grpc"),
    ("te", "trailers"),
    ("grpc-accept-encoding", "identity"),
    ("user-agent", f"slim/{__version__}"),
)
_PIECE = 1 << 16
_RECEIVED_LIMIT = 1 << 20
"""Bytes of HTTP/2 that are taken in at the most."""
_FRAME_HEADER, _SETTINGS = 9, 4
"""Bytes before a frame's payload, and a type of frame, which is the fourth byte: RFC 9113, sections
4.1 and 6.5."""


def send(probe: GrpcHealthProbe, target: Target, timeout: float) -> Exchange:
    """Ask `target` whether `probe.service` is served, `timeout` seconds for everything together.

    HTTP/2 with prior knowledge, or by ALPN with TLS, whose certificate is not verified. SERVING is an
    answer and is the body; any other serving status, and any gRPC status but OK, is not as expected
    and told by name. Raises nothing for what a server does.
    """
    check = _Check(probe, target, time.monotonic() + timeout)
    started, begin = time.time(), time.monotonic()
    try:
        result, detail = _ask(check)
    except TimeoutError:
        where = f"in the middle of it, after {len(check.body)} bytes" if check.headers else "before it began"
        result, detail = Result.TIMED_OUT, f"no answer within {timeout:g} s, cut off {where}"
    message = request_message(probe.service)
    return Exchange(
        probe=probe.name,
        kind="grpc",
        result=result,
        status=check.status,
        url=PATH,
        headers=(*check.headers, *check.trailers),
        body=check.told.encode(),
        body_size=len(check.told),
        body_sha256=hashlib.sha256(check.told.encode()).hexdigest() if check.told else "",
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
        sent=Sent(f"POST {PATH}", _HEADERS, message, len(message)),
    )


@dataclass
class _Check:
    """What came back so far; kept when the rest never comes."""

    probe: GrpcHealthProbe
    target: Target
    deadline: float
    """By the monotonic clock."""
    received: int = 0
    """Bytes, whatever they were."""
    beginning: bytearray = field(default_factory=bytearray)
    headers: tuple[tuple[str, str], ...] = ()
    trailers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    told: str = ""
    """The serving status."""

    @property
    def tls(self) -> bool:
        return self.probe.tls or self.target.scheme == "https"

    @property
    def status(self) -> int | None:
        """Of HTTP."""
        text = self.header(":status")
        return int(text) if text.isdigit() else None

    def header(self, name: str) -> str:
        """Of the headers or the trailers; empty where there is none."""
        return next((value for key, value in (*self.trailers, *self.headers) if key == name), "")

    @property
    def progress(self) -> str:
        """How far it came, for people."""
        return f" after {len(self.body)} bytes" if self.headers else " before it answered"

    def left(self) -> float:
        """Seconds to the deadline; TimeoutError when it is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _ask(check: _Check) -> tuple[Result, str]:
    target = check.target
    try:
        plain = socket.create_connection((target.host, target.port), timeout=check.left())
    except TimeoutError:
        raise
    except OSError as error:
        return Result.REFUSED, f"{target.address}: {error.strerror or error}"
    try:
        with plain, _secured(plain, check) as connection:
            _converse(check, connection)
        return _judged(check)
    except TimeoutError:
        raise
    except ProtocolError as error:
        return Result.BROKEN, f"what came is not HTTP/2: {error or type(error).__name__}"
    except (OSError, ValueError) as error:
        return Result.BROKEN, str(error)


def _secured(plain: socket.socket, check: _Check) -> socket.socket:
    """`plain`, or TLS over it; HTTP/2 is chosen by ALPN: RFC 9113, section 3.2."""
    if not check.tls:
        return plain
    context = tls_context(verify=False)
    context.set_alpn_protocols(["h2"])
    plain.settimeout(check.left())
    return context.wrap_socket(plain, server_hostname="localhost")


def _converse(check: _Check, connection: socket.socket) -> None:
    """Send the request and take in its answer. httpx would do, but for the trailers, in which gRPC
    tells its status and which it drops."""
    http2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    http2.initiate_connection()
    stream = http2.get_next_available_stream_id()
    scheme = "https" if check.tls else "http"
    authority = f"localhost:{check.target.container_port}"
    pseudo = ((":method", "POST"), (":scheme", scheme), (":authority", authority), (":path", PATH))
    http2.send_headers(stream, [*pseudo, *_HEADERS])
    http2.send_data(stream, request_message(check.probe.service), end_stream=True)
    while True:
        connection.settimeout(check.left())
        connection.sendall(http2.data_to_send())
        if check.ended:
            return
        connection.settimeout(check.left())
        received = connection.recv(_PIECE)
        if not received:
            raise ConnectionError("the connection was closed" + check.progress)
        _look_at_beginning(check, received)
        for event in http2.receive_data(received):
            _take(check, event, http2)


def _look_at_beginning(check: _Check, received: bytes) -> None:
    """A server begins with a SETTINGS frame: RFC 9113, section 3.4. h2 would wait for all of the frame
    whose length any other text seems to tell."""
    check.received += len(received)
    if check.received > _RECEIVED_LIMIT:
        raise ProtocolError(f"more than {_RECEIVED_LIMIT >> 20} MiB of it")
    check.beginning += received[: _FRAME_HEADER - len(check.beginning)]
    whole = len(check.beginning) == _FRAME_HEADER
    if whole and (check.beginning[0] or check.beginning[3] != _SETTINGS):
        raise ProtocolError(f"it begins with {bytes(check.beginning)!r}")


def _take(check: _Check, event: Event, http2: H2Connection) -> None:
    match event:
        case ResponseReceived():
            check.headers = _pairs(event.headers)
        case TrailersReceived():
            check.trailers = _pairs(event.headers)
        case DataReceived():
            check.body += event.data
            if len(check.body) > ANSWER_LIMIT:
                raise ValueError(f"the answer has more than {ANSWER_LIMIT} bytes")
            http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        case StreamEnded():
            check.ended = True
        case StreamReset():
            raise ConnectionError(f"the server reset the stream (error {event.error_code}){check.progress}")
        case ConnectionTerminated():
            raise ConnectionError(
                f"the server ended the connection (error {event.error_code}){check.progress}"
            )


def _pairs(headers: Iterable[tuple[bytes | str, bytes | str]]) -> tuple[tuple[str, str], ...]:
    """As text, which the configuration asks h2 for."""
    return tuple((str(name), str(value)) for name, value in headers)


def _judged(check: _Check) -> tuple[Result, str]:
    if check.status != 200:
        failed = check.status is not None and check.status >= 500
        result = Result.SERVER_ERROR if failed else Result.UNEXPECTED
        return result, f"answered with HTTP status {check.status}"
    if (code := check.header("grpc-status") or "0") != "0":
        return Result.UNEXPECTED, spell_refusal(code, check.header("grpc-message"))
    kind = check.header("content-type")
    if not kind.startswith("application/grpc"):
        return Result.UNEXPECTED, f"answered with {kind or 'nothing'}, which is not application/grpc"
    told = serving_status(bytes(check.body))
    if told is None:
        return Result.BROKEN, f"the answer ended after {len(check.body)} bytes, without a serving status"
    check.told = told
    return (Result.ANSWERED, "") if told == "SERVING" else (Result.UNEXPECTED, f"answered {told}")
