"""The services around the one under test, brought up by Compose for each run of a container.

    up --no-start    Compose creates everything, the container under test too
    inspect, remove  … whose settings become the template of slim's own
    up -d OTHERS     Compose starts the rest, in its order and with its conditions
    wait             for what the service under test itself depends on

The project is called `slim-<run id>`. Compose labels all that it makes with the project's name, so that
a dead run's leftovers are found by it (`slim.engine.runs`). External networks and volumes, and those
that existed before, have no such label or another's, and are never touched.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slim.engine.compose_file import STARTED, Compose, Project, arguments_of, read_project
from slim.engine.compose_tool import ComposeTool, Done, find_compose
from slim.engine.compose_wait import Member, await_dependencies, failed_members, told
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.interrupts import shielded
from slim.engine.runs import PROJECT_LABEL, Run, project_of
from slim.engine.template import template_of
from slim.errors import EngineError, ExerciseError, ImageError, SlimError
from slim.progress import Say

_SERVICE_LABEL = "com.docker.compose.service"
_AT_A_TIME = 8
"""Containers that are removed at the same time."""
_SECOND_LOOK = 0.5
"""Seconds after which an engine has made what it was asked for by a client that was killed."""


@dataclass(frozen=True)
class Stack:
    """A project whose files were read, with one service to be replaced by slim's own container."""

    tool: ComposeTool
    project: Project

    @property
    def image(self) -> str:
        """The image of the service under test."""
        return self.project.service.image

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not as Compose would have it, for people."""
        left_out, injected = self.project.dependents, self.project.service.injected
        notes = []
        if left_out:
            notes.append(f"not started, since they need the service under test: {', '.join(left_out)}")
        if injected:
            notes.append(f"not given, since no file holds them (mount one with -v): {', '.join(injected)}")
        return tuple(notes)

    def of(self, service: str) -> Stack:
        """The same with another service under test, or, where `service` is empty, the same one.
        UsageError for one that it has not."""
        return replace(self, project=self.project.of(service)) if service else self

    def described(self, spec: ContainerSpec) -> ContainerSpec:
        """`spec` with what the service says about its program, where the user said nothing."""
        service = self.project.service
        entrypoint, command = spec.entrypoint, spec.command
        if entrypoint is None:
            entrypoint = service.entrypoint
            command = command if command is not None else service.command
        environment = dict(service.environment) | dict(spec.environment)
        host = service.network_mode if service.network_mode in ("host", "none") else ""
        return replace(
            spec,
            entrypoint=entrypoint,
            command=command,
            environment=tuple((n, v) for n, v in environment.items() if n not in spec.environment_removed),
            user=spec.user or service.user,
            workdir=spec.workdir or service.workdir,
            network=spec.network or host,
        )


def open_stack(compose: Compose, environment: Mapping[str, str], *, host: str = "") -> Stack:
    """Find Compose and read the files; no engine is needed. `environment` is slim's own, `host` the
    engine's address where the user named one.

    HostError where there is no Compose, UsageError where the files or the service are wrong.
    """
    tool = find_compose(environment, docker_host=host)
    return Stack(tool, read_project(tool, compose))


def ensure_image(stack: Stack, engine: Engine) -> str:
    """The image of the service under test, built or pulled by Compose where the engine has it not.
    ImageError with Compose's message where it cannot."""
    service = stack.project.service
    try:
        return engine.find_image(service.image).reference
    except ImageError:
        verb = "build" if service.builds else "pull"
    # in the user's own project, after which a built image is called: what `up` would find or make
    done = stack.tool.at(engine.address).run((*arguments_of(stack.project.compose), verb, service.name))
    if done.exit_code:
        raise ImageError(
            f"Compose cannot {verb} the image of service {service.name}",
            cause=done.message,
            remedy=f"name the image to slim before --compose, or {verb} it by hand",
        )
    return engine.find_image(service.image).reference


def around(
    stack: Stack, engine: Engine, owner: Run, *, start_timeout: float
) -> Callable[[ContainerSpec, str, Say], AbstractContextManager[ContainerSpec]]:
    """`probes.life.Around`: brings the other services up, gives the spec of the container under test
    in its place among them, and takes everything down, volumes too.

    `start_timeout`: seconds for the others to be started and as the conditions want them. On entering
    ExerciseError for a dependency that fails or is late, EngineError with Compose's own message
    otherwise (a port that is taken, an external network that is not there).
    """

    @contextmanager
    def surrounded(spec: ContainerSpec, service: str, say: Say) -> Iterator[ContainerSpec]:
        up = _Up(stack.of(service), engine, owner, start_timeout, say)
        clean = False
        try:
            yield up.bring_up(spec)
            clean = True
        except SlimError as error:
            for member in failed_members(up.members()):
                fallen = told(engine, (member,))
                if (fallen.partition("\n")[2] or fallen) not in error.cause:  # the lines of its log
                    error.cause = "\n".join(filter(None, (error.cause, fallen)))
            clean = True
            raise
        finally:
            take_down(engine, owner.id, twice=not clean)

    return surrounded


