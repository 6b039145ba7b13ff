"""Every open of a container's files, from the host: fanotify(7) marks and the thread that reads.

What it costs the container is bounded by the number of distinct files: after the first event of a
file under a probe, an ignore mark on it silences the next ones (fanotify_mark(2),
FAN_MARK_IGNORED_MASK). So of each path the first use under each probe is known, with its
program; who else used it, and how often, is not.

That nothing is lost is proved, not hoped for. The kernel puts an event into the one queue of the
group before the open returns; the queue has no limit; and `sync` opens the root folder itself
and sees that very event come out at the end of everything before it.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
import time
from contextlib import suppress
from dataclasses import replace

from probes.watch.container_view import ContainerView, link_text
from probes.watch.fanotify_calls import (
    AT_FDCWD,
    FAN_CLASS_NOTIF,
    FAN_CLOEXEC,
    FAN_MARK_ADD,
    FAN_MARK_EVICTABLE,
    FAN_MARK_FILESYSTEM,
    FAN_MARK_FLUSH,
    FAN_MARK_IGNORED_MASK,
    FAN_MARK_IGNORED_SURV_MODIFY,
    FAN_MARK_MOUNT,
    FAN_NONBLOCK,
    FAN_ONDIR,
    FAN_OPEN,
    FAN_OPEN_EXEC,
    FAN_Q_OVERFLOW,
    FAN_UNLIMITED_MARKS,
    FAN_UNLIMITED_QUEUE,
    Event,
    fanotify_init,
    fanotify_mark,
    read_events,
)
from probes.watch.fanotify_processes import Processes
from probes.watch.interface import Progress
from probes.watch.ledger import Ledger
from probes.watch.mounts import Mounted
from probes.watch.toolkit import FOLDER
from probes.watch.trace import Trace, Use
from slim.oci.path import printable

_EVENTS = FAN_OPEN | FAN_OPEN_EXEC | FAN_ONDIR
_SILENCE = FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY
_BLOCK = 256
"""Events in one read. Each brings an open descriptor: the usual limit is 1,024 of them."""


class FanotifyWatch:
    """Watches the container of `view` from now on. Close it in the end."""

    def __init__(self, view: ContainerView, *, unlimited_queue: bool = True, counting: bool = True) -> None:
        """Sets the marks and starts to read. OSError where the root cannot be marked.

        `counting`: False leaves out everything until `begin`. A limited queue is for tests.
        """
        self._view = view
        self._processes = Processes(view)
        self._ledger = Ledger(FOLDER)
        self._probe = "start"
        self._told: set[tuple[str, Use]] = set()
        """What was recorded under this probe: more is nobody's news, and would tell how fast we read."""
        self._counting = counting
        self._reasons: list[str] = []
        self._notes: list[str] = []
        self._evictable = FAN_MARK_EVICTABLE
        self._last_event = 0.0
        self._changed = threading.Condition()
        self._asking, self._writing = threading.Lock(), threading.Lock()
        self._asked = self._answered = self._seen = 0
        self._stopping = self._dead = False
        flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS
        opened = os.O_RDONLY | os.O_LARGEFILE | os.O_CLOEXEC | os.O_NOATIME
        self._group = fanotify_init(flags | (FAN_UNLIMITED_QUEUE if unlimited_queue else 0), opened)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        try:
            self._notes += mark_mounts(self._group, view, _EVENTS)
        except OSError:
            self._release()
            raise
        self._thread = threading.Thread(target=self._guarded, name="fanotify", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Count from here: what was opened before is nobody's access."""
        self.sync()
        self._counting = True

    def mark(self, probe: str) -> None:
        """From now on accesses belong to `probe`; files seen before are reported once more."""
        self.sync()
        self._probe, self._told = probe, set()
        fanotify_mark(self._group, FAN_MARK_FLUSH, 0, AT_FDCWD)

    def sync(self) -> bool:
        """Wait until all that was opened so far is read; whether that is proved. If it is not,
        the trace becomes incomplete."""
        with self._asking:
            asked = self._seen + 1
            os.close(os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._view.root))
            self._asked = asked  # now that its event is in the queue
            os.eventfd_write(self._wake, 1)
            with self._changed:
                self._changed.wait_for(lambda: self._dead or self._answered >= asked)
                proved = self._seen >= asked
        if not proved:
            self._lost("the kernel stopped telling what is opened")
        return proved

    def progress(self) -> Progress:
        return Progress(self._ledger.events, len(self._ledger.paths), self._last_event)

    def close(self) -> None:
        """Stop reading and remove the marks; nothing happens the second time."""
        if self._group < 0:
            return
        self._stopping = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        self._release()

    def trace(self, image: str) -> Trace:
        """Everything so far. `image` is the id of the image that the container is of."""
        reasons = tuple(dict.fromkeys(self._reasons))
        return Trace(
            image=image,
            complete=not reasons,
            reasons=reasons,
            accesses=tuple(replace(access, tracer="fanotify") for access in self._ledger.accesses()),
            events=self._ledger.events,
            notes=tuple(sorted(self._notes)),
        )

    def record(self, path: str, use: Use, program: str, pid: int) -> None:
        """One access; from any thread."""
        stamp = b"%.6f" % time.time()
        with self._writing:
            self._ledger.first_stamp = min(self._ledger.first_stamp, stamp)
            table = self._ledger.table(program, self._probe, "")
            self._ledger.tally(table, ((path, use, ""),), stamp, pid)

    def _guarded(self) -> None:
        try:
            self._read()
        except Exception as error:
            self._lost(f"fanotify's events could not be read: {error!r}")
        finally:
            with self._changed:
                self._dead = True
                self._changed.notify_all()

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._group, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while not self._stopping:
            poll.poll()
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
            asked = self._asked
            self._drain()
            self._answer(asked)

    def _drain(self) -> None:
        """Read until there is nothing left."""
        while not self._stopping:
            try:
                events = read_events(self._group, _BLOCK)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EBADF, errno.EINVAL):
                    raise
                self._lost(f"the kernel could not hand over an opened file: {error.strerror}")
                continue
            self._last_event = time.monotonic()
            for event in events:
                self._take(event)
            if self._seen >= (asked := self._asked) > self._answered:
                self._answer(asked)

    def _take(self, event: Event) -> None:
        if event.descriptor < 0:
            overflow = event.mask & FAN_Q_OVERFLOW
            self._lost(
                "fanotify's queue overflowed" if overflow else "the kernel could not open a file again"
            )
            return
        try:
            self._use(event)
        finally:
            os.close(event.descriptor)

    def _use(self, event: Event) -> None:
        status = os.fstat(event.descriptor)
        is_root = (status.st_dev, status.st_ino) == self._view.root_identity
        program = self._processes.program(event.pid)
        if program is None and event.mask & FAN_OPEN_EXEC and self._view.holds(event.pid):
            # a runtime that becomes the program of `docker exec`: /proc/pid/exe still shows the runtime
            program = ""
        if program is None:
            if is_root and event.pid == os.getpid():
                self._seen += 1
            return
        if self._processes.is_ours(program) and not event.mask & FAN_OPEN_EXEC:
            return
        path = self._view.name(event.descriptor, status, event.pid)
        if path is None:
            shown = link_text(b"/proc/self/fd/%d" % event.descriptor)
            self._lost(f"the name of an opened file is not known: {printable(shown)} in a mount that is gone")
            return
        if event.mask & FAN_OPEN_EXEC:
            self._processes.executed(event.pid, path)
        if not path or not self._counting:
            return
        folder = stat.S_ISDIR(status.st_mode)
        use = Use.LIST if folder else Use.EXEC if event.mask & FAN_OPEN_EXEC else Use.OPEN
        self._ledger.events += 1
        if (path, use) not in self._told:
            # an execution says all that an open would
            self._told.update({(path, use), (path, Use.OPEN)} if use is Use.EXEC else {(path, use)})
            self.record(path, use, program, event.pid)
        # a hard link's other names are other files of the image; the root is what sync() opens
        if (folder or status.st_nlink < 2) and not is_root:
            self._silence(event)

    def _silence(self, event: Event) -> None:
        """No more events of this file, until the next probe. An execution is still told after a
        mere open. A mark that may be evicted pins nothing in memory: Linux 5.19."""
        mask = FAN_OPEN | (event.mask & FAN_OPEN_EXEC)
        try:
            fanotify_mark(self._group, _SILENCE | self._evictable, mask, event.descriptor)
        except OSError as error:
            # without the mark it is slower, no more
            if error.errno == errno.EINVAL and self._evictable:
                self._evictable = 0

    def _answer(self, asked: int) -> None:
        with self._changed:
            self._answered = max(self._answered, asked)
            self._changed.notify_all()

    def _lost(self, reason: str) -> None:
        self._reasons.append(reason)

    def _release(self) -> None:
        group, self._group = self._group, -1
        os.close(group)
        os.close(self._wake)


