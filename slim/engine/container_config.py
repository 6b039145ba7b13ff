"""A `ContainerSpec` as the body of Docker's `POST /containers/create`, as docker run sends it."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slim.engine.interface import ContainerSpec
from slim.engine.ports import PublishedPort, parse_port
from slim.engine.template import READABLE_LOG_DRIVERS, laid_over

LOOPBACK = "127.0.0.1"
_BUILT_IN_NETWORKS = ("bridge", "default", "host", "none")
_PODMAN_LIMITS = (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))


def container_config(
    spec: ContainerSpec,
    labels: Mapping[str, str],
    *,
    engine: str,
    log_driver: str,
    publish_address: str = LOOPBACK,
) -> dict[str, Any]:
    """The request's body: Docker Engine API 1.41, "Create a container".

    `engine` is Docker or Podman, `log_driver` the engine's default one, `publish_address` where
    slim's own ports (`spec.publish`) are bound. Raises UsageError for a malformed port.
    """
    published = tuple(port for value in spec.ports for port in parse_port(value))
    own = tuple(PublishedPort(port, "tcp", publish_address) for port in spec.publish)
    body: dict[str, Any] = {
        "Image": spec.image,
        "Env": [f"{name}={value}" for name, value in spec.environment] + list(spec.environment_removed),
        "User": spec.user,
        "WorkingDir": spec.workdir,
        "Hostname": spec.hostname,
        "Labels": dict(labels),
        "AttachStdout": True,
        "AttachStderr": True,
        "Volumes": {volume: {} for volume in spec.volumes if ":" not in volume},
        "ExposedPorts": {port.key: {} for port in (*published, *own)},
        "HostConfig": _host_config(spec, (*published, *own), engine, log_driver),
    }
    if spec.entrypoint is not None:
        # [""] is how the API says "none at all"; an empty list would mean the image's own
        body["Entrypoint"] = list(spec.entrypoint) or [""]
    if spec.command is not None:
        body["Cmd"] = list(spec.command)
    if not spec.healthcheck:
        body["Healthcheck"] = {"Test": ["NONE"]}
    if spec.network and spec.network not in _BUILT_IN_NETWORKS and ":" not in spec.network:
        body["NetworkingConfig"] = {"EndpointsConfig": {spec.network: {}}}
    return body if spec.template is None else laid_over(spec.template, body)


def named_volumes(spec: ContainerSpec) -> tuple[str, ...]:
    """The user's volumes that have a name, which the engine would make if they did not exist."""
    sources = (value.partition(":")[0] for value in spec.volumes if ":" in value)
    return tuple(sorted({source for source in sources if not source.startswith("/")}))


def _host_config(
    spec: ContainerSpec, ports: tuple[PublishedPort, ...], engine: str, log_driver: str
) -> dict[str, Any]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        bindings.setdefault(port.key, []).append({"HostIp": port.address, "HostPort": port.host})
    config: dict[str, Any] = {
        "Binds": [volume for volume in spec.volumes if ":" in volume]
        + [f"{mount.volume}:{mount.target}" for mount in spec.mounts],
        "PortBindings": bindings,
        "NetworkMode": spec.network or "default",
        "ReadonlyRootfs": spec.read_only,
        "CapAdd": list(spec.capabilities_added),
        "CapDrop": list(spec.capabilities_dropped),
        "RestartPolicy": {"Name": "no"},
    }
    config.update(_security(spec.security_options))
    if spec.tmpfs:
        config["Tmpfs"] = {path: options for path, _, options in (t.partition(":") for t in spec.tmpfs)}
    if log_driver and log_driver not in READABLE_LOG_DRIVERS:
        # output is evidence: an engine that logs to nowhere or elsewhere cannot give it back
        config["LogConfig"] = {"Type": "json-file"}
    if engine == "Podman":
        config["Ulimits"] = _own_limits()
    return config


def _security(options: tuple[str, ...]) -> dict[str, Any]:
    """SecurityOpt; `systempaths=unconfined` is the client's to turn into two empty lists."""
    unconfined = "systempaths=unconfined"
    rest = [option for option in options if option != unconfined]
    result: dict[str, Any] = {"SecurityOpt": rest} if rest else {}
    if len(rest) < len(options):
        result |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return result


def _own_limits() -> list[dict[str, Any]]:
    """This process's limits, which need no privilege to hand on.

    Podman raises limits to defaults of its own otherwise, and fails where the host forbids that (no
    CAP_SYS_RESOURCE). Podman 4.3 lowers its own nproc to kernel.pid_max, so no more than that is left to
    give; a higher one would mean nothing anyway.
    """
    most = _pid_max()
    result = []
    for name, number in _PODMAN_LIMITS:
        soft, hard = resource.getrlimit(number)
        if name == "nproc":
            soft, hard = (most if n < 0 else min(n, most) for n in (soft, hard))
        result.append({"Name": name, "Soft": soft, "Hard": hard})
    return result


def _pid_max() -> int:
    """proc(5), /proc/sys/kernel/pid_max."""
    try:
        return int(Path("/proc/sys/kernel/pid_max").read_text())
    except (OSError, ValueError):
        return 1 << 15
