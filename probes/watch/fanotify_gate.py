"""The gate: the application waits until everything is marked, and nothing before it counts.

A permission event (fanotify(7), FAN_OPEN_EXEC_PERM) holds the execve(2) that asks for it until it
is answered. The container's entrypoint is in a volume, where it can be marked before the
container has a file system; its first process is held there, the file systems that it has by
now are marked, and it goes on to the application. When it executes that, it is held once
more: what the entrypoint itself opened, and the runtime, is not counted.

No shell and no FIFO are needed for this, which would change the application's environment; and
when slim is killed, the kernel answers in its place (close(2) of the group).
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from pathlib import Path

from probes.watch.container_view import ContainerView
from probes.watch.fanotify_calls import (
    AT_FDCWD,
    FAN_CLASS_CONTENT,
    FAN_CLOEXEC,
    FAN_MARK_ADD,
    FAN_NONBLOCK,
    FAN_OPEN_EXEC_PERM,
    FAN_UNLIMITED_QUEUE,
    Event,
    allow,
    fanotify_init,
    fanotify_mark,
    read_events,
)
from probes.watch.fanotify_watch import FanotifyWatch, mark_mounts

_BLOCK = 16


class Gate:
    """Holds what executes a program until it is watched. Close it in the end."""

    def __init__(self, program: Path, arrived: Callable[[int], tuple[ContainerView, FanotifyWatch]]) -> None:
        """`program` is a file of this machine. `arrived` is called, in a thread, with the process
        that executes it; the watch that it gives counts when that process executes something
        else. OSError where the kernel has no such gate."""
        self._arrived = arrived
        self._first = 0
        status = program.stat()
        self._program = (status.st_dev, status.st_ino)
        self._watch: FanotifyWatch | None = None
        self._done = threading.Event()
        self._reason = "the program was never seen to start"
        flags = FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE
        self._group = fanotify_init(flags, os.O_RDONLY | os.O_LARGEFILE | os.O_CLOEXEC)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        try:
            fanotify_mark(self._group, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, os.fsencode(program))
        except OSError:
            os.close(self._group)
            os.close(self._wake)
            raise
        self._thread = threading.Thread(target=self._guarded, name="fanotify gate", daemon=True)
        self._thread.start()

    @property
    def reason(self) -> str:
        """Why the application was not let through as it should; empty when it was."""
        return self._reason

    def wait(self, seconds: float) -> bool:
        """Wait until the application was let through, or cannot be any more."""
        return self._done.wait(seconds)

    def close(self) -> None:
        """Let everybody through; nothing happens the second time."""
        if self._wake < 0:
            return
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)
        self._wake = -1

    def _guarded(self) -> None:
        try:
            self._serve()
        except Exception as error:
            self._reason = f"the container could not be watched from its start: {error}"
        finally:
            os.close(self._group)  # whoever still waits goes on
            self._done.set()

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._group, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while self._reason:
            if any(descriptor == self._wake for descriptor, _ in poll.poll()):
                return
            for event in read_events(self._group, _BLOCK):
                try:
                    self._admit(event)
                finally:
                    os.close(event.descriptor)

    def _admit(self, event: Event) -> None:
        if not self._first:
            self._first = event.pid
            view, self._watch = self._arrived(event.pid)
            mark_mounts(self._group, view, FAN_OPEN_EXEC_PERM)
        elif self._watch is not None and self._reason and self._is_application(event):
            self._watch.begin()
            self._reason = ""
        allow(self._group, event)

    def _is_application(self, event: Event) -> bool:
        """Not one of the tools that the entrypoint starts on its way, which start as it did."""
        status = os.fstat(event.descriptor)
        return event.pid == self._first and (status.st_dev, status.st_ino) != self._program
