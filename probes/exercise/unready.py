"""The errors of containers that never became ready, each with its cause and remedy."""

from __future__ import annotations

import time

from probes.exercise.listeners import Listener, listeners
from probes.exercise.logs import log_tail
from probes.exercise.session import Session
from probes.exercise.target import shares_host_network
from slim.engine.interface import ContainerState
from slim.errors import ExerciseError


def loopback_listeners(session: Session) -> tuple[Listener, ...]:
    """What listens but only for the container itself."""
    if shares_host_network(session):
        return ()
    return tuple(one for one in listeners(session) if one.loopback)


def ended(session: Session, state: ContainerState) -> ExerciseError:
    """The error of a container that ended when it should have stayed."""
    seconds = time.monotonic() - session.started
    message = f"the container exited with code {state.exit_code} after {seconds:.1f} s"
    if state.oom_killed:
        message += ", out of memory"
    tail = "\n".join(log_tail(session.container))
    return ExerciseError(
        message,
        cause=state.error or (f"its last log lines:\n{tail}" if tail else "it logged nothing"),
        remedy="give it what it needs to run (-e, -v, --network, a command after --); a program that is "
        "meant to end needs no probe: leave the probes out",
    )


def nothing_listens(session: Session, port: int = 0) -> ExerciseError:
    """The error of a container that runs, but listens on no wanted port within the start timeout.

    `port`: the one that a probe names; 0: `--port`, else any.
    """
    port = port or session.options.port
    hidden = tuple(one for one in loopback_listeners(session) if port in (0, one.port))
    if hidden:
        return only_loopback(hidden)
    where = f"port {port}" if port else "any TCP port"
    others = listeners(session)
    return ExerciseError(
        f"nothing listens on {where} of the container after {session.options.start_timeout:g} s",
        cause=f"it listens on {spell(others)}" if others else _log_cause(session),
        remedy="give the right --port" if others else "give a longer --start-timeout, or use --exec-probe",
    )


def only_loopback(hidden: tuple[Listener, ...]) -> ExerciseError:
    """The error of a server that only its own container can reach."""
    return ExerciseError(
        f"the container listens only on {spell(hidden)}, which cannot be reached from outside",
        cause="a loopback address belongs to the container itself",
        remedy="make the application listen on 0.0.0.0, or use --exec-probe",
    )


def unreachable(refusing: tuple[Listener, ...], state: ContainerState) -> ExerciseError:
    """The error of a port that listens, but refuses at every address that leads to it."""
    cause = f"no connection to {', '.join(state.addresses) or 'the container'} is accepted"
    if all(":" in one.address for one in refusing) and not any(":" in one for one in state.addresses):
        cause = "it listens on IPv6 only, and the container's network has no IPv6"
    return ExerciseError(
        f"the container listens on {spell(refusing)}, but cannot be reached there",
        cause=cause,
        remedy="make the application listen on 0.0.0.0, or use --exec-probe",
    )


def no_network() -> ExerciseError:
    """The error of a probe that needs a network in a container that has none."""
    return ExerciseError(
        "the container cannot be reached",
        cause="it runs with --network none",
        remedy="leave --network none out, or use --exec-probe",
    )


def _log_cause(session: Session) -> str:
    tail = "\n".join(log_tail(session.container))
    return f"the container's last log lines:\n{tail}" if tail else "the container logged nothing"


def spell(found: tuple[Listener, ...]) -> str:
    """The listeners for people."""
    return ", ".join(str(one) for one in found)
