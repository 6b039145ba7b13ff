"""slim as a user runs it, and a look at whether anything of it is left in the engine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from images.started import docker


def slim(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command line to its end, in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "slim", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )


def started(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """The command line, started in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "slim", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def belongings(process: int) -> tuple[str, ...]:
    """Everything of the run of slim's process `process` in the engine and the temporary folder."""
    found = []
    for kind in ("container", "volume", "network"):
        every = ("--all",) if kind == "container" else ()
        shape = '{{.ID}}{{.Label "io.slim.run"}}' if kind != "volume" else '{{.Name}}{{.Label "io.slim.run"}}'
        told = docker(kind, "ls", *every, "--format", shape, "--filter", "label=io.slim.run")
        found += [f"{kind} {line}" for line in told.stdout.splitlines()]
    found += [f"image {line}" for line in _pending()]
    found += [f"folder {path.name}" for path in Path(tempfile.gettempdir()).glob("slim-*")]
    return tuple(line for line in found if f"-p{process}-" in line)


def _pending() -> list[str]:
    return docker("images", "--format", "{{.Repository}}", "slim-run/*").stdout.splitlines()
