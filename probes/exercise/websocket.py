"""Send a WebSocket probe (RFC 6455): a handshake, messages, and an answer to each."""

from __future__ import annotations

import asyncio
import email.message
import hashlib
import socket
import time
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from probes.exercise.awaited import STREAM_LIMIT, end_of_expected, missing
from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.http_connection import tls_context
from probes.exercise.model import WebSocketProbe
from probes.exercise.target import Target
from slim import __version__

_CLOSE_SECONDS = 1.0
"""For the closing handshake: its answer says nothing of interest."""
_MESSAGE_LIMIT = 1 << 24
"""Bytes of one message that are read at the most."""
_SENT_KEPT = 1 << 20
_LIBRARY_SETS = frozenset({"host", "user-agent", "sec-websocket-protocol"})
"""Headers of a probe that the library must know of, so that they are not sent twice."""


def send(probe: WebSocketProbe, target: Target, cookies: CookieJar, timeout: float) -> Exchange:
    """Open a WebSocket at `target`, send each message and read one answer to each; then read on
    until what the probe expects of the body was found.

    The answers, one a line, are the body. `cookies` go with the handshake, and its answer's are taken
    up. TLS certificates are not verified. A handshake that is answered by another status than 101 is
    told with it, and passes only where the probe expects that status. `timeout` in seconds is for
    everything together. Raises nothing for what a server does.
    """
    talk = _Talk(probe, target, cookies)
    started, begin = time.time(), time.monotonic()
    result, detail = _connected(talk, timeout)
    body = b"\n".join(talk.answers)
    content = "\n".join(probe.messages).encode("utf-8", "surrogatepass")
    return Exchange(
        probe=probe.name,
        kind="websocket",
        result=result,
        status=talk.status,
        url=probe.path,
        headers=talk.headers,
        body=body[:STREAM_LIMIT],
        body_size=len(body),
        body_sha256=hashlib.sha256(body).hexdigest() if talk.status is not None else "",
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
        sent=Sent(f"WEBSOCKET {probe.path}", talk.sent, content[:_SENT_KEPT], len(content)),
    )


@dataclass
class _Talk:
    """What was said so far; kept when the rest never comes."""

    probe: WebSocketProbe
    target: Target
    cookies: CookieJar
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    answers: list[bytes] = field(default_factory=list)
    sent: tuple[tuple[str, str], ...] = ()

    @property
    def tls(self) -> bool:
        return self.probe.tls or self.target.scheme == "https"

    def site(self, scheme: str) -> str:
        """The probe's URL as its server sees it, by the container's own port."""
        host = _header(self.probe, "host") or f"localhost:{self.target.container_port}"
        return f"{scheme}{'s' if self.tls else ''}://{host}{self.probe.path}"

    def progress(self) -> str:
        """How far it came, for people."""
        if self.status is None:
            return "before the handshake was answered"
        return f"after {len(self.answers)} of {len(self.probe.messages)} answers"

    def lack(self) -> str:
        """What of the expected body did not come yet; empty when all is there."""
        return missing(self.probe.expect.body, b"\n".join(self.answers))


