"""What a probe sends that is no HTTP request, as a value."""

from __future__ import annotations

import shlex

from probes.exercise.exchange import Sent
from probes.exercise.http_request import BODY_SENT_KEPT
from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HealthProbe,
    HostProbe,
    SingleProbe,
    TcpProbe,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import spell_until


def sent_of(probe: SingleProbe) -> Sent:
    """What `probe` (its variables expanded) sends or runs; for people, and before secrets are masked."""
    match probe:
        case TcpProbe():
            return _with_body(f"tcp {probe.port}", probe.send)
        case WebSocketProbe():
            messages = "\n".join(probe.messages).encode("utf-8", "surrogateescape")
            return _with_body(f"websocket {probe.path}", messages, probe.headers)
        case GrpcHealthProbe():
            return Sent(f"grpc.health.v1.Health/Check {probe.service}".rstrip())
        case ExecProbe() | HostProbe():
            return Sent(probe.command)
        case HealthProbe():
            return Sent(shlex.join(probe.argv))
        case UntilProbe():
            return Sent(f"until {spell_until(probe.until)}")
        case _:
            return Sent(probe.name)


def _with_body(line: str, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Sent:
    return Sent(line, headers, body[:BODY_SENT_KEPT], len(body))
