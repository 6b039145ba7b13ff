"""Watching a container that already runs: fanotify from now on, and what is open and mapped now.

The marks are set first and the processes are looked at afterwards, so that no file can slip through
in between. What was opened and closed again before is not known to anybody.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from probes.watch.container_view import ContainerView, link_text, mount_id
from probes.watch.fanotify import available
from probes.watch.fanotify_watch import FanotifyWatch
from probes.watch.interface import Progress
from probes.watch.trace import Trace, Use
from slim.engine.interface import Container, Engine
from slim.errors import EngineError, HostError, UsageError
from slim.oci.path import printable

_NOTE = "watched while it ran: what was opened and closed before that is not in the trace"


class Attachment:
    """A running container under watch; a context manager that lets go of it."""

    def __init__(self, engine: Engine, container: Container, image: str) -> None:
        """Begin. `image` is the id of the image that the container is of. HostError where it
        cannot be watched from here, UsageError when it does not run."""
        reason = available(engine)
        if reason:
            raise HostError(
                f"cannot attach to container {container.name}",
                cause=reason,
                remedy="run slim as root on the engine's host",
            )
        self._image = image
        self._container = container
        self._lost: list[str] = []
        pid = container.state().pid
        try:
            if not pid:
                raise ProcessLookupError
            self._view = ContainerView(container.id, pid)
        except (FileNotFoundError, ProcessLookupError) as error:
            raise UsageError(
                f"container {container.name} is not running",
                remedy="start it, or trace its image with slim trace",
            ) from error
        try:
            self._watch = FanotifyWatch(self._view)
        except OSError as error:
            self._view.close()
            raise HostError(
                f"container {container.name} cannot be watched", cause=error.strerror or str(error)
            ) from error
        for process in self._view.processes():
            self._look_at(process)

    def __enter__(self) -> Attachment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def progress(self) -> Progress:
        """Safe from any thread."""
        return self._watch.progress()

    def mark(self, probe: str) -> None:
        """From now on accesses belong to this probe; what was seen before is told once more."""
        self._watch.mark(probe)

    def stop(self) -> Trace:
        """The Trace up to now; the container goes on, or has ended."""
        self._watch.sync()
        self._watch.close()
        trace = self._watch.trace(self._image)
        if self._was_restarted():
            self._lost.append("the container was started anew, with another file system")
        reasons = (*dict.fromkeys(self._lost), *trace.reasons)
        notes = tuple(sorted((*trace.notes, _NOTE)))
        return replace(trace, complete=not reasons, reasons=reasons, notes=notes)

    def close(self) -> None:
        """Let go of the container; nothing happens the second time."""
        self._watch.close()
        self._view.close()

    def _was_restarted(self) -> bool:
        try:
            return self._container.state().pid not in (0, self._view.pid)
        except EngineError:
            return False  # it was removed

    def _look_at(self, pid: int) -> None:
        program = ""
        for link, use in _links(pid):
            try:
                descriptor = os.open(link, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue  # closed or ended since
            try:
                path, folder = self._path(descriptor, pid)
            finally:
                os.close(descriptor)
            if path and use is Use.EXEC:
                program = path
            if path:
                self._watch.record(path, Use.LIST if folder and use is Use.OPEN else use, program, pid)

    def _path(self, descriptor: int, pid: int) -> tuple[str, bool]:
        """The path in the container of what a process has open, empty where it has none, and
        whether it is a folder."""
        status = os.fstat(descriptor)
        folder = stat.S_ISDIR(status.st_mode)
        number = mount_id(descriptor)
        kernels = any(mount.number == number and not mount.holds_files for mount in self._view.mounts)
        if kernels or not (folder or stat.S_ISREG(status.st_mode)):
            return "", folder
        path = self._view.name(descriptor, status, pid)
        if path is None and status.st_nlink:  # without a link it is a memory file: memfd_create(2)
            shown = link_text(b"/proc/self/fd/%d" % descriptor)
            self._lost.append(f"the name of an open file is not known: {printable(shown)}")
        return path or "", folder


def _links(pid: int) -> Iterator[tuple[str, Use]]:
    """What leads to the files that a process has: proc(5)."""
    yield f"/proc/{pid}/exe", Use.EXEC
    yield f"/proc/{pid}/cwd", Use.CHDIR
    for folder in ("fd", "map_files"):
        try:
            found = sorted(Path(f"/proc/{pid}/{folder}").iterdir())
        except OSError:
            continue  # it has ended
        for link in found:
            yield str(link), Use.OPEN
