"""A container on Docker's API."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psutil
import requests
from docker import APIClient
from docker.errors import APIError, NotFound

from slim.engine.api_errors import explanation, translated
from slim.engine.container_config import LOOPBACK
from slim.engine.interface import ContainerState, ExecResult
from slim.engine.interrupts import shielded
from slim.engine.locality import belongs_to
from slim.engine.streams import (
    STDOUT,
    BoundedOutput,
    TimeUpError,
    checked,
    chunks,
    frames,
    frames_until,
    hang_up,
)
from slim.errors import EngineError, ExerciseError

_NOT_ENDED = ("created", "running", "paused", "restarting")
_IDENTITY = {"Accept-Encoding": "identity"}
_CANNOT_EXECUTE = 126
"""What a shell, and docker exec, exits with when a command cannot be executed."""
_FIRST_WAIT, _LONGEST_WAIT = 0.002, 0.2
"""Seconds between looks at an exec'ed process whose output has ended."""


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
        EngineError when the engine cannot (a port that is taken, a network that is gone)."""
        with translated(f"container {self._name} cannot be started"), shielded():
            self._client.start(self._id)

    def state(self) -> ContainerState:
        inspected = self._inspect(self._id)
        state = inspected["State"]
        status = str(state.get("Status", ""))
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
                if error.status_code not in (404, 409) and "not running" not in explanation(error):
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
        with translated(action):
            for stream, data in frames(self._open("get", "logs", params=parameters)):
                output.add(stream, data)
        return output.stdout, output.stderr

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
        deadline = None if timeout is None else time.monotonic() + timeout
        identifier = self._create_exec(argv, user, environment, workdir)
        output = BoundedOutput(limit)
        try:
            with translated(f"cannot run {argv[0]} in container {self._name}"):
                response = self._start_exec(identifier)
                for stream, data in frames_until(response, timeout):
                    output.add(stream, data)
            exit_code = self._exec_exit_code(identifier, deadline)
        except TimeUpError:
            killed = self._kill_exec(identifier)
            return ExecResult(None, output.stdout, output.stderr, output.truncated, not killed)
        except ExerciseError as error:
            if "oci runtime exec failed" not in str(error).lower():
                raise
            return ExecResult(_CANNOT_EXECUTE, b"", f"{error.cause}\n".encode(), False)
        except BaseException:  # Ctrl-C: the command must not go on by itself
            self._kill_exec(identifier)
            raise
        return ExecResult(exit_code, output.stdout, output.stderr, output.truncated)

    def follow(self, argv: Sequence[str], *, user: str = "") -> Iterator[bytes]:
        """Run `argv`, which is started at once, and yield its standard output as it comes.

        Closing the iterator kills the command where its process is one of this machine.
        """
        identifier = self._create_exec(argv, user, (), "")
        with translated(f"cannot run {argv[0]} in container {self._name}"):
            response = self._start_exec(identifier)
        return self._followed(identifier, response)

    def _followed(self, identifier: str, response: requests.Response) -> Iterator[bytes]:
        ended = False
        try:
            with translated(f"lost the output of a command in container {self._name}"):
                for stream, data in frames(response):
                    if stream == STDOUT:
                        yield data
            ended = True
        finally:
            if not ended:
                hang_up(response)
                self._kill_exec(identifier)

    def _create_exec(
        self, argv: Sequence[str], user: str, environment: Sequence[tuple[str, str]], workdir: str
    ) -> str:
        with translated(f"cannot run {argv[0]} in container {self._name}"):
            try:
                created = self._client.exec_create(
                    self._id,
                    list(argv),
                    user=user,
                    environment=[f"{name}={value}" for name, value in environment],
                    workdir=workdir or None,
                )
            except APIError as error:
                if error.status_code not in (404, 409, 500) or "not running" not in explanation(error):
                    raise
                message = f"cannot run {argv[0]}: the container is not running"
                raise ExerciseError(message, cause=explanation(error)) from error
        return str(created["Id"])

    def _start_exec(self, identifier: str) -> requests.Response:
        # without the Upgrade headers the output is a plain body: http.client then hands over
        # every byte, also those that arrive together with the answer's header
        return checked(
            self._client.post(
                f"{_base(self._client)}/exec/{identifier}/start",
                json={"Detach": False, "Tty": False},
                headers=_IDENTITY,
                stream=True,
                timeout=None,
            )
        )

    def _exec_exit_code(self, identifier: str, deadline: float | None) -> int:
        """The exit code, once the process has ended: its output may have ended long before."""
        pause = _FIRST_WAIT
        never = threading.Event()
        while True:
            inspected = self._inspect_exec(identifier)
            if not inspected.get("Running") and inspected.get("ExitCode") is not None:
                return int(inspected["ExitCode"])
            if deadline is not None and time.monotonic() > deadline:
                raise TimeUpError
            never.wait(pause)  # the API has no way to wait for an exec'ed process
            pause = min(2 * pause, _LONGEST_WAIT)

    def _kill_exec(self, identifier: str) -> bool:
        """Kill an exec'ed process with its descendants; whether it is gone.

        The API cannot do it, so this works only where the process is one of this machine.
        """
        try:
            inspected = self._inspect_exec(identifier)
        except (EngineError, ExerciseError):
            return False
        if not inspected.get("Running"):
            return True
        pid = int(inspected.get("Pid") or 0)
        if not self._local or pid <= 0:
            return False
        return _kill_tree(pid, self._id)

    def _inspect_exec(self, identifier: str) -> Mapping[str, Any]:
        with translated(f"cannot look at a command in container {self._name}"):
            return dict(self._client.exec_inspect(identifier))

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


def _kill_tree(pid: int, container: str) -> bool:
    """Kill a process of `container` and its descendants; never one of anything else."""
    try:
        process = psutil.Process(pid)
        # children first: once their parent is gone, nothing leads to them
        processes: list[psutil.Process] = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return True
    killed = False
    for member in processes:
        killed = _kill_member(member.pid, container)
    return killed


def _kill_member(pid: int, container: str) -> bool:
    """pidfd_open(2) first, then the check, so that the number cannot come to mean another process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    try:
        if not belongs_to(pid, container):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    finally:
        os.close(descriptor)
    return True


def _published(inspected: Mapping[str, Any], host: str) -> dict[int, tuple[str, int]]:
    """Container TCP port → where it is reached from here; a loopback binding first."""
    result: dict[int, tuple[str, int]] = {}
    ports = inspected.get("NetworkSettings", {}).get("Ports") or {}
    for key, bindings in sorted(ports.items()):
        number, _, protocol = key.partition("/")
        if protocol != "tcp" or not bindings:
            continue
        best = min(bindings, key=_nearness)
        address = best.get("HostIp") or ""
        result[int(number)] = (host if address in ("", "0.0.0.0", "::") else address, int(best["HostPort"]))  # noqa: S104
    return result


def _nearness(binding: Mapping[str, str]) -> int:
    order: Callable[[str], int] = ("127.0.0.1", "0.0.0.0", "").index  # noqa: S104
    address = binding.get("HostIp") or ""
    return order(address) if address in ("127.0.0.1", "0.0.0.0", "") else 3  # noqa: S104


def _base(client: APIClient) -> str:
    return f"{client.base_url}/v{client.api_version}"
