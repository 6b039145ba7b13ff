"""What a run of an image was seen to use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Use(Enum):
    """How a path was used."""

    OPEN = "open"
    """Opened for reading, or for reading and writing, an existing file or folder."""
    WRITE = "write"
    """Created, truncated, renamed, linked, removed, or its metadata changed."""
    EXEC = "exec"
    LOOKUP = "look-up"
    """stat, access, statfs …: metadata only; the last symlink is followed."""
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
    that follows a name is kept, since its meaning depends on links. Bytes that are not UTF-8
    are lone surrogates. Paths outside the image's file system (/proc, /sys, /dev, volumes) are
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
    """The union of traces of the same image; raises UsageError when images differ."""
    raise NotImplementedError
