"""A command that enters a running container, as docker exec starts one."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import psutil
import requests
from docker import APIClient
from docker.errors import APIError

from slim.engine.api_errors import explanation, not_running, translated
from slim.engine.interface import ExecResult
from slim.engine.locality import belongs_to
from slim.engine.streams import STDOUT, BoundedOutput, TimeUpError, checked, frames_until
from slim.errors import EngineError, ExerciseError

_CANNOT_EXECUTE = 126
"""What a shell, and docker exec, exits with when a command cannot be executed."""
_FIRST_WAIT, _LONGEST_WAIT = 0.002, 0.2
"""Seconds between looks at an exec'ed process: the API has nothing to wait for."""
_PATIENCE = 5.0
"""Seconds for the engine to tell the number of a process that it is starting."""
_NEVER = threading.Event()
"""Is never set: waiting for it is a pause."""


class DockerExec:
    """One command in one container: created, then either run to its end or followed."""

    def __init__(self, client: APIClient, container: str, name: str, *, local: bool) -> None:
        """`container` is its id, `name` is for messages; `local`: its processes are ours to see."""
        self._client = client
        self._container = container
        self._name = name
        self._local = local
        self._id = ""
        self._action = ""

    def create(
        self,
        argv: Sequence[str],
        *,
        user: str = "",
        environment: Sequence[tuple[str, str]] = (),
        workdir: str = "",
    ) -> None:
        """Tell the engine of the command. ExerciseError when the container is not running."""
        self._action = f"cannot run {argv[0]} in container {self._name}"
        with translated(self._action):
            try:
                created = self._client.exec_create(
                    self._container,
                    list(argv),
                    user=user,
                    environment=[f"{name}={value}" for name, value in environment],
                    workdir=workdir or None,
                )
            except APIError as error:
                if not not_running(error):
                    raise
                message = f"cannot run {argv[0]}: the container is not running"
                raise ExerciseError(message, cause=explanation(error)) from error
        self._id = str(created["Id"])

    def run(self, timeout: float | None, limit: int) -> ExecResult:
        """Run it to its end, or kill it after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        output = BoundedOutput(limit)
        killed: list[bool] = []
        try:
            with translated(self._action):
                response = self._start()
                abandon = lambda: killed.append(self._kill())  # noqa: E731
                with closing(frames_until(response, timeout, abandon)) as received:
                    for stream, data in received:
                        output.add(stream, data)
            exit_code = self._exit_code(deadline)
        except TimeUpError:
            # its output may have ended before it did
            gone = killed[0] if killed else self._kill()
            return ExecResult(None, output.stdout, output.stderr, output.truncated, not gone)
        except ExerciseError as error:
            if "oci runtime exec failed" not in str(error).lower():
                raise
            return ExecResult(_CANNOT_EXECUTE, b"", f"{error.cause}\n".encode(), False)
        return ExecResult(exit_code, output.stdout, output.stderr, output.truncated)

    def follow(self) -> Iterator[bytes]:
        """Start it at once; the iterator yields its standard output, and kills it when closed."""
        with translated(self._action):
            response = self._start()
        return self._followed(response)

    def _followed(self, response: requests.Response) -> Iterator[bytes]:
        received = frames_until(response, None, self._kill)
        action = f"lost the output of a command in container {self._name}"
        with translated(action), closing(received):
            for stream, data in received:
                if stream == STDOUT:
                    yield data

    def _start(self) -> requests.Response:
        # without the Upgrade headers the output is a plain body: http.client then hands over
        # every byte, also those that arrive together with the answer's header
        return checked(
            self._client.post(
                f"{self._client.base_url}/v{self._client.api_version}/exec/{self._id}/start",
                json={"Detach": False, "Tty": False},
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=None,
            )
        )

    def _exit_code(self, deadline: float | None) -> int:
        """The exit code, once the process has ended: its output may have ended long before."""
        pause = _FIRST_WAIT
        while True:
            inspected = self._inspect()
            if not inspected.get("Running") and inspected.get("ExitCode") is not None:
                return int(inspected["ExitCode"])
            if deadline is not None and time.monotonic() > deadline:
                raise TimeUpError
            _NEVER.wait(pause)
            pause = min(2 * pause, _LONGEST_WAIT)

    def _kill(self) -> bool:
        """Kill the process with its descendants; whether it is gone.

        The API cannot do it, so this works only where the process is one of this machine.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                inspected = self._inspect()
            except (EngineError, ExerciseError):
                return False
            if not inspected.get("Running"):
                return True
            if not self._local or time.monotonic() > deadline:
                return False
            pid = int(inspected.get("Pid") or 0)
            if pid > 0:
                return _kill_tree(pid, self._container)
            _NEVER.wait(_FIRST_WAIT)  # it is being started: the engine does not know its number yet

    def _inspect(self) -> Mapping[str, Any]:
        with translated(f"cannot look at a command in container {self._name}"):
            return dict(self._client.exec_inspect(self._id))


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
