"""What a Compose file says, as Compose itself resolves it: `config`, whose output alone is read.

Compose file specification, "services", "depends_on", "profiles", "networks".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from slim.engine.compose_tool import ComposeTool
from slim.engine.template import Endpoint
from slim.errors import UsageError

HEALTHY: Final = "service_healthy"
COMPLETED: Final = "service_completed_successfully"
STARTED: Final = "service_started"


@dataclass(frozen=True)
class Compose:
    """What the user asked for: a service of a Compose project."""

    files: tuple[Path, ...]
    service: str
    profiles: tuple[str, ...] = ()
    env_files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Dependency:
    """A service that another waits for."""

    service: str
    condition: str = STARTED


@dataclass(frozen=True)
class Service:
    """One service of a project."""

    name: str
    image: str
    """As given, or what Compose calls what it builds."""
    builds: bool
    profiles: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    uses: frozenset[str] = frozenset()
    """Services that it cannot be without: depends_on, links, volumes and namespaces of another's."""
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    user: str = ""
    workdir: str = ""
    network_mode: str = ""
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Of `environment:` and `env_file:`."""
    endpoints: tuple[tuple[str, Endpoint], ...] = ()
    """Networks by their name in the file."""
    injected: tuple[str, ...] = ()
    """Secrets and configs that are no file: v2 writes them into the container as it starts it."""


@dataclass(frozen=True)
class Project:
    """All services of the files, whatever their profiles."""

    compose: Compose
    services: tuple[Service, ...]
    network_names: tuple[tuple[str, str], ...]
    """Name in the file → name in the engine, where the file says it."""
    profiles: frozenset[str]
    """Those that are enabled, with those of the service under test."""
    secrets: tuple[Path, ...] = ()
    """Files of `secrets:`."""

    @property
    def service(self) -> Service:
        """The service under test."""
        return next(one for one in self.services if one.name == self.compose.service)

    def of(self, service: str) -> Project:
        """The same with `service` under test; UsageError for one that it has not."""
        found = next((one for one in self.services if one.name == service), None)
        if found is None:
            files = " ".join(str(path) for path in self.compose.files)
            raise UsageError(
                f"--service {service} cannot be used",
                cause=f"{files} has no such service",
                remedy=f"name one of {', '.join(one.name for one in self.services)}",
            )
        return replace(
            self,
            compose=replace(self.compose, service=service),
            profiles=self.profiles | {*found.profiles},
        )

    @property
    def dependents(self) -> tuple[str, ...]:
        """Services that need the one under test, however far away."""
        found = {self.compose.service}
        while more := {one.name for one in self.enabled if one.uses & found} - found:
            found |= more
        return tuple(sorted(found - {self.compose.service}))

    @property
    def others(self) -> tuple[str, ...]:
        """Services that come up beside the one under test, before it."""
        without = {self.compose.service, *self.dependents}
        return tuple(one.name for one in self.enabled if one.name not in without)

    @property
    def enabled(self) -> tuple[Service, ...]:
        """Services that `up` would start, with what the one under test needs of other profiles."""
        by_name = {one.name: one for one in self.services}
        wanted, every = self.profiles, "*" in self.profiles
        found = {one.name for one in self.services if not one.profiles or every or wanted & {*one.profiles}}
        waiting = [self.compose.service]
        found.add(self.compose.service)
        while waiting:
            for name in by_name[waiting.pop()].uses & by_name.keys() - found:
                found.add(name)
                waiting.append(name)
        return tuple(one for one in self.services if one.name in found)

    def endpoints(self, project: str) -> tuple[Endpoint, ...]:
        """The networks of the service under test, named as in the engine when the project is `project`."""
        names = dict(self.network_names)
        return tuple(
            Endpoint(names.get(key, f"{project}_{key}"), one.aliases, one.ipv4, one.ipv6)
            for key, one in self.service.endpoints
        )


def _parse_yaml(text: str) -> Any:
    import yaml  # 15 ms that only Compose 1 costs

    return yaml.safe_load(text)


def read_project(tool: ComposeTool, compose: Compose) -> Project:
    """The project of the files. UsageError with Compose's own message where they are wrong, and for a
    service that they have not."""
    arguments = arguments_of(compose)
    # 1.29 knows no profile `*`, and shows every service anyway
    done = tool.run(
        (*arguments, *(("config",) if tool.is_v1 else ("--profile", "*", "config", "--format", "json")))
    )
    files = " ".join(str(path) for path in compose.files)
    if done.exit_code:
        raise UsageError(
            f"--compose {files} cannot be used",
            cause=done.message,
            remedy=f"check it with: {' '.join((*tool.argv, *arguments, 'config'))}",
        )
    config = _parse_yaml(done.stdout) if tool.is_v1 else json.loads(done.stdout)
    services = config.get("services") or {}
    name = str(config.get("name") or _default_name(tool, compose))
    separator = "_" if tool.is_v1 else "-"
    found = tuple(
        _service(key, services[key] or {}, f"{name}{separator}{key}", config) for key in sorted(services)
    )
    enabled = compose.profiles or _split(tool.environment.get("COMPOSE_PROFILES", ""))
    external = (
        (key, _real_name(key, one or {}, name)) for key, one in (config.get("networks") or {}).items()
    )
    names = tuple((key, real) for key, real in external if real)
    secrets = tuple(
        Path(str(one["file"])) for one in (config.get("secrets") or {}).values() if (one or {}).get("file")
    )
    return Project(compose, found, names, frozenset(enabled), secrets).of(compose.service)


def arguments_of(compose: Compose, extra: Sequence[Path] = ()) -> tuple[str, ...]:
    """What names the files on Compose's command line; `extra` files come last, and win."""
    env_files = (word for path in compose.env_files for word in ("--env-file", str(path)))
    files = (word for path in (*compose.files, *extra) for word in ("-f", str(path)))
    return (*env_files, *files)


