"""A container that another tool described: what `docker inspect` says of it, as what to create anew.

Compose knows dozens of settings of a container; the engine writes all of them down when the container
is created. So a container that Compose has created, and that never ran, is the template of slim's own:
its Config, HostConfig and networks as they are, with what slim and the user lay over it.
Docker Engine API 1.41, "Inspect a container" and "Create a container".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slim.engine.interface import Template
from slim.oci.config import Healthcheck

_BUILT_IN_NETWORKS: Final = ("bridge", "default", "host", "none")
_SHORT_ID = 12
_OF_ENDPOINT = ("Aliases", "Links", "DriverOpts", "IPAMConfig")
"""What a user may say about a container in a network; the rest is what the engine found."""
_NOT_OF_HOST = ("ContainerIDFile", "AutoRemove", "ConsoleSize", "Init", "RestartPolicy")
"""slim removes and never restarts the container, has no terminal, and the program is process 1, where
it is traced: an init of the engine's would not be."""
READABLE_LOG_DRIVERS: Final = ("json-file", "local", "journald", "k8s-file")
"""Those whose logs the engine gives back: output is evidence."""
_UNITED = ("CapAdd", "CapDrop", "SecurityOpt")


@dataclass(frozen=True)
class Endpoint:
    """A network that a container joins, as its description asks for it."""

    network: str
    aliases: tuple[str, ...] = ()
    ipv4: str = ""
    ipv6: str = ""


@dataclass(frozen=True)
class Described:
    """What a container runs by itself, its HEALTHCHECK, and what ends it."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    healthcheck: Healthcheck
    """With an empty test: none at all."""
    stop_signal: str = ""


def template_of(inspected: Mapping[str, Any], service: str, endpoints: Iterable[Endpoint] = ()) -> Template:
    """The template that `inspected`, a container's inspection, is. `service`: the name by which others
    reach it. `endpoints`: networks that it would join when started (docker-compose 1.29 creates a
    container in its first network only)."""
    short = str(inspected["Id"])[:_SHORT_ID]
    config = dict(inspected["Config"])
    if config.get("Hostname") == short:
        config["Hostname"] = ""
    host = {key: value for key, value in inspected["HostConfig"].items() if key not in _NOT_OF_HOST}
    host["Links"] = [_link(link) for link in host.get("Links") or ()]
    networks: dict[str, dict[str, Any]] = {}
    for name, found in (inspected["NetworkSettings"].get("Networks") or {}).items():
        networks[name] = {key: found[key] for key in _OF_ENDPOINT if found.get(key)}
        networks[name]["Aliases"] = _aliases(found.get("Aliases") or (), service, short)
    for one in endpoints:
        networks.setdefault(one.network, _endpoint(one, service))
    mode = str(host.get("NetworkMode") or "default")
    if mode in ("host", "none") or mode.startswith("container:"):
        networks = {}
    return Template(json.dumps({"Config": config, "HostConfig": host, "Networks": networks}))


def laid_over(template: Template, own: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a creation: `own`, made of the spec's fields alone, over `template`."""
    held = json.loads(template.document)
    config: dict[str, Any] = held["Config"]
    body = {
        **config,
        **{key: own[key] for key in ("Image", "AttachStdout", "AttachStderr", "Healthcheck") if key in own},
        **{key: own[key] for key in ("User", "WorkingDir", "Hostname") if own.get(key)},
        **{key: {**(config.get(key) or {}), **own[key]} for key in ("Labels", "Volumes", "ExposedPorts")},
        "Env": _environment(config.get("Env") or (), own["Env"]),
        "Tty": False,
        "HostConfig": _host(held["HostConfig"], own["HostConfig"], own["Volumes"]),
    }
    if "Entrypoint" in own:
        body |= {"Entrypoint": own["Entrypoint"], "Cmd": own.get("Cmd")}
    elif "Cmd" in own:
        body["Cmd"] = own["Cmd"]
    body["NetworkingConfig"] = {"EndpointsConfig": _networks(held["Networks"], own)}
    return body