class _Connect(connect):
    """The library's, but redirects are answers: RFC 6455, section 4.1, leaves following them open."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _connected(talk: _Talk, timeout: float) -> tuple[Result, str]:
    began, target = time.monotonic(), talk.target
    try:
        # by hand: a connection that is refused is another result than one that is broken off
        connection = socket.create_connection((target.host, target.port), timeout)
    except TimeoutError:
        return Result.TIMED_OUT, f"no connection to {target.address} within {timeout:g} s"
    except OSError as error:
        return Result.REFUSED, f"{target.address}: {_spell(error)}"
    with connection:
        connection.setblocking(False)
        left = timeout - (time.monotonic() - began)
        result, detail = asyncio.run(_bounded(talk, connection, left))
    if result is Result.TIMED_OUT:
        lack = f"{lacking} was not found" if talk.status and (lacking := talk.lack()) else "no answer"
        detail = f"{lack} within {timeout:g} s, cut off {talk.progress()}"
    return result, detail


async def _bounded(talk: _Talk, connection: socket.socket, timeout: float) -> tuple[Result, str]:
    try:
        async with asyncio.timeout(timeout):
            return await _converse(talk, connection)
    except TimeoutError:
        return Result.TIMED_OUT, ""
    except InvalidStatus as error:
        return _other_status(talk, error)
    except ConnectionClosed as error:
        return Result.BROKEN, f"{talk.progress()}: {_closed(error)}"
    except (InvalidHandshake, InvalidURI, OSError, ValueError, EOFError) as error:
        return Result.BROKEN, f"{talk.progress()}: {_spell(error)}"


async def _converse(talk: _Talk, connected: socket.socket) -> tuple[Result, str]:
    connection = await _open(talk, connected)
    try:
        for message in talk.probe.messages:
            await connection.send(message)
            await _answer(talk, connection)
        expected = talk.probe.expect.body
        while expected and end_of_expected(expected, b"\n".join(talk.answers)) is None:
            if sum(map(len, talk.answers)) >= STREAM_LIMIT:
                return Result.UNEXPECTED, f"{talk.lack()} was not found in {STREAM_LIMIT >> 20} MiB"
            try:
                await _answer(talk, connection)
            except ConnectionClosed as error:
                return Result.UNEXPECTED, f"{talk.lack()} was not found: {_closed(error)}"
        await connection.close()
    finally:
        connection.transport.abort()  # a server that hangs is not waited for
    return Result.ANSWERED, ""


async def _answer(talk: _Talk, connection: ClientConnection) -> None:
    told = await connection.recv()
    talk.answers.append(told.encode("utf-8", "surrogatepass") if isinstance(told, str) else told)


async def _open(talk: _Talk, connected: socket.socket) -> ClientConnection:
    """The connection after its handshake."""
    request = urllib.request.Request(talk.site("http"))  # noqa: S310 - cookies by RFC 6265; never opened
    talk.cookies.add_cookie_header(request)
    own = [(name, value) for name, value in talk.probe.headers if name.lower() not in _LIBRARY_SETS]
    cookie = [("Cookie", value)] if (value := request.get_header("Cookie")) else []
    talk.sent = (*talk.probe.headers, *cookie)
    protocols = _header(talk.probe, "sec-websocket-protocol")
    more: dict[str, Any] = {"ssl": tls_context(verify=False)} if talk.tls else {}
    opening = _Connect(
        talk.site("ws"),
        sock=connected,
        subprotocols=[Subprotocol(one.strip()) for one in protocols.split(",")] if protocols else None,
        additional_headers=[*own, *cookie],
        user_agent_header=_header(talk.probe, "user-agent") or f"slim/{__version__}",
        proxy=None,  # nothing stands between
        open_timeout=None,  # the deadline is over everything
        ping_interval=None,
        close_timeout=_CLOSE_SECONDS,
        max_size=_MESSAGE_LIMIT,
        **more,
    )
    connection = await opening
    assert connection.response is not None  # noqa: S101 - the handshake is over
    _take(talk, connection.response.status_code, connection.response.headers)
    return connection


def _take(talk: _Talk, status: int, headers: Headers) -> None:
    """Remember the handshake's answer, and its cookies."""
    talk.status = status
    talk.headers = tuple((name.lower(), value) for name, value in headers.raw_items())
    request = urllib.request.Request(talk.site("http"))  # noqa: S310 - as in _open
    talk.cookies.extract_cookies(cast(Any, _Answer(headers)), request)


class _Answer:
    """What http.cookiejar reads cookies from: its documentation asks for info() alone."""

    def __init__(self, headers: Headers) -> None:
        self._message = email.message.Message()
        for name, value in headers.raw_items():
            self._message[name] = value

    def info(self) -> email.message.Message:
        return self._message


def _other_status(talk: _Talk, error: InvalidStatus) -> tuple[Result, str]:
    response = error.response
    _take(talk, response.status_code, response.headers)
    if response.body:
        talk.answers.append(bytes(response.body))
    detail = f"the handshake was answered with status {response.status_code}"
    if response.status_code in talk.probe.expect.status:
        return Result.ANSWERED, detail
    return Result.SERVER_ERROR if response.status_code >= 500 else Result.UNEXPECTED, detail


def _closed(error: ConnectionClosed) -> str:
    received = error.rcvd
    if received is None:
        sent = f", for: {error.sent.reason or error.sent.code}" if error.sent else ""
        return f"the connection was closed without a closing handshake{sent}"
    reason = f" {received.reason}" if received.reason else ""
    return f"the server closed it with code {received.code}{reason}"


def _header(probe: WebSocketProbe, name: str) -> str:
    return next((value for key, value in probe.headers if key.lower() == name), "")


def _spell(error: BaseException) -> str:
    cause = error.__cause__
    return f"{error}{f': {cause}' if cause else ''}" or type(error).__name__
