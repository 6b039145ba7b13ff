"""Which absolute path a call's path is, for the process that made it."""

from __future__ import annotations

from probes.watch.calls import Call, Named
from probes.watch.kernel_links import KernelLinks, Told
from probes.watch.processes import Process, decoded, normalised

_KERNEL = ("/proc/", "/dev/")
"""Where links of proc(5) are, and links to them."""


class Paths:
    """Makes paths absolute, and counts those that it cannot."""

    def __init__(self, links: KernelLinks) -> None:
        self._links = links
        self._unresolved = 0
        self._first = ""
        self._unread = 0
        self._first_unread = ""

    def losses(self) -> tuple[str, ...]:
        lost = []
        if self._unresolved:
            text = f"{self._unresolved} relative paths belong to a folder that is not known"
            lost.append(f"{text}; the first: {self._first}")
        if self._unread:
            text = f"{self._unread} paths could not be read from the memory of a program that closed it"
            lost.append(f"{text} (it changed its user, or PR_SET_DUMPABLE); the first: {self._first_unread}")
        return tuple(lost)

    def absolute(
        self, process: Process, named: Named, call: Call, *, last: bool = True
    ) -> tuple[str | None, Told]:
        """The absolute path, behind links of proc(5), and what tells it. `last`: a link of proc(5) that is
        the last name is followed."""
        path, told = self._joined(process, named, call)
        if path is None or not (path.startswith(_KERNEL) or process.folders.root):
            return path, told
        path, told_by_links = self._links.followed(process, path, call, last=last)
        return path, max(told, told_by_links)

    def _joined(self, process: Process, named: Named, call: Call) -> tuple[str | None, Told]:
        folders = process.folders
        text = decoded(named.text)
        if named.descriptor is None and named.folder is not None and named.folder.startswith(b"/"):
            # the kernel's own word on the current folder
            folders.cwd, folders.canonical = decoded(named.folder), True
        if text.startswith("/"):
            return normalised(folders.root, text, canonical=False), Told.BY_LINE
        if named.folder is not None:
            if not named.folder.startswith(b"/"):
                return None, Told.BY_LINE  # a pipe, a socket: ENOTDIR
            return normalised(decoded(named.folder), text, canonical=True), Told.BY_LINE
        if named.descriptor is not None or folders.cwd is None:
            if named.descriptor is None or call.error != "ENOTDIR":
                self._lost(process, call, text)
            return None, Told.BY_FOLDER
        return normalised(folders.cwd, text, canonical=folders.canonical), Told.BY_FOLDER

    def unread(self, process: Process, call: Call) -> None:
        """The memory that held a path was closed to strace: ptrace(2), access mode checks."""
        self._unread += 1
        self._first_unread = self._first_unread or f"{call.name} by {_who(process)}"

    def _lost(self, process: Process, call: Call, text: str) -> None:
        self._unresolved += 1
        self._first = self._first or f"{call.name} of {text!r} by {_who(process)}"


def _who(process: Process) -> str:
    return process.group.executable or f"process {process.number.decode()}"
