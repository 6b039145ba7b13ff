"""Whether an engine's processes and folders are the ones that this process sees."""

from __future__ import annotations

import platform
import re
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil


def is_local(socket_path: Path | None, engine: Mapping[str, Any]) -> bool:
    """Judge by evidence, from the engine's Unix socket (None: reached otherwise) and its `GET /info`.

    All of these must hold, and each excludes a real case:

    - the process that listens on the socket is one that we can see (unix(7), SO_PEERCRED): it
      is not when the socket is mounted into a container that runs slim;
    - the engine names our kernel release and exactly our memory size: a virtual machine behind
      a forwarded socket (Docker Desktop, Lima, ssh -L) does not;
    - the engine's data folder is a folder here.
    """
    if socket_path is None or _listener(socket_path) is None:
        return False
    if engine.get("KernelVersion") != platform.release():
        return False
    if engine.get("MemTotal") != psutil.virtual_memory().total:
        return False
    root = str(engine.get("DockerRootDir") or "")
    try:
        return bool(root) and Path(root).is_dir()
    except OSError:
        return False


def belongs_to(pid: int, container: str) -> bool:
    """Whether process `pid` of this machine runs in `container` (its full id).

    Every runtime names a container's cgroup after its id: cgroups(7), /proc/pid/cgroup.
    """
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
    return re.search(rf"\b{re.escape(container)}\b", groups) is not None


def _listener(socket_path: Path) -> int | None:
    """The process that listens on a Unix socket; None where it cannot be seen from here."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(socket_path))
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
    pid = int(struct.unpack("3i", credentials)[0])
    return pid if pid > 0 and psutil.pid_exists(pid) else None
