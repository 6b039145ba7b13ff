"""The Compose of this machine: `docker compose` (v2), or `docker-compose` (v2, or v1 from 1.29 on).

The one gate to it: an explicit environment, no input, all its output, and no trace of its process left
when slim is interrupted or killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from slim.engine.interrupts import shielded
from slim.errors import HostError

_CANDIDATES: Final = (("docker", "compose"), ("docker-compose",))
_PATIENCE = 10.0
"""Seconds for it to say its version."""
_GRACE = 2.0
"""Seconds to end after SIGTERM, in which the engine answers what it was asked last."""
_DIES_WITH_SLIM: Final = (
    "import ctypes,os,signal\n"
    "from sys import argv\n"
    "ctypes.CDLL(None).prctl(1,int(signal.SIGKILL))\n"  # PR_SET_PDEATHSIG: prctl(2)
    "os.getppid()==int(argv[1]) or os._exit(1)\n"
    "os.execvp(argv[2],argv[2:])"
)
"""Run in a process of its own, since code between fork and exec is not safe beside threads."""


@dataclass(frozen=True)
class Done:
    """A command of Compose that ended."""

    exit_code: int | None
    """None: the time was up, and it was killed."""
    stdout: str
    stderr: str

    @property
    def message(self) -> str:
        """What it said was wrong, without its progress; the last lines where nothing looks like that."""
        lines = [line.strip() for line in f"{self.stderr}\n{self.stdout}".splitlines()]
        lines = list(dict.fromkeys(line for line in lines if line and not _is_progress(line)))
        return "\n".join(lines[-_MESSAGE_LINES:])


_MESSAGE_LINES = 12
_PROGRESS = (
    "creating",
    "created",
    "starting",
    "started",
    "waiting",
    "healthy",
    "pulling",
    "running",
    "recreated",
)


def _is_progress(line: str) -> bool:
    """`Creating web_1 ... done`, ` Container web-1  Started`, `time="…" level=warning …`."""
    words = line.lower().split()
    if words[0] == "warning:" or "level=warning" in line:
        return True
    v1 = words[0] in _PROGRESS and (words[-1] in ("...", "done") or "network" in words or "volume" in words)
    return v1 or (words[0] in ("container", "network", "volume") and words[-1] in _PROGRESS)


@dataclass(frozen=True)
class ComposeTool:
    """How Compose is called here."""

    argv: tuple[str, ...]
    version: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def is_v1(self) -> bool:
        """Whether it is the older one, in Python."""
        return self.version.startswith("1.")

    def at(self, address: str) -> ComposeTool:
        """The same for the engine at `address`, as in DOCKER_HOST. Where that is no socket of this
        machine, Compose finds it by the variables and contexts by which slim found it."""
        if not address.startswith("unix:"):
            return self
        return replace(self, environment=_environment(self.environment, address))

    def run(self, arguments: Sequence[str], *, timeout: float | None = None) -> Done:
        """Compose with `arguments`, to its end or for `timeout` seconds."""
        launcher = (sys.executable, "-I", "-S", "-c", _DIES_WITH_SLIM, str(os.getpid()))
        with subprocess.Popen(
            (*launcher, *self.argv, *arguments),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                stdout, stderr = _end(process)
                return Done(None, stdout, stderr)
            except BaseException:
                _end(process)
                raise
        return Done(process.returncode, stdout, stderr)


def find_compose(environment: Mapping[str, str], *, docker_host: str = "") -> ComposeTool:
    """The Compose that is installed; `environment` is the caller's own, where PATH, HOME and the
    variables for the file are. `docker_host`: the engine's address where Compose would not find it by
    itself. HostError where there is none."""
    given = _environment(environment, docker_host)
    for argv in _CANDIDATES:
        if shutil.which(argv[0], path=given.get("PATH")) is None:
            continue
        done = ComposeTool(argv, "", given).run(("version", "--short"), timeout=_PATIENCE)
        version = done.stdout.strip().removeprefix("v")
        if done.exit_code == 0 and version[:1].isdigit():
            return ComposeTool(argv, version, given)
    raise HostError(
        "this machine has no Compose",
        cause="neither `docker compose` nor `docker-compose` can be run",
        remedy="install it: apt-get install docker-compose, or docker-compose-plugin from Docker's own "
        "packages",
    )


def _environment(given: Mapping[str, str], docker_host: str) -> dict[str, str]:
    if not docker_host:
        return dict(given)
    return {
        **{name: value for name, value in given.items() if name != "DOCKER_CONTEXT"},
        "DOCKER_HOST": docker_host,
    }


def _end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """End it and what it started; what it had said."""
    with shielded():
        _signal(process, signal.SIGTERM)
        try:
            return process.communicate(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            return process.communicate()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
