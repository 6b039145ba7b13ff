"""Where a path leads that goes through a link of proc(5): to a process's root, current folder, program or
descriptor.

These links are no text that could be resolved in an image: the kernel goes to where the process is
(proc_pid_root(5), proc_pid_cwd(5), proc_pid_exe(5), proc_pid_fd(5)).
"""

from __future__ import annotations

import re
from enum import IntEnum

from probes.watch.calls import Call
from probes.watch.processes import Folders, Process, normalised
from probes.watch.strace_family import Family
from probes.watch.trace import Trace

_LINK = re.compile(
    r"(?:/proc/(self|thread-self|\d+)(?:/task/(\d+))?/(root|cwd|exe|fd/\d+)"
    r"|/dev/(fd/\d+|stdin|stdout|stderr))(?=/|\Z)"
)
_STANDARD = {"stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
"""Links to /proc/self that every runtime makes in /dev."""
_MOST_LINKS = 40
"""Links that the kernel follows in one path: path_resolution(7)."""
_REFUSED = ("EACCES", "EPERM")
_UNSEEN = "to what strace does not know: what it only looks up there is not seen (--include keeps it)"
_NOWHERE = Folders(None, canonical=False)


class Told(IntEnum):
    """What the path of a call follows from; the later ones hold more."""

    BY_LINE = 0
    """The line alone, for one program with one root."""
    BY_FOLDER = 1
    """The line and the current folder."""
    BY_STATE = 2
    """What processes and descriptors there are at that moment."""


class KernelLinks:
    """Follows these links for the processes of one strace."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self.notes: set[str] = set()
        """What could not be followed, and so is not in the trace."""

    def followed(self, process: Process, path: str, call: Call, *, last: bool) -> tuple[str, Told]:
        """`path`, absolute in the image, behind the links that it goes through; `last`: the last name too.

        What is not known stays as it was asked for, with a note where something of it is behind a link.
        So does a path of a process that may not be looked at: then it is the link that failed.
        """
        told = Told.BY_LINE
        for _ in range(_MOST_LINKS):
            root = process.folders.root
            inside = path.removeprefix(root) if path.startswith(f"{root}/") else path
            link = _LINK.match(inside)
            if link is None:
                break
            behind = inside[link.end() :]
            if not behind and not (last and _says_of_file(call)):
                break
            owner = self._owner(process, link)
            told = max(told, _told(process, owner, link))
            if call.error in _REFUSED and (owner is None or owner.group is not process.group):
                break
            folder, canonical = _target(owner, _kind(link))
            if folder is None:
                if behind and call.error != "ENOTDIR":
                    self._unknown(process, link)
                break
            path = normalised(folder, behind, canonical=canonical)
        return path, told

    def _owner(self, process: Process, link: re.Match[str]) -> Process | None:
        """Whose link it is; None where that process is not followed."""
        number = link[2] or link[1] or "self"
        if number == "thread-self":
            return process
        if number == "self":
            return self._family.leader(process)
        # in a PID namespace of its own, /proc has other numbers
        return None if process.group.inner_numbers else self._family.any_with(number.encode())

    def _unknown(self, process: Process, link: re.Match[str]) -> None:
        who = process.group.executable or "a process"
        kind = _kind(link).partition("/")[0]
        self.notes.add(f"{who} goes through /proc/PID/{kind} {_UNSEEN}")


def _says_of_file(call: Call) -> bool:
    """Whether a link as the last name stands for a use of its file that nothing else tells. Where an open got
    it, the kernel tells its path; where another call failed, the link itself did, as of a descriptor that is
    closed. execve(2) fails for want of an interpreter too."""
    return not (call.returned or call.error) or call.name.startswith("exec")


def unseen(trace: Trace) -> tuple[str, ...]:
    """Those of its notes that say that uses are not in it, and the way out."""
    return tuple(note for note in trace.notes if note.endswith(_UNSEEN))


def _kind(link: re.Match[str]) -> str:
    return link[3] or _STANDARD.get(link[4], link[4])


def _target(owner: Process | None, kind: str) -> tuple[str | None, bool]:
    """Where a link of `owner` leads, None where that is not known, and whether the kernel said so."""
    if owner is None:
        return None, False
    if kind == "root":
        return owner.folders.root or "/", False
    if kind == "cwd":
        return owner.folders.cwd, owner.folders.canonical
    if kind == "exe":
        return owner.group.executable or None, False
    return owner.descriptors.get(kind.removeprefix("fd/")) or None, True


def _told(process: Process, owner: Process | None, link: re.Match[str]) -> Told:
    """What the target follows from. Another process does not have the same number, nor descriptors."""
    kind = _kind(link)
    folders = _NOWHERE if owner is None else owner.folders
    if link[2] or (link[1] or "").isdigit() or folders is not process.folders or kind.startswith("fd/"):
        return Told.BY_STATE
    return Told.BY_FOLDER if kind == "cwd" else Told.BY_LINE
