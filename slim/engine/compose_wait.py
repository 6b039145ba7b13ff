"""What becomes of a stack's containers: fit for the one that depends on them, or failed.

Conditions: Compose file specification, "depends_on".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slim.engine.compose_file import COMPLETED, HEALTHY, Dependency, Service
from slim.engine.interface import Engine
from slim.errors import ExerciseError, SlimError
from slim.progress import Say

_PAUSE = 0.1
"""Seconds between looks at what is not fit yet: engines run a healthcheck once a second at the most."""
_LOG_LINES = 8


@dataclass(frozen=True)
class Member:
    """A container of the stack."""

    service: str
    inspected: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.inspected["Id"])

    @property
    def ended(self) -> int | None:
        """Its exit code; None while it runs, or before."""
        state = self.inspected["State"]
        return int(state["ExitCode"]) if state["Status"] in ("exited", "dead", "stopped") else None

    @property
    def health(self) -> str:
        """`starting`, `healthy`, `unhealthy`; empty where it has no healthcheck."""
        health = self.inspected["State"].get("Health") or self.inspected["State"].get("Healthcheck") or {}
        status = str(health.get("Status") or "")
        return "" if status == "none" else status

    @property
    def complaint(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.ended:
            return f"ended with exit code {self.ended}"
        return "is unhealthy" if self.health == "unhealthy" else ""


def await_dependencies(
    engine: Engine,
    service: Service,
    members: Callable[[], tuple[Member, ...]],
    *,
    deadline: float,
    seconds: float,
    say: Say,
) -> None:
    """Wait until every dependency of `service` is as its condition wants it. ExerciseError with its last
    log lines for one that cannot be that any more, or is not at `deadline` (monotonic; `seconds` after
    the start)."""
    waiting = [one for one in service.depends_on if one.condition in (HEALTHY, COMPLETED)]
    while waiting:
        found = members()
        late = [(one, member) for one in waiting for member in found if member.service == one.service]
        late = [(one, member) for one, member in late if not _is_met(one, member, engine)]
        if not late:
            return
        dependency, member = late[0]
        if time.monotonic() > deadline:
            raise ExerciseError(
                f"service {dependency.service} is not {_wanted(dependency)} after {seconds:g} s",
                cause=told(engine, (member,)),
                remedy="give it longer: --start-timeout; its healthcheck or command is in the Compose file",
            )
        names = sorted({one.service for one, _ in late})
        say(f"waiting for {', '.join(f'{name}' for name in names)} to be {_wanted(dependency)}")
        time.sleep(_PAUSE)


def failed_members(members: Iterable[Member]) -> tuple[Member, ...]:
    """Containers that ended with an error, or are unhealthy."""
    return tuple(member for member in members if member.complaint)


def told(engine: Engine, members: Iterable[Member]) -> str:
    """What became of services, each with its last log lines; for people."""
    lines = []
    for member in members:
        lines.append(f"service {member.service} {member.complaint or _doing(member)}")
        lines += [f"  {line}" for line in (*_health_said(member), *_log(engine, member))]
    return "\n".join(lines)


def _is_met(dependency: Dependency, member: Member, engine: Engine) -> bool:
    """Whether the condition holds; ExerciseError where it never will."""
    if dependency.condition == COMPLETED:
        if member.ended:
            raise _never(dependency, member, engine)
        return member.ended == 0
    if member.ended is not None or member.health in ("", "unhealthy"):
        raise _never(dependency, member, engine)
    return member.health == "healthy"


def _never(dependency: Dependency, member: Member, engine: Engine) -> SlimError:
    why = member.complaint
    if not why:
        why = "has ended" if member.ended is not None else "has no healthcheck"
    return ExerciseError(
        f"service {dependency.service} {why}, and never gets {_wanted(dependency)}",
        cause="\n".join(told(engine, (member,)).splitlines()[1:]),
        remedy="correct it in the Compose file: the service under test depends on it",
    )


def _wanted(dependency: Dependency) -> str:
    return "healthy" if dependency.condition == HEALTHY else "completed"


def _doing(member: Member) -> str:
    return f"is {member.health or member.inspected['State']['Status']}"


def _health_said(member: Member) -> tuple[str, ...]:
    """What its last healthcheck printed."""
    health = member.inspected["State"].get("Health") or {}
    last = (health.get("Log") or [{}])[-1]
    if member.health != "unhealthy" or not last:
        return ()
    said = str(last.get("Output") or "").strip().splitlines()
    return (f"healthcheck: exit code {last.get('ExitCode')}{': ' + said[-1] if said else ''}",)


def _log(engine: Engine, member: Member) -> tuple[str, ...]:
    try:
        container, _ = engine.find_container(member.id)
        output = b"".join(container.logs(tail=_LOG_LINES))
    except SlimError:
        return ()
    lines = output.decode("utf-8", "replace").splitlines()
    return tuple(line.rstrip() for line in lines[-_LOG_LINES:])