def described(template: Template) -> Described:
    """What the described container runs, the image's own where the description says nothing else."""
    config = json.loads(template.document)["Config"]
    check = config.get("Healthcheck") or {}
    times = (int(check.get(name) or 0) for name in ("Interval", "Timeout", "StartPeriod", "Retries"))
    return Described(
        tuple(config.get("Entrypoint") or ()),
        tuple(config.get("Cmd") or ()),
        Healthcheck(tuple(check.get("Test") or ()), *times),
        str(config.get("StopSignal") or ""),
    )


def first_endpoint(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """`body` with one network at the most, and the other networks to connect before the start: the
    engine takes only one at the creation (API 1.43 and before)."""
    endpoints = body.get("NetworkingConfig", {}).get("EndpointsConfig") or {}
    mode = body["HostConfig"]["NetworkMode"]
    if len(endpoints) < 2:
        return dict(body), {}
    first = mode if mode in endpoints else next(iter(endpoints))
    others = {name: endpoint for name, endpoint in endpoints.items() if name != first}
    return {**body, "NetworkingConfig": {"EndpointsConfig": {first: endpoints[first]}}}, others


def _aliases(found: Iterable[str], service: str, short: str) -> list[str]:
    return sorted({service, *found} - {short})


def _endpoint(one: Endpoint, service: str) -> dict[str, Any]:
    addresses = {"IPv4Address": one.ipv4, "IPv6Address": one.ipv6}
    return {
        "Aliases": _aliases(one.aliases, service, ""),
        "IPAMConfig": {key: value for key, value in addresses.items() if value},
    }


def _link(found: str) -> str:
    """`/db:/web/database`, as inspected, is `db:database`, as asked for."""
    source, _, target = found.partition(":")
    return f"{source.removeprefix('/')}:{target.rpartition('/')[2]}"


def _environment(template: Iterable[str], own: Iterable[str]) -> list[str]:
    """Both, the own value of a name last; `NAME` alone takes it away, as the engine has it."""
    values = {line.partition("=")[0]: line for line in (*template, *own)}
    return list(values.values())


def _host(template: Mapping[str, Any], own: Mapping[str, Any], volumes: Mapping[str, Any]) -> dict[str, Any]:
    targets = {_target(bind) for bind in own["Binds"]} | set(volumes) | set(own.get("Tmpfs") or {})
    binds = [bind for bind in template.get("Binds") or () if _target(bind) not in targets]
    mounts = [mount for mount in template.get("Mounts") or () if mount.get("Target") not in targets]
    tmpfs = {path: how for path, how in (template.get("Tmpfs") or {}).items() if path not in targets}
    ports = dict(template.get("PortBindings") or {})
    for key, bindings in own["PortBindings"].items():
        ports[key] = [*(ports.get(key) or ()), *bindings]
    host = {
        **template,
        **{key: own[key] for key in ("RestartPolicy", "MaskedPaths", "ReadonlyPaths") if key in own},
        "Binds": [*binds, *own["Binds"]],
        "Mounts": mounts,
        "Tmpfs": {**tmpfs, **(own.get("Tmpfs") or {})},
        "PortBindings": ports,
        "ReadonlyRootfs": own["ReadonlyRootfs"] or bool(template.get("ReadonlyRootfs")),
        "NetworkMode": _mode(template, own),
    }
    for key in _UNITED:
        host[key] = sorted({*(template.get(key) or ()), *(own.get(key) or ())})
    if (host.get("LogConfig") or {}).get("Type") not in READABLE_LOG_DRIVERS:
        host["LogConfig"] = {"Type": "json-file"}
    if "Ulimits" in own and not template.get("Ulimits"):
        host["Ulimits"] = own["Ulimits"]
    return host


def _target(bind: str) -> str:
    return bind.split(":")[1]


def _mode(template: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """The user's network where it is no user-defined one: that joins the others instead."""
    wanted = str(own["NetworkMode"])
    mode = str(template.get("NetworkMode") or "default")
    return mode if wanted == "default" or (_is_named(wanted) and _is_named(mode)) else wanted


def _networks(template: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    wanted = str(own["HostConfig"]["NetworkMode"])
    if wanted == "default":
        return dict(template)
    return {**template, wanted: template.get(wanted, {})} if _is_named(wanted) else {}


def _is_named(mode: str) -> bool:
    return mode not in _BUILT_IN_NETWORKS and ":" not in mode
