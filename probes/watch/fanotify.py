"""The fanotify tracer: from the host, at native speed, every process of the container.

It sees each file and folder that is opened, by whomever and from wherever: through any mount
namespace, after chroot(2), through io_uring(7), by the kernel itself for an interpreter. It sees
no look-up that fails, no stat(2), no symbolic link, and neither FIFOs, sockets nor devices.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from probes.watch.container_view import ContainerView
from probes.watch.fanotify_calls import (
    AT_FDCWD,
    FAN_CLASS_CONTENT,
    FAN_CLOEXEC,
    FAN_MARK_ADD,
    FAN_OPEN_EXEC_PERM,
    FAN_UNLIMITED_MARKS,
    FAN_UNLIMITED_QUEUE,
    fanotify_init,
    fanotify_mark,
)
from probes.watch.fanotify_gate import Gate
from probes.watch.fanotify_watch import FanotifyWatch
from probes.watch.interface import Launch, Progress
from probes.watch.launching import command_of
from probes.watch.toolkit import FOLDER, LOADER, build_toolkit, carried
from probes.watch.trace import Trace
from slim.engine.interface import Container, ContainerSpec, Engine, Mount
from slim.errors import HostError

_LOOK = 0.05
"""Seconds between looks at whether a container has ended before its program began."""


def available(engine: Engine) -> str:
    """Why containers of this engine cannot be watched from here; empty when they can."""
    if not engine.info.local:
        return "the engine's containers are not processes of this machine"
    flags = FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS
    try:
        group = fanotify_init(flags, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EPERM:
            return "it needs root (CAP_SYS_ADMIN) on the engine's host"
        return f"the kernel has no fanotify: {error.strerror}"
    try:
        with tempfile.NamedTemporaryFile() as file:
            fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, os.fsencode(file.name))
    except OSError as error:
        return f"the kernel cannot hold a program at its start (FAN_OPEN_EXEC_PERM): {error.strerror}"
    finally:
        os.close(group)
    return ""


class FanotifyTracer:
    """Implements `probes.watch.interface.Tracer` for one container."""

    shell = carried("sh", "-c")
    """What runs a shell command line in the container, which may have no shell of its own."""
    cat = carried("cat")
    """A `cat` for the container."""

    def __init__(
        self, engine: Engine, labels: Mapping[str, str], run_id: str, *, unlimited_queue: bool = True
    ) -> None:
        """`unlimited_queue`: False is for tests of what happens then."""
        self._engine = engine
        self._labels = labels
        self._volume = f"slim-{run_id}-fanotify-{id(self):x}-{time.monotonic_ns():x}"
        self._unlimited_queue = unlimited_queue
        self._launch: Launch | None = None
        self._folder: Path | None = None
        self._beside = False
        self._container = ""
        self._gate: Gate | None = None
        self.view: ContainerView | None = None
        self._watch: FanotifyWatch | None = None
        self._reasons: list[str] = []

    def prepare(self, spec: ContainerSpec, launch: Launch) -> ContainerSpec:
        """`spec` with its program started through the toolkit's volume. A spec that another
        tracer has prepared does so already and comes back unchanged. HostError where containers
        cannot be watched from here."""
        self._launch = launch
        volumes = [mount.volume for mount in spec.mounts if mount.target == FOLDER]
        self._beside = bool(volumes)
        self._folder = self._engine.create_volume((volumes or [self._volume])[0], labels=self._labels)
        reason = available(self._engine)
        if reason or self._folder is None:
            raise HostError(
                "fanotify cannot watch this container",
                cause=reason or "the engine's volumes are not folders of this machine",
                remedy="run slim as root on the engine's host, or use --tracer strace",
            )
        if self._beside:
            return spec
        # without options it starts the program and changes nothing; a shell would the environment
        command = carried("setpriv", "--", *command_of(spec, launch))
        return replace(
            spec,
            entrypoint=command[:1],
            command=command[1:],
            mounts=(*spec.mounts, Mount(self._volume, FOLDER)),
        )

    def install(self, container: Container) -> None:
        """Fill the volume, and put the gate before the toolkit's loader."""
        if self._folder is None:
            raise RuntimeError("the container was not prepared")
        if not self._beside:
            container.put_archive(FOLDER, build_toolkit().archive)
        self._container = container.id
        self._gate = Gate(self._folder / LOADER.removeprefix(f"{FOLDER}/"), self._arrived)

    def started(self, container: Container) -> None:
        """Wait until the application is let through, or the container has ended without it."""
        gate = self._opened()
        while not gate.wait(_LOOK) and container.state().status == "running":
            pass

    def mark(self, probe: str) -> None:
        if self._watch is not None:
            self._watch.mark(probe)

    def wrap_exec(self, argv: Sequence[str], *, workdir: str = "") -> tuple[str, ...]:  # noqa: ARG002
        """`argv` as it is: whatever enters the container is seen."""
        return tuple(argv)

    def progress(self) -> Progress:
        return self._watch.progress() if self._watch is not None else Progress(0, 0, 0.0)

    def check_alive(self, container: Container) -> bool:  # noqa: ARG002 — it may have ended
        """Whether everything that was opened so far has been read."""
        return self._watch is not None and self._watch.sync()

    def finish(self, container: Container, *, ended_by_slim: bool) -> Trace:  # noqa: ARG002
        """The Trace, after the container's end, however it ended."""
        if self._launch is None:
            raise RuntimeError("finish before prepare")
        gate, watch = self._opened(), self._watch
        gate.close()
        if watch is None:
            return Trace(self._launch.image, complete=False, reasons=(gate.reason,))
        watch.sync()
        watch.close()
        trace = watch.trace(self._launch.image)
        if gate.reason:
            trace = replace(trace, complete=False, reasons=(gate.reason, *trace.reasons))
        return trace

    def close(self) -> None:
        """Let go of the container; nothing happens the second time."""
        if self._gate is not None:
            self._gate.close()
        if self._watch is not None:
            self._watch.close()
        if self.view is not None:
            view, self.view = self.view, None
            view.close()

    def _opened(self) -> Gate:
        if self._gate is None:
            raise RuntimeError("the container was not installed")
        return self._gate

    def _arrived(self, pid: int) -> tuple[ContainerView, FanotifyWatch]:
        self.view = ContainerView(self._container, pid)
        self._watch = FanotifyWatch(self.view, unlimited_queue=self._unlimited_queue, counting=False)
        return self.view, self._watch
