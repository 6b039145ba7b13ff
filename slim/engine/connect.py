"""Finding the engine and opening a connection to it."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from docker import APIClient
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.context import ContextAPI
from docker.errors import DockerException, InvalidVersion
from docker.utils import kwargs_from_env

from slim.engine.docker_api import DockerEngine
from slim.engine.interface import Engine
from slim.engine.podman import start_service
from slim.errors import EngineError

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
_PATIENCE = 30
"""Seconds for the engine to answer its first request, which asks only for its version."""
_NOBODY_THERE = (errno.ENOENT, errno.ECONNREFUSED)


def connect(
    host: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    patience: float = _PATIENCE,
) -> Engine:
    """A connection to the engine; close it in the end.

    `host` is an address as in DOCKER_HOST. Without it: DOCKER_HOST with DOCKER_TLS_VERIFY and
    DOCKER_CERT_PATH, else the docker context (DOCKER_CONTEXT, then the client's configuration),
    else the default socket; `environment` (default: this process's) is where they are looked
    up. When nothing was asked for and nothing answers, Podman's API service is started if
    Podman is installed, and stopped by `close`. `patience`: seconds for the first answer; there is
    no time limit afterwards. Raises EngineError.
    """
    environment = os.environ if environment is None else environment
    arguments, chosen = _arguments(host, environment)
    address = str(arguments.get("base_url") or DEFAULT_ADDRESS)
    try:
        return _open(arguments, address, patience)
    except EngineError as error:
        if chosen or not _nobody_there(error) or shutil.which("podman") is None:
            raise
    service = start_service()
    try:
        return _open({"base_url": service.address}, service.address, patience, service.stop)
    except BaseException:
        service.stop()
        raise


def _arguments(host: str | None, environment: Mapping[str, str]) -> tuple[dict[str, Any], bool]:
    """docker-py's arguments, and whether the user chose an engine: -H, DOCKER_HOST, a context."""
    try:
        arguments: dict[str, Any] = dict(
            # an empty mapping would mean the process's own environment to docker-py
            kwargs_from_env(dict(environment) or {"DOCKER_HOST": ""})
        )
        if host:
            return {**arguments, "base_url": host}, True
        if arguments.get("base_url"):
            return arguments, True
        name = environment.get("DOCKER_CONTEXT") or None
        context = ContextAPI.get_context(name)
        if name and context is None:
            raise EngineError(
                f"there is no docker context {name}",
                remedy="see docker context ls, or unset DOCKER_CONTEXT",
            )
        if context is None or context.name == "default" or not context.Host:
            return {}, False
        chosen: dict[str, Any] = {"base_url": context.Host}
        if context.TLSConfig is not None:
            chosen["tls"] = context.TLSConfig
        return chosen, True
    except DockerException as error:
        raise EngineError(
            "the engine's address or certificates cannot be used",
            cause=str(error),
            remedy="check DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and docker context ls",
        ) from error


def _open(
    arguments: Mapping[str, Any], address: str, patience: float, on_close: Callable[[], None] | None = None
) -> DockerEngine:
    options = {**arguments, "timeout": patience, "use_ssh_client": address.startswith("ssh://")}
    try:
        _knock(address, patience)
        # a first client asks for the version: docker-py's own way to do so leaves its sockets open
        with closing(APIClient(**options, version=MINIMUM_DOCKER_API_VERSION)) as first:
            version = str(first.version(api_version=False).get("ApiVersion", ""))
        return DockerEngine(lambda: APIClient(**options, version=version), address, on_close)
    except InvalidVersion as error:
        raise EngineError(
            f"the engine at {address} is too old",
            cause=str(error),
            remedy="update it to Docker 20.10 or later",
        ) from error
    except (DockerException, OSError, ValueError) as error:  # ValueError: an address that is no URL
        raise _unreachable(address, error, patience) from error


def _knock(address: str, patience: float) -> None:
    """Connect to a Unix socket and leave: the plain OSError where that fails."""
    scheme, _, path = address.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience)
            connection.connect("/" + path.lstrip("/"))


def _unreachable(address: str, error: BaseException, patience: float) -> EngineError:
    reason = _system_error(error)
    cause = reason.strerror if reason is not None and reason.strerror else str(error)
    remedy = "run slim doctor to see what is missing"
    if reason is None and "timed out" in str(error).lower():
        return EngineError(
            f"the engine at {address} does not answer",
            cause=f"no answer in {patience:g} s",
            remedy="restart it: systemctl restart docker",
        )
    number = reason.errno if reason is not None else None
    if number in (errno.EACCES, errno.EPERM):
        return EngineError(
            f"no permission to use the engine at {address}",
            cause=cause,
            remedy="run slim with sudo, or as a member of the group docker",
        )
    if number == errno.ENOENT:
        install = "install and start an engine (apt-get install docker.io)"
        remedy = f"{install}, or name its address in DOCKER_HOST; {remedy}"
    elif number == errno.ECONNREFUSED:
        remedy = f"start it: systemctl start docker; {remedy}"
    elif "paramiko" in str(error):
        remedy = "pip install 'docker[ssh]' beside slim"
    elif address.partition("://")[0] not in ("", "unix"):
        remedy = f"check the address, and that docker -H {address} version answers"
    return EngineError(f"no engine answers at {address}", cause=cause, remedy=remedy)


def _system_error(error: BaseException) -> OSError | None:
    """The OSError with a number at the bottom of a chain of wrapped transport errors."""
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        # requests' own errors are OSErrors without a number
        if isinstance(current, OSError) and current.errno is not None:
            return current
        current = current.__cause__ or current.__context__
    return None


def _nobody_there(error: EngineError) -> bool:
    reason = _system_error(error)
    return reason is not None and reason.errno in _NOBODY_THERE
