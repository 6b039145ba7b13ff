"""A container on Docker's API."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import requests
from docker import APIClient
from docker.errors import APIError, NotFound

from slim.engine.api_errors import explanation, not_running, translated
from slim.engine.container_config import LOOPBACK
from slim.engine.docker_exec import DockerExec
from slim.engine.interface import ContainerState, ExecResult
from slim.engine.interrupts import shielded
from slim.engine.streams import (
    BoundedOutput,
    TimeUpError,
    checked,
    chunks,
    frames,
    frames_until,
)

_NOT_ENDED = ("created", "running", "paused", "restarting")
_EVERYWHERE = ("0.0.0.0", "", None, "::")  # noqa: S104 — compared with, not bound to
"""How engines spell a port that is published on all addresses."""
_IDENTITY = {"Accept-Encoding": "identity"}


class DockerContainer:
    """One container. Implements `slim.engine.interface.Container`."""

    def __init__(self, client: APIClient, identifier: str, name: str, *, local: bool, host: str) -> None:
        """`local`: its processes are processes of this machine. `host`: where ports that the
        engine publishes on all addresses are reached from here."""
        self._client = client
        self._id = identifier
        self._name = name
        self._local = local
        self._host = host

    @property
    def id(self) -> str:
        return self._id

    @property
    def name(self) -> str:
        return self._name

    def start(self) -> None:
        """Start it. ExerciseError when its own program, user or folder does not allow it,
        UsageError when the engine has no such network, EngineError when it cannot (a port that is
        taken)."""
        with translated("the container cannot be started"), shielded():
            self._client.start(self._id)

    def state(self) -> ContainerState:
        inspected = self._inspect(self._id)
        state = inspected["State"]
        status = str(state.get("Status", ""))
        if status == "stopped":  # Podman's word, until it has cleaned up
            status = "exited"
        return ContainerState(
            status=status,
            exit_code=None if status in _NOT_ENDED else int(state["ExitCode"]),
            error=str(state.get("Error") or ""),
            oom_killed=bool(state.get("OOMKilled")),
            pid=int(state.get("Pid") or 0),
            addresses=self._addresses(inspected),
            published=_published(inspected, self._host),
        )

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end; it must have been started. None when `timeout` seconds passed first."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with translated(f"cannot wait for container {self._name}"):
            try:
                # the engine answers at the end only: the read's time limit is the deadline
                answer = self._client.wait(self._id, timeout=timeout)  # type: ignore[arg-type]
            except APIError:
                raise
            except requests.exceptions.RequestException:
                if deadline is None or time.monotonic() < deadline:
                    raise
                return self.state().exit_code
        return int(answer["StatusCode"])

    def signal(self, name: str) -> None:
        with translated(f"cannot send {name} to container {self._name}"):
            try:
                self._client.kill(self._id, name)
            except APIError as error:
                if error.status_code not in (404, 409) and not not_running(error):
                    raise

    def kill(self) -> None:
        self.signal("SIGKILL")

    def remove(self) -> None:
        remove_container(self._client, self._id)

    def logs(self, tail: int | None = None, limit: int = 1 << 20) -> tuple[bytes, bytes]:
        """The first `limit` bytes of each stream, of the last `tail` lines where that is given."""
        parameters = {"stdout": 1, "stderr": 1, "tail": "all" if tail is None else str(tail)}
        output = BoundedOutput(limit)
        action = f"cannot read the output of container {self._name}"
        with translated(action), closing(frames(self._open("get", "logs", params=parameters))) as received:
            for stream, data in received:
                output.add(stream, data)
                if output.full:
                    break
        return output.stdout, output.stderr

    def follow_logs(self, timeout: float) -> Iterator[tuple[int, bytes]]:
        """(1 or 2, bytes) from the first on, as they are written; closing the iterator hangs up.

        EngineError where the log driver keeps nothing that can be read back: docker logs(1).
        """
        action = f"cannot read the output of container {self._name}"
        parameters = {"stdout": 1, "stderr": 1, "tail": "all", "follow": 1}
        with translated(action), suppress(TimeUpError):
            response = self._open("get", "logs", params=parameters)
            with closing(frames_until(response, timeout, lambda: None)) as received:
                yield from received

    def put_archive(self, folder: str, archive: bytes) -> None:
        with translated(f"cannot copy into {folder} of container {self._name}"):
            self._client.put_archive(self._id, folder, archive)

    def get_archive(self, path: str) -> Iterator[bytes]:
        """A tar stream of `path`. EngineError when there is no such path, at once."""
        action = f"cannot copy {path} from container {self._name}"
        with translated(action):
            response = self._open("get", "archive", params={"path": path})
        return chunks(response, action)

    def execute(
        self,
        argv: Sequence[str],
        *,
        user: str = "",
        environment: Sequence[tuple[str, str]] = (),
        workdir: str = "",
        timeout: float | None = None,
        limit: int = 1 << 20,
    ) -> ExecResult:
        """Run `argv` to its end or until `timeout` seconds have passed.

        A command that cannot be started gives exit code 126 or 127, as docker exec does, with
        the engine's message as its output. ExerciseError when the container is not running.
        """
        exec_ = DockerExec(self._client, self._id, self._name, local=self._local)
        exec_.create(argv, user=user, environment=environment, workdir=workdir)
        return exec_.run(timeout, limit)

    def follow(self, argv: Sequence[str], *, user: str = "") -> Iterator[bytes]:
        """Run `argv`, which is started at once, and yield its standard output as it comes.

        Closing the iterator kills the command where its process is one of this machine.
        """
        exec_ = DockerExec(self._client, self._id, self._name, local=self._local)
        exec_.create(argv, user=user)
        return exec_.follow()

    def _inspect(self, identifier: str) -> dict[str, Any]:
        with translated(f"cannot look at container {self._name}"):
            return dict(self._client.inspect_container(identifier))

    def _addresses(self, inspected: Mapping[str, Any]) -> tuple[str, ...]:
        """IP addresses; those of the other container under `--network container:X`."""
        mode = str(inspected.get("HostConfig", {}).get("NetworkMode", ""))
        if mode == "host":
            return (LOOPBACK,)
        if mode.startswith("container:"):
            inspected = self._inspect(mode.partition(":")[2])
        networks = inspected.get("NetworkSettings", {}).get("Networks") or {}
        found = (
            network.get(key)
            for _, network in sorted(networks.items())
            for key in ("IPAddress", "GlobalIPv6Address")
        )
        return tuple(str(address) for address in found if address)

    def _open(self, method: str, what: str, **options: Any) -> requests.Response:
        url = f"{_base(self._client)}/containers/{self._id}/{what}"
        return checked(
            self._client.request(method, url, stream=True, headers=_IDENTITY, timeout=None, **options)
        )


def remove_container(client: APIClient, identifier: str) -> None:
    """Remove a container, running or not, with its anonymous volumes; it may be gone already."""
    with translated(f"container {identifier[:12]} cannot be removed"):
        try:
            client.remove_container(identifier, v=True, force=True)
        except NotFound:
            return
        except APIError as error:
            if "already in progress" not in explanation(error):
                raise
            _until_removed(client, identifier)


def _until_removed(client: APIClient, identifier: str) -> None:
    try:
        client.wait(identifier, condition="removed")
    except NotFound:
        return


def _published(inspected: Mapping[str, Any], host: str) -> dict[int, tuple[str, int]]:
    """Container TCP port → where it is reached from here; a loopback binding first."""
    result: dict[int, tuple[str, int]] = {}
    ports = inspected.get("NetworkSettings", {}).get("Ports") or {}
    for key, bindings in sorted(ports.items()):
        number, _, protocol = key.partition("/")
        if protocol != "tcp" or not bindings:
            continue
        nearest = min(bindings, key=_distance)
        address = host if nearest.get("HostIp") in _EVERYWHERE else nearest["HostIp"]
        result[int(number)] = (address, int(nearest["HostPort"]))
    return result


def _distance(binding: Mapping[str, str]) -> int:
    order = (LOOPBACK, *_EVERYWHERE)
    address = binding.get("HostIp")
    return order.index(address) if address in order else len(order)


def _base(client: APIClient) -> str:
    return f"{client.base_url}/v{client.api_version}"
