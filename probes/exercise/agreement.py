"""Plain or TLS: which of them a port speaks, where the user did not say."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.http_connection import tls_context
from probes.exercise.model import GrpcHealthProbe, HttpProbe, WebSocketProbe
from probes.exercise.target import Target

_HANDSHAKE_SECONDS = 1.0
"""A server that speaks TLS answers a ClientHello at once; one that does not may wait for more."""
_PLAIN_ON_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS port"  # nginx
    rb"|speaking plain HTTP to an SSL-enabled server port"  # Apache httpd
    rb"|Client sent an HTTP request to an HTTPS server"  # Go's net/http
    rb"|This combination of host and port requires TLS",  # Tomcat
    re.IGNORECASE,
)
"""What servers say, with status 400, to a plain request on a port that expects TLS."""

OverTls = TypeVar("OverTls", HttpProbe, WebSocketProbe, GrpcHealthProbe)


def agree(
    probe: OverTls, target: Target, conversation: Conversation, attempt: Callable[[OverTls, Target], Exchange]
) -> Exchange:
    """What `attempt` brings back of `target`: over TLS where the probe says so, or where the port
    was found to speak nothing else. The conversation remembers which, once it is known."""
    schemes, port = conversation.schemes, target.container_port
    known = schemes.get(port)
    if not probe.tls and known != "https":
        exchange = attempt(probe, target)
        if known or not _refuses_plain(exchange) or not speaks_tls(target):
            if exchange.status is not None:
                schemes.setdefault(port, "http")
            return exchange
        schemes[port] = "https"
        conversation.session.say(f"{target.address} speaks TLS")
    exchange = attempt(replace(probe, tls=True), replace(target, scheme="https"))
    if exchange.status is not None:
        schemes.setdefault(port, "https")
    return exchange


def settle(target: Target, conversation: Conversation) -> Target:
    """`target` with the scheme that its port speaks, as far as a handshake tells; tried once."""
    schemes, port = conversation.schemes, target.container_port
    if port not in schemes:
        schemes[port] = "https" if speaks_tls(target) else "http"
    return replace(target, scheme=schemes[port])


def speaks_tls(target: Target) -> bool:
    """Whether a TLS handshake with `target` succeeds, whatever its certificate."""
    try:
        with (
            socket.create_connection((target.host, target.port), timeout=_HANDSHAKE_SECONDS) as plain,
            tls_context(verify=False).wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except (OSError, ValueError):
        return False


def _refuses_plain(exchange: Exchange) -> bool:
    if exchange.status is None:
        return exchange.result is Result.BROKEN
    return exchange.status == 400 and _PLAIN_ON_TLS.search(exchange.body) is not None
