"""A container's file system as seen from the host, and the names that its files have there.

The names are the kernel's own: readlink(2) of /proc/self/fd/N gives an open file's path from the
root of the mount namespace that its mount belongs to. The container's namespace is held open, so
that this stays true when its last process has ended (namespaces(7)).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psutil

from probes.watch.mounts import Mounted, mounts_of
from slim.engine.locality import belongs_to

_DELETED = " (deleted)"
_MOUNT_ID = re.compile(r"^mnt_id:\s*(\d+)$", re.MULTILINE)
_MOST_LINKS = 40
"""Symbolic links that the kernel follows in one path: path_resolution(7)."""


class ContainerView:
    """The root and the mounts of a running container. Close it in the end."""

    def __init__(self, container: str, pid: int) -> None:
        """`container` is its full id, `pid` a process of it. OSError when the process has ended."""
        self._container = container
        self.pid = pid
        self._namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            os.close(self._namespace)
            raise
        self.mounts = mounts_of(pid)
        self._hosts_own = _numbers(os.getpid())
        self._known: dict[int, Mounted] = {mount.number: mount for mount in self.mounts}
        status = os.stat(".", dir_fd=self.root)
        self.root_identity = (status.st_dev, status.st_ino)
        # the topmost: a runtime may leave others below it
        self.root_mount = [mount for mount in self.mounts if mount.target == "/"][-1]

    def close(self) -> None:
        os.close(self.root)
        os.close(self._namespace)

    def holds(self, pid: int) -> bool:
        """Whether a process of this machine runs in the container."""
        return belongs_to(pid, self._container)

    def processes(self) -> Iterator[int]:
        """The processes in the container, as this machine numbers them."""
        return (pid for pid in sorted(psutil.pids()) if self.holds(pid))

    def open_target(self, mount: Mounted) -> int:
        """An O_PATH descriptor of where `mount` is; no symbolic link is followed on the way, so
        that it cannot lead out of the container. OSError where another mount covers it."""
        descriptor = os.dup(self.root)
        for part in mount.target.split("/"):
            if part:
                folder = descriptor
                try:
                    descriptor = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                finally:
                    os.close(folder)
        if mount_id(descriptor) != mount.number:
            os.close(descriptor)
            raise FileNotFoundError(mount.target)
        return descriptor

    def name(self, descriptor: int, status: os.stat_result, pid: int) -> str | None:
        """The path in the container of an open file that process `pid` opened.

        Empty for a file that was reached from the host, through a mount of its own. None where
        the path is not known: the file was opened in a mount namespace that is gone.
        """
        shown = link_text(b"/proc/self/fd/%d" % descriptor)
        if self._is(shown, status):
            return shown
        number = mount_id(descriptor)
        # asked anew: a number is free again once its mount is gone, and may now be the container's
        if number in self._hosts_own and number in _numbers(os.getpid()):
            return ""
        mount = self._known.get(number) or self._found(number, pid)
        if mount is None:
            # its namespace is gone: the name is now from the root of the mount
            shown = link_text(b"/proc/self/fd/%d" % descriptor)
            return shown if self._is(shown, status) else None
        bare = shown.removesuffix(_DELETED)
        if mount in self.mounts:
            # deleted, replaced or covered since it was opened
            return bare
        translated = self._translated(mount, bare)
        if bare != shown or self._is(translated, status):
            return translated
        return bare if mount.device != self.root_mount.device else None

    def resolve(self, path: str) -> str | None:
        """`path`, absolute, with its symbolic links followed inside the container; None where it
        leads nowhere."""
        pending = path.split("/")[::-1]
        done: list[str] = []
        links = 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            try:
                target = os.readlink("/".join((*done, part)), dir_fd=self.root)
            except FileNotFoundError:
                return None
            except OSError:  # EINVAL: no symbolic link; ENOTDIR shows at the next look
                done.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                done.clear()
            pending += target.split("/")[::-1]
        return "/" + "/".join(done)

    def _is(self, path: str, status: os.stat_result) -> bool:
        """Whether `path` in the container is the file that `status` is of."""
        try:
            found = os.stat(path.lstrip("/") or ".", dir_fd=self.root, follow_symlinks=False)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)

    def _found(self, number: int, pid: int) -> Mounted | None:
        """A mount of another mount namespace: that of `pid`, else of any process of the container."""
        for process in (pid, *self.processes()):
            try:
                mounts = mounts_of(process)
            except OSError:
                continue
            self._known.update((mount.number, mount) for mount in mounts)
            if number in self._known:
                return self._known[number]
        return None

    def _translated(self, mount: Mounted, path: str) -> str:
        """`path`, as a process saw it through a mount of its own, from the container's root."""
        own = self.root_mount
        if mount.device != own.device:
            return path
        inside = path.removeprefix(mount.target)
        name = f"{mount.root.rstrip('/')}/{inside.lstrip('/')}".rstrip("/")
        return name[len(own.root.rstrip("/")) :] or "/"


def _numbers(pid: int) -> frozenset[int]:
    return frozenset(mount.number for mount in mounts_of(pid))


def link_text(path: bytes) -> str:
    """Where one of the kernel's links leads: proc(5). OSError when it is gone."""
    return os.readlink(path).decode("utf-8", "surrogateescape")  # noqa: PTH115 — bytes, and no Path each


def mount_id(descriptor: int) -> int:
    """The mount that a descriptor of ours was opened through: proc(5), /proc/pid/fdinfo."""
    match = _MOUNT_ID.search(Path(f"/proc/self/fdinfo/{descriptor}").read_text())
    return int(match[1]) if match else 0
