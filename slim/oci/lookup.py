"""Path look-up in an image's own root: path_resolution(7).

The walk knows nothing of `Tree`: it is given a function from a path to what stands there, so
that a layer that is still being read can be walked as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, parent

MAX_LINKS = 40
"""Symlinks followed in one look-up before ELOOP; path_resolution(7)."""


class Outcome(Enum):
    """How a path look-up inside the image ended."""

    FOUND = "found"
    MISSING = "missing"
    NOT_A_DIRECTORY = "not-a-directory"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a look-up of a path inside the image comes to."""

    outcome: Outcome
    path: ImagePath
    """The entry that was reached or, when nothing was, where the walk ended: the first path that
    is missing, the entry that is no folder, the symlink that was one too many."""
    links: tuple[ImagePath, ...]
    """Every symlink that was followed, in order, each once: the look-up needs all of them."""
    left: tuple[ImagePath, ...] = ()
    """Every folder that `..` led out of, likewise."""

    @property
    def passed(self) -> tuple[ImagePath, ...]:
        """What must be there for the look-up, besides where it ends and the folders above."""
        return (*self.links, *self.left)


def walk(
    get: Callable[[ImagePath], Entry | None],
    raw: str,
    *,
    follow_last: bool = True,
    base: ImagePath = ROOT,
) -> Resolution:
    """Look `raw` up with `get` as the file system, whose root is the only root there is.

    A relative `raw` starts at `base`. `..` at the root stays there. A trailing slash, `.` or
    `..` makes the last name a folder's, and so follows it whatever `follow_last` says. An empty
    `raw` is missing, as ENOENT.
    """
    if not raw:
        return Resolution(Outcome.MISSING, base, ())
    start = raw if raw.startswith("/") else f"{base}/{raw}"
    pending = start.split("/")[::-1]
    here = ROOT
    followed: dict[ImagePath, None] = {}
    left: dict[ImagePath, None] = {}
    count = 0
    while pending:
        part = pending.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if here != ROOT:
                left[here] = None
            here = parent(here)
            continue
        path = ImagePath(f"/{part}" if here == ROOT else f"{here}/{part}")
        entry = get(path)
        if entry is None:
            return Resolution(Outcome.MISSING, path, tuple(followed), tuple(left))
        if entry.kind is Kind.SYMLINK and (pending or follow_last):
            count += 1
            if count > MAX_LINKS:
                return Resolution(Outcome.LOOP, path, tuple(followed), tuple(left))
            followed[path] = None
            if entry.link_target.startswith("/"):
                here = ROOT
            pending.extend(entry.link_target.split("/")[::-1])
        elif pending and entry.kind is not Kind.DIRECTORY:
            return Resolution(Outcome.NOT_A_DIRECTORY, path, tuple(followed), tuple(left))
        else:
            here = path
    return Resolution(Outcome.FOUND, here, tuple(followed), tuple(left))
