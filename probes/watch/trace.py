"""What a run of an image was seen to use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from slim.errors import UsageError


class Use(Enum):
    """How a path was used."""

    OPEN = "open"
    """Opened for reading, or for reading and writing, an existing file or folder; the source of
    a rename or of a hard link too, since its content goes on under another name."""
    WRITE = "write"
    """Created, truncated, opened for writing alone, renamed, linked, removed, or its metadata
    changed."""
    EXEC = "exec"
    LOOKUP = "look-up"
    """stat, access, statfs, O_PATH …: metadata only; the last symlink is followed."""
    LINK_LOOKUP = "link look-up"
    """lstat, readlink …: metadata or text of the last symlink itself."""
    LIST = "listing"
    """A folder opened with O_DIRECTORY."""
    CHDIR = "chdir"
    """chdir, fchdir, chroot."""


@dataclass(frozen=True, slots=True)
class Access:
    """Uses of one path in one way by one program under one probe, counted.

    `path` is absolute and as the process asked for it: symlinks are not resolved, and a `..`
    that follows a name is kept, since its meaning depends on links. Of a path through a link of proc(5) to
    a process's root, folder or descriptor it is the path behind that. Bytes that are not UTF-8
    are lone surrogates. Where an open reached its file by another path, that one, which the kernel
    tells, is an access of its own. Paths outside the image's file system (/proc, /sys, /dev, volumes) are
    recorded too; the plan ignores what the Tree does not hold.
    """

    path: str
    use: Use
    error: str
    """The errno's name (`ENOENT`); empty where the call succeeded."""
    executable: str
    """The program, as it was executed; empty where that is not known."""
    process: int
    """The first process's id inside the tracer's PID namespace."""
    probe: str
    """The probe that was running at the first use; `start` before the first, `stop` after the last."""
    seconds: float
    """Time of the first use since the first event of the run."""
    count: int
    tracer: str = "strace"


@dataclass(frozen=True)
class Trace:
    """All accesses of one or more runs of one image."""

    image: str
    """The image's id: a trace serves no other image."""
    complete: bool
    reasons: tuple[str, ...] = ()
    """Why it is not complete: every kind of observation that was lost."""
    accesses: tuple[Access, ...] = ()
    """Sorted by path, use, error, executable and probe."""
    events: int = 0
    """Observed system calls or kernel events before they were merged."""
    notes: tuple[str, ...] = ()
    """Facts a reader should know that lose nothing."""


def merge(traces: tuple[Trace, ...]) -> Trace:
    """The union of traces of the same image; raises UsageError when images differ, or for none.

    It is complete when all are. Accesses that agree in all but time, process and count become
    one: counts are added, the rest is of the first trace that has it.
    """
    if not traces:
        raise UsageError("there is no trace to merge", remedy="give at least one trace file")
    first = traces[0]
    for other in traces[1:]:
        if other.image != first.image:
            raise UsageError(
                "traces of different images cannot be merged",
                cause=f"one is of {first.image}, another of {other.image}",
                remedy="trace the same image again, or leave the other traces out",
            )
    merged: dict[tuple[str, ...], Access] = {}
    for access in (access for trace in traces for access in trace.accesses):
        key = _sort_key(access)
        before = merged.get(key)
        merged[key] = access if before is None else replace(before, count=before.count + access.count)
    return Trace(
        image=first.image,
        complete=all(trace.complete for trace in traces),
        reasons=tuple(dict.fromkeys(reason for trace in traces for reason in trace.reasons)),
        accesses=tuple(merged[key] for key in sorted(merged)),
        events=sum(trace.events for trace in traces),
        notes=tuple(sorted({note for trace in traces for note in trace.notes})),
    )


def _sort_key(access: Access) -> tuple[str, ...]:
    return (
        access.path,
        access.use.value,
        access.error,
        access.executable,
        access.probe,
        access.tracer,
    )
