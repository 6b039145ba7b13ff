"""strace and fanotify on one container.

strace sees look-ups, links and what is not there; fanotify sees what strace cannot: opens through
io_uring(7), by the kernel, by processes that entered the container unwrapped. Each checks the
other.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.watch.container_view import ContainerView
from probes.watch.fanotify import FanotifyTracer
from probes.watch.interface import Launch, Progress
from probes.watch.strace import StraceTracer
from probes.watch.trace import Trace, Use, merge
from slim.engine.interface import Container, ContainerSpec, Engine
from slim.oci.path import printable

_OPENS = (Use.OPEN, Use.EXEC, Use.LIST)
_SHOWN = 5


@dataclass(frozen=True)
class Difference:
    """Files and folders that only one of two tracers saw opened, their links resolved; sorted."""

    fanotify_only: tuple[str, ...]
    strace_only: tuple[str, ...]
    """Of what fanotify can see: regular files and folders that are there in the end."""
    both: int
    """How many both saw."""


class TogetherTracer:
    """Implements `probes.watch.interface.Tracer` by two others."""

    shell = StraceTracer.shell
    cat = StraceTracer.cat

    def __init__(self, engine: Engine, labels: Mapping[str, str], run_id: str) -> None:
        self._strace = StraceTracer(engine, labels, run_id)
        self._fanotify = FanotifyTracer(engine, labels, run_id)
        self.difference: Difference | None = None
        """Known after `finish`, where fanotify watched."""

    def prepare(self, spec: ContainerSpec, launch: Launch) -> ContainerSpec:
        """The gate stands before strace's own entrypoint, so strace's spec is the one to start."""
        return self._fanotify.prepare(self._strace.prepare(spec, launch), launch)

    def install(self, container: Container) -> None:
        self._strace.install(container)
        self._fanotify.install(container)

    def started(self, container: Container) -> None:
        self._strace.started(container)
        self._fanotify.started(container)

    def mark(self, probe: str) -> None:
        self._fanotify.mark(probe)
        self._strace.mark(probe)

    def wrap_exec(self, argv: Sequence[str], *, workdir: str = "") -> tuple[str, ...]:
        return self._strace.wrap_exec(argv, workdir=workdir)

    def progress(self) -> Progress:
        """Events and paths of each tracer added up, so that news of either shows."""
        one, other = self._strace.progress(), self._fanotify.progress()
        last = max(one.last_event, other.last_event)
        return Progress(one.events + other.events, one.paths + other.paths, last)

    def check_alive(self, container: Container) -> bool:
        return all([self._strace.check_alive(container), self._fanotify.check_alive(container)])

    def finish(self, container: Container, *, ended_by_slim: bool) -> Trace:
        """Both traces in one: complete when both are. Notes say what only one of them saw."""
        try:
            seen_inside = self._strace.finish(container, ended_by_slim=ended_by_slim)
        except BaseException:
            self.close()
            raise
        seen_outside = self._fanotify.finish(container, ended_by_slim=ended_by_slim)
        notes: tuple[str, ...] = ()
        if self._fanotify.view is not None:
            self.difference = compare(seen_inside, seen_outside, self._fanotify.view)
            notes = _told(self.difference)
        self.close()
        merged = merge((seen_inside, seen_outside))
        return replace(merged, notes=tuple(sorted({*merged.notes, *notes})))

    def close(self) -> None:
        """Let go of the container; nothing happens the second time."""
        self._fanotify.close()


def compare(strace: Trace, fanotify: Trace, view: ContainerView) -> Difference:
    """What only one of two traces of the same run holds. `view` is of its container, which may
    have ended: strace's paths are as the program gave them, and are resolved there."""
    asked = {access.path for access in strace.accesses if not access.error and access.use in _OPENS}
    written = {access.path for access in strace.accesses if not access.error and access.use is Use.WRITE}
    inside = {view.resolve(path) or path for path in asked}
    outside = {access.path for access in fanotify.accesses if access.use in _OPENS}
    created = {view.resolve(path) or path for path in written}
    return Difference(
        fanotify_only=tuple(sorted(outside - inside - created)),
        strace_only=tuple(sorted(path for path in inside - outside if _can_be_seen(path, view))),
        both=len(inside & outside),
    )


def _can_be_seen(path: str, view: ContainerView) -> bool:
    inner = [mount for mount in view.mounts if _is_under(path, mount.target)]
    if not inner or not max(inner, key=lambda mount: len(mount.target)).holds_files:
        return False
    try:
        mode = os.stat(path.lstrip("/") or ".", dir_fd=view.root, follow_symlinks=False).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _is_under(path: str, folder: str) -> bool:
    return folder == "/" or path == folder or path.startswith(folder + "/")


def _told(difference: Difference) -> tuple[str, ...]:
    told = []
    for tracer, paths in (("fanotify", difference.fanotify_only), ("strace", difference.strace_only)):
        if paths:
            shown = ", ".join(printable(path) for path in paths[:_SHOWN])
            more = ", …" if len(paths) > _SHOWN else ""
            total = len(paths) + difference.both
            told.append(f"{len(paths)} of {total} opened paths were seen by {tracer} alone: {shown}{more}")
    return tuple(told)