def take_down(engine: Engine, run_id: str, *, twice: bool = False) -> None:
    """Remove all that Compose made for this run, running or not. EngineError where that fails.

    `twice`: Compose was killed, and the engine may still be making what it was asked for.
    """
    label = f"{PROJECT_LABEL}={project_of(run_id)}"
    with shielded():
        for last in (False, True) if twice else (True,):
            found = tuple((kind, identifier) for kind, identifier, _ in engine.labelled(label))
            containers = [identifier for kind, identifier in found if kind == "container"]
            with ThreadPoolExecutor(_AT_A_TIME) as pool:
                tuple(pool.map(lambda one: engine.remove_labelled("container", one), containers))
            for kind, identifier in found:
                if kind != "container":
                    engine.remove_labelled(kind, identifier)
            if not last:
                time.sleep(_SECOND_LOOK)


class _Up:
    """One stack on its way up."""

    def __init__(self, stack: Stack, engine: Engine, owner: Run, start_timeout: float, say: Say) -> None:
        self._stack = stack
        self._tool = stack.tool.at(engine.address)
        self._project = stack.project
        self._engine = engine
        self._owner = owner
        self._name = project_of(owner.id)
        self._start_timeout = start_timeout
        self._say = say

    def bring_up(self, spec: ContainerSpec) -> ContainerSpec:
        """The others, started and fit; the spec for the one under test."""
        service, others = self._project.service, self._project.others
        self._say(f"creating {', '.join((*others, service.name))}")
        self._compose(
            self._override(spec, creating=True), "up", "--no-start", "--no-recreate", *others, service.name
        )
        inspected = self._own()
        if others:
            self._say(f"starting {', '.join(others)}")
            deadline = time.monotonic() + self._start_timeout
            override = self._override(spec, creating=False)
            self._compose(override, "up", "-d", "--no-recreate", *others, timeout=self._start_timeout)
            await_dependencies(
                self._engine,
                service,
                self.members,
                deadline=deadline,
                seconds=self._start_timeout,
                say=self._say,
            )
        return self._laid(spec, inspected)

    def members(self) -> tuple[Member, ...]:
        """Containers of the stack, by service."""
        found = []
        for kind, identifier, _ in tuple(self._engine.labelled(f"{PROJECT_LABEL}={self._name}")):
            if kind == "container":
                inspected = self._engine.inspect_container(identifier)
                found.append(Member(str(inspected["Config"]["Labels"].get(_SERVICE_LABEL, "")), inspected))
        return tuple(found)

    def _own(self) -> Mapping[str, Any]:
        """The inspection of the container under test as Compose made it; it is removed."""
        name = self._project.service.name
        own = [one for one in self.members() if one.service == name]
        if not own:
            raise EngineError(
                f"Compose made no container of service {name}",
                remedy="check that the service is not scaled to 0",
            )
        for one in own:
            self._engine.remove_labelled("container", one.id)
        return own[0].inspected

    def _laid(self, spec: ContainerSpec, inspected: Mapping[str, Any]) -> ContainerSpec:
        service = self._project.service
        host = inspected["HostConfig"]
        spec = self._stack.described(spec)
        return replace(
            spec,
            user=spec.user or str(inspected["Config"].get("User") or ""),
            capabilities_added=tuple(sorted({*spec.capabilities_added, *(host.get("CapAdd") or ())})),
            capabilities_dropped=tuple(sorted({*spec.capabilities_dropped, *(host.get("CapDrop") or ())})),
            template=template_of(inspected, service.name, self._project.endpoints(self._name)),
        )

    def _override(self, spec: ContainerSpec, *, creating: bool) -> Path:
        """A file that names images: the one under test, and what is built by the user's own project's
        name, so that it is built once and not for each run. JSON is YAML too.

        `creating`: without conditions, which 1.29 awaits even where nothing is started.
        """
        services: dict[str, dict[str, Any]] = {one.name: {} for one in self._project.enabled}
        for one in self._project.enabled:
            if one.builds:
                services[one.name]["image"] = one.image
            if creating and self._tool.is_v1 and one.depends_on:
                waits = {each.service: {"condition": STARTED} for each in one.depends_on}
                services[one.name]["depends_on"] = waits
        services[self._project.service.name]["image"] = spec.image
        path = self._owner.folder / f"compose.{'create' if creating else 'start'}.json"
        path.write_text(json.dumps({"services": services}))
        return path

    def _compose(self, override: Path, *words: str, timeout: float | None = None) -> None:
        profiles = (word for name in sorted(self._project.profiles) for word in ("--profile", name))
        arguments = arguments_of(self._project.compose, (override,))
        done = self._tool.run((*arguments, *profiles, "-p", self._name, *words), timeout=timeout)
        if done.exit_code != 0:
            raise self._failure(done)

    def _failure(self, done: Done) -> SlimError:
        service = self._project.service.name
        fallen = told(self._engine, failed_members(self.members()))
        message = done.message.replace(f"{self._name}_", "").replace(f"{self._name}-", "")
        if done.exit_code is None:
            return ExerciseError(
                f"the services beside {service} are not up after {self._start_timeout:g} s",
                cause="\n".join(filter(None, (fallen, message))),
                remedy="give them longer: --start-timeout",
            )
        kind = ExerciseError if fallen else EngineError
        return kind(
            f"Compose cannot bring up the services beside {service}",
            cause="\n".join(filter(None, (message, fallen))),
            remedy=f"bring them up by hand first: {' '.join(self._tool.argv)} "
            f"{' '.join(arguments_of(self._project.compose))} up",
        )