def mark_mounts(group: int, view: ContainerView, mask: int) -> list[str]:
    """Mark everything in the container that holds files; what is left out, in words.

    The root by its file system, so that every mount namespace and `docker exec` is seen; the
    rest by mount, since the file system of a volume is the host's. OSError where the root cannot
    be marked.
    """
    own = view.root_mount
    # a storage driver without a file system of its own mounts a folder of the host
    kind = FAN_MARK_FILESYSTEM if own.root == "/" else FAN_MARK_MOUNT
    _mark(group, kind, mask, view.root)
    notes = []
    for mount in view.mounts:
        if mount.holds_files and mount.target not in (FOLDER, "/"):
            notes += _mark_mount(group, view, mask, mount)
    left = sorted({mount.kind for mount in view.mounts if mount.is_kernels_own})
    return [*notes, f"fanotify does not watch what is the kernel's own: {', '.join(left)}"]


def _mark_mount(group: int, view: ContainerView, mask: int, mount: Mounted) -> list[str]:
    try:
        descriptor = view.open_target(mount)
    except OSError:
        return []  # another mount covers it
    try:
        _mark(group, FAN_MARK_MOUNT, mask, descriptor)
    except OSError as error:
        return [f"fanotify cannot watch {mount.kind} at {printable(mount.target)}: {error.strerror}"]
    finally:
        os.close(descriptor)
    return []


def _mark(group: int, kind: int, mask: int, descriptor: int) -> None:
    fanotify_mark(group, FAN_MARK_ADD | kind, mask, AT_FDCWD, b"/proc/self/fd/%d" % descriptor)
