"""Run one probe of whatever kind in a conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from probes.exercise import tcp
from probes.exercise.agreement import agree, settle
from probes.exercise.beginning import run_begin, run_signal
from probes.exercise.capture import capture
from probes.exercise.command import run_exec, run_health, run_host
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.expect import apply
from probes.exercise.http_request import headers_of
from probes.exercise.model import (
    BeginProbe,
    ExecProbe,
    ExitProbe,
    GrpcHealthProbe,
    HealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    SignalProbe,
    SingleProbe,
    StartProbe,
    TcpProbe,
    Together,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.oneshot import run_to_end
from probes.exercise.parallel import run_together
from probes.exercise.request import ask
from probes.exercise.sent import sent_of
from probes.exercise.session import Session
from probes.exercise.starting import run_start
from probes.exercise.target import Target
from probes.exercise.until import wait
from probes.exercise.variables import UnknownVariable, expand
from slim.errors import EngineError

_KINDS: dict[type[SingleProbe], str] = {
    HttpProbe: "http",
    TcpProbe: "tcp",
    WebSocketProbe: "websocket",
    GrpcHealthProbe: "grpc",
    ExecProbe: "exec",
    HostProbe: "host",
    UntilProbe: "until",
    HealthProbe: "health",
    ExitProbe: "exit",
    StartProbe: "start",
    BeginProbe: "start",
    SignalProbe: "signal",
}


def perform(probe: Probe, conversation: Conversation) -> tuple[Exchange, ...]:
    """Make ready for `probe`, run it, and see whether the container survived it: one exchange, of
    `Together` one for each of its probes.

    A probe that fails is an exchange; ExerciseError is raised only when the container never
    became ready.
    """
    if not isinstance(probe, Together):
        return (_single(probe, conversation),)
    for one in probe.probes:
        if not conversation.dead(one.name, _KINDS[type(one)]):
            _make_ready(one, conversation)
    conversation.session.mark(probe.name)
    return run_together(probe.probes, conversation, _single)


def _make_ready(probe: SingleProbe, conversation: Conversation) -> None:
    """Wait for what `probe` needs."""
    match probe:
        case HttpProbe() | TcpProbe() | WebSocketProbe() | GrpcHealthProbe():
            conversation.reached(probe.port)
        case HostProbe():
            conversation.await_commands(conversation.target_of_commands())
        case ExecProbe() | HealthProbe():
            conversation.await_commands()


def _single(probe: SingleProbe, conversation: Conversation) -> Exchange:
    found_by = probe.found_by if isinstance(probe, HttpProbe) else ""
    kind = _KINDS[type(probe)]
    starts = isinstance(probe, ExitProbe | StartProbe | BeginProbe)
    if not starts and (dead := conversation.dead(probe.name, kind)):
        return replace(dead, found_by=found_by)
    try:
        ready = expand(probe, conversation.variables)
    except UnknownVariable as error:
        return Exchange(probe.name, kind, Result.UNEXPECTED, detail=f"not sent: {error}", found_by=found_by)
    exchange = _run(ready, conversation)
    if isinstance(probe, TcpProbe | WebSocketProbe | ExecProbe | HostProbe):
        exchange, values = capture(probe.captures, exchange, conversation.cookies)
        conversation.variables.update(values)
    return replace(exchange, found_by=found_by, sent=exchange.sent or sent_of(ready))


def _run(probe: SingleProbe, conversation: Conversation) -> Exchange:
    if isinstance(probe, StartProbe):
        return run_start(probe, conversation)
    _make_ready(probe, conversation)
    session = conversation.session
    session.mark(probe.name)
    match probe:
        case ExitProbe():
            return run_to_end(probe, session)
        case BeginProbe():
            return run_begin(probe, conversation)
        case SignalProbe():
            return run_signal(probe, session)
        case HttpProbe():
            return ask(probe, conversation)
        case ExecProbe():
            inside = _with_variables(conversation)
            return _inside(probe, lambda: apply(probe.expect, run_exec(probe, inside)), conversation)
        case HealthProbe():
            return _inside(probe, lambda: run_health(probe, session), conversation)
        case HostProbe():
            return conversation.survived(apply(probe.expect, _host(probe, conversation)))
        case UntilProbe():
            return _inside(probe, lambda: wait(probe, conversation), conversation)
        case _:
            return conversation.survived(_connected(probe, conversation))


def _connected(probe: TcpProbe | WebSocketProbe | GrpcHealthProbe, conversation: Conversation) -> Exchange:
    """Of the targets the first that answers, else what came of the first."""
    timeout = probe.timeout or conversation.session.options.probe_timeout
    exchanges = []
    for target in conversation.reached(probe.port):
        match probe:
            case TcpProbe():
                exchange = apply(probe.expect, tcp.send(probe, target, timeout))
            case WebSocketProbe():
                exchange = apply(probe.expect, _websocket(probe, target, conversation, timeout))
            case GrpcHealthProbe():
                exchange = _grpc_health(probe, target, conversation, timeout)
        if exchange.passed:
            return exchange
        exchanges.append(exchange)
    return exchanges[0]


def _grpc_health(
    probe: GrpcHealthProbe, target: Target, conversation: Conversation, timeout: float
) -> Exchange:
    from probes.exercise import grpc_health  # its library takes as long to import as a small run's plan

    return agree(probe, target, conversation, lambda one, where: grpc_health.send(one, where, timeout))


def _websocket(probe: WebSocketProbe, target: Target, conversation: Conversation, timeout: float) -> Exchange:
    from probes.exercise import websocket  # as above

    cookies = conversation.cookies
    probe = replace(probe, headers=headers_of(probe, conversation.session))
    return agree(probe, target, conversation, lambda one, where: websocket.send(one, where, cookies, timeout))


def _host(probe: HostProbe, conversation: Conversation) -> Exchange:
    target = conversation.target_of_commands()
    session = _with_variables(conversation)
    return run_host(probe, session, settle(target, conversation) if target else None)


def _with_variables(conversation: Conversation) -> Session:
    """The session whose commands find the conversation's variables in their environment."""
    session, variables = conversation.session, conversation.variables
    return replace(session, environment={**session.environment, **variables}, variables=variables)


def _inside(
    probe: ExecProbe | HealthProbe | UntilProbe, run: Callable[[], Exchange], conversation: Conversation
) -> Exchange:
    """What needs the engine, and under which the container may end."""
    try:
        return conversation.survived(run())
    except EngineError:
        if dead := conversation.dead(probe.name, _KINDS[type(probe)]):
            return dead
        raise