def _service(name: str, said: Mapping[str, Any], built: str, config: Mapping[str, Any]) -> Service:
    depends_on = tuple(_dependencies(said.get("depends_on") or {}))
    uses = {one.service for one in depends_on}
    uses |= {str(link).partition(":")[0] for link in said.get("links") or ()}
    uses |= {str(source).partition(":")[0] for source in said.get("volumes_from") or ()} - {"container"}
    modes = (str(said.get(key) or "") for key in ("network_mode", "pid", "ipc"))
    uses |= {mode.removeprefix("service:") for mode in modes if mode.startswith("service:")}
    return Service(
        name=name,
        image=str(said.get("image") or built),
        builds="build" in said,
        profiles=tuple(said.get("profiles") or ()),
        depends_on=depends_on,
        uses=frozenset(uses),
        entrypoint=_words(said.get("entrypoint")),
        command=_words(said.get("command")),
        user=_plain(str(said.get("user") or "")),
        workdir=_plain(str(said.get("working_dir") or "")),
        network_mode=str(said.get("network_mode") or ""),
        environment=tuple(
            (name, _plain(str(value)))
            for name, value in (said.get("environment") or {}).items()
            if value is not None
        ),
        endpoints=tuple(
            (key, _endpoint(key, one or {})) for key, one in (said.get("networks") or {}).items()
        ),
        injected=tuple(_injected(said, config)),
    )


def _dependencies(said: Mapping[str, Any] | Sequence[str]) -> Iterable[Dependency]:
    for name in sorted(said):
        how = said[name] if isinstance(said, Mapping) else {}
        yield Dependency(name, str(how.get("condition") or STARTED))


def _injected(said: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[str]:
    for kind in ("secrets", "configs"):
        for one in said.get(kind) or ():
            source = str(one["source"] if isinstance(one, Mapping) else one)
            defined = (config.get(kind) or {}).get(source) or {}
            if "content" in defined or "environment" in defined:
                yield f"{kind.removesuffix('s')} {source}"


def _endpoint(key: str, said: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        key,
        tuple(str(alias) for alias in said.get("aliases") or ()),
        str(said.get("ipv4_address") or ""),
        str(said.get("ipv6_address") or ""),
    )


def _words(said: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """A command as Compose splits it; None where the file has none. 1.29 leaves a string whole."""
    if said is None:
        return None
    return tuple(_plain(str(word)) for word in (shlex.split(said) if isinstance(said, str) else said))


def _plain(text: str) -> str:
    """`config` writes `$$` for a dollar sign, so that its output can be read again."""
    return text.replace("$$", "$")


def _real_name(key: str, network: Mapping[str, Any], project: str) -> str:
    """The network's name in the engine; empty where that depends on the project's name."""
    name = str(network.get("name") or "")
    return "" if name == f"{project}_{key}" and not network.get("external") else name


def _default_name(tool: ComposeTool, compose: Compose) -> str:
    """What Compose 1.29 calls the project: COMPOSE_PROJECT_NAME, else by its folder."""
    given = tool.environment.get("COMPOSE_PROJECT_NAME") or compose.files[0].absolute().parent.name
    return re.sub(r"[^-_a-z0-9]", "", given.lower()) or "default"


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
