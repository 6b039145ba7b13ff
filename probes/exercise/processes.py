"""The processes of a container as this machine sees them: proc_pid_fd(5), pid_namespaces(7)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil


def socket_inodes(pid: int) -> frozenset[int] | None:
    """Inodes of the sockets held by process `pid`, its descendants and the processes that share its
    PID namespace (those that entered by `exec`); None when `pid`'s cannot be seen from here."""
    try:
        inodes = set(_sockets_of(pid))
    except OSError:
        return None
    for other in fellows(pid):
        try:
            inodes.update(_sockets_of(other))
        except OSError:
            continue  # it has just ended
    return frozenset(inodes)


def _sockets_of(pid: int) -> Iterator[int]:
    folder = f"/proc/{pid}/fd"
    for descriptor in os.listdir(folder):  # noqa: PTH208 - thousands of descriptors
        try:
            target = os.readlink(f"{folder}/{descriptor}")  # noqa: PTH115 - a str is wanted
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield int(target[8:-1])


def cpu_seconds(pid: int) -> float | None:
    """Processor time that the container of process `pid` has used; None when it cannot be seen."""
    total = 0.0
    for other in (pid, *fellows(pid)):
        try:
            times = psutil.Process(other).cpu_times()
        except psutil.Error:
            if other == pid:
                return None
            continue
        total += times.user + times.system
    return total


def fellows(pid: int) -> frozenset[int]:
    """The other processes of the container whose PID 1 is `pid`: its descendants, and what entered
    its PID namespace by `exec`."""
    try:
        fellows = {child.pid for child in psutil.Process(pid).children(recursive=True)}
    except psutil.Error:
        return frozenset()
    namespace = _pid_namespace(pid)
    if namespace and namespace != _pid_namespace(os.getpid()):  # else: --pid host
        fellows.update(other for other in psutil.pids() if _pid_namespace(other) == namespace)
    return frozenset(fellows)


def _pid_namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - not a path
    except OSError:
        return ""
