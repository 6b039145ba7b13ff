"""Run one probe of whatever kind in a conversation."""

from __future__ import annotations

from collections.abc import Callable

from probes.exercise.command import run_exec, run_health, run_host
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.http import send
from probes.exercise.model import (
    ExecProbe,
    ExitProbe,
    GrpcHealthProbe,
    HealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    SingleProbe,
    StartProbe,
    TcpProbe,
    Together,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.oneshot import run_to_end
from probes.exercise.starting import run_start
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
}


def perform(probe: Probe, conversation: Conversation) -> tuple[Exchange, ...]:
    """Make ready for `probe`, run it, and see whether the container survived it: one exchange, of
    `Together` one for each of its probes.

    A probe that fails is an exchange; ExerciseError is raised only when the container never
    became ready.
    """
    if isinstance(probe, Together):
        return tuple(_single(one, conversation) for one in probe.probes)
    return (_single(probe, conversation),)


def _single(probe: SingleProbe, conversation: Conversation) -> Exchange:
    if isinstance(probe, ExitProbe):
        conversation.session.mark(probe.name)
        return run_to_end(probe, conversation.session)
    if isinstance(probe, StartProbe):
        return run_start(probe, conversation)
    if dead := conversation.dead(probe.name, _KINDS[type(probe)]):
        return dead
    match probe:
        case HttpProbe():
            return _http(probe, conversation)
        case ExecProbe():
            return _inside(probe.name, "exec", lambda: run_exec(probe, conversation.session), conversation)
        case HealthProbe():
            return _inside(
                probe.name, "health", lambda: run_health(probe, conversation.session), conversation
            )
        case HostProbe():
            return _host(probe, conversation)
        case _:
            raise NotImplementedError(probe)


def _http(probe: HttpProbe, conversation: Conversation) -> Exchange:
    targets, session = conversation.reached(probe.port), conversation.session
    session.mark(probe.name)
    first: Exchange | None = None
    for target in targets:
        if not conversation.http_port:
            session.say(f"waiting for {target.address} to answer HTTP")
        exchange = send(probe, target, conversation.cookies, session.options.probe_timeout)
        if exchange.status is not None:
            conversation.answered(probe.port, target)
            return conversation.survived(exchange)
        first = first or conversation.survived(exchange)
        if first.result is Result.DIED:
            break
    assert first  # noqa: S101 - there was a target
    return first


def _host(probe: HostProbe, conversation: Conversation) -> Exchange:
    target = conversation.target_of_commands()
    conversation.await_commands(target)
    conversation.session.mark(probe.name)
    return conversation.survived(run_host(probe, conversation.session, target))


def _inside(name: str, kind: str, run: Callable[[], Exchange], conversation: Conversation) -> Exchange:
    """A command in the container, under which the container may end."""
    conversation.await_commands()
    conversation.session.mark(name)
    try:
        return conversation.survived(run())
    except EngineError:
        if dead := conversation.dead(name, kind):
            return dead
        raise
