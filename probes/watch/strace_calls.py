"""What one complete call means: accesses for the ledger, changes to the process."""

from __future__ import annotations

import re
from collections.abc import Callable

from probes.watch.calls import Call, descriptor, unescaped
from probes.watch.kernel_links import KernelLinks, Told
from probes.watch.ledger import Ledger, Tally, Touch
from probes.watch.processes import PATH_MAX, Folders, Process, decoded, normalised
from probes.watch.strace_family import Family
from probes.watch.strace_paths import Paths
from probes.watch.trace import Use
from probes.watch.untraceable import WAY_OUT
from probes.watch.uses import NOT_LOOKED_UP, UNKNOWN, USES

_OPENS = frozenset({"open", "openat", "openat2", "creat"})
_CLONES = frozenset({"clone", "clone2", "clone3", "fork", "vfork"})
_ENDS = frozenset({"exit", "exit_group"})
_TOLD_IN_ANY_CASE = _CLONES | _ENDS | {"ptrace"}  # which fails under strace
_RESTARTED = frozenset({"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"})
"""The kernel makes the call again, and strace shows it again."""
_CWD = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_UNDECODED = re.compile(r"syscall_0x([0-9a-f]+)")
_WITH_PATHS = range(463, 470)
_FCHMODAT2 = 452


class Accounts:
    """Enters calls of one strace's processes into the ledger."""

    def __init__(self, ledger: Ledger, family: Family) -> None:
        self._ledger = ledger
        self._family = family
        self._links = KernelLinks(family)
        self._paths = Paths(self._links)
        self._stamp = b"0"
        self._notes: set[str] = set()
        self._special: dict[str, Callable[[Process, Call, bytes], None]] = {
            **dict.fromkeys(_CLONES, self._clone),
            "exit_group": self._exit_group,
            "exit": self._exit,
            "execve": self._execute,
            "execveat": self._execute,
            "chdir": self._chdir,
            "fchdir": self._fchdir,
            "chroot": self._chroot,
            "getcwd": self._getcwd,
            "unshare": self._unshare,
            "setns": self._setns,
            "pivot_root": self._pivot_root,
            "io_uring_setup": self._io_uring,
            "ptrace": self._ptrace,
        }

    def losses(self) -> tuple[str, ...]:
        return self._paths.losses()

    def notes(self) -> tuple[str, ...]:
        return tuple(sorted(self._notes | self._links.notes))

    def known(self, process: Process, text: bytes) -> bool:
        """Enter a call that was seen before from the same folder; whether it was."""
        tally = process.table.relative.get((process.folders.key, text))
        if tally is None:
            return False
        tally.count += 1
        return True

    def enter(self, process: Process, stamp: bytes, text: bytes, call: Call) -> Tally | None:
        """Enter `call`; its tally where the text, its buffer's address aside, says everything."""
        self._stamp = stamp
        if call.error in _RESTARTED:
            if call.name in _CLONES:
                self._family.cloned(process, b"", "?")
            return None
        touches, told = self._touches(process, call)
        tally = self._ledger.tally(process.table, tuple(touches), stamp, int(process.number))
        special = self._special.get(call.name)
        if special is not None and not self._is_idle(call):
            special(process, call, text)
            return None
        if call.name.startswith("syscall_0x"):
            self._not_decoded(call)
        if call.result.isdigit() and (call.returned is not None or call.name in _OPENS):
            self._made(process, text, call, tally, told)
            return None
        return self._remembered(process, text, tally, told)

    def _made(self, process: Process, text: bytes, call: Call, tally: Tally, told: Told) -> None:
        """A descriptor was made."""
        returned = call.returned or b""
        path = decoded(returned) if returned.startswith(b"/") else ""
        process.descriptors[call.result] = path
        if told is Told.BY_LINE and process.folders.cwd is not None:
            self._ledger.cached()
            process.table.opens[text] = (tally, call.result, path)

    def _remembered(self, process: Process, text: bytes, tally: Tally, told: Told) -> Tally | None:
        if process.folders.cwd is None or told is Told.BY_STATE:
            return None
        self._ledger.cached()
        if told is Told.BY_FOLDER:
            process.table.relative[process.folders.key, text] = tally
            return None
        process.table.lines[text] = tally
        return tally

    def _touches(self, process: Process, call: Call) -> tuple[list[Touch], Told]:
        """Its accesses, and what tells them."""
        touches: list[Touch] = []
        told = Told.BY_LINE
        if call.error in NOT_LOOKED_UP:
            return touches, told
        if call.unread:
            self._paths.unread(process, call)
        for place, named in zip(USES.get(call.name, UNKNOWN), call.paths, strict=False):
            # an empty name is an open descriptor (AT_EMPTY_PATH), or an error
            if named is None or not (named.text or call.name == "execveat"):
                continue
            uses = place.uses(call.rest, call.error)
            if named.text.endswith(b"/") and Use.LINK_LOOKUP in uses:
                uses = (Use.LOOKUP,)  # path_resolution(7): a trailing slash follows a last link
            last = Use.LINK_LOOKUP not in uses
            path, told_of_path = self._paths.absolute(process, named, call, last=last)
            told = max(told, told_of_path)
            if path is None:
                continue
            touches.extend((path, use, call.error) for use in uses)
            real = _real(call)
            if real is not None and real != path:
                touches.extend((real, use, "") for use in uses)
        return touches, told

    def _is_idle(self, call: Call) -> bool:
        """Whether a call of a kind that changes the process changed nothing."""
        return bool(call.error) and call.name not in _TOLD_IN_ANY_CASE

    def _clone(self, process: Process, call: Call, text: bytes) -> None:
        self._family.cloned(process, text, call.result)

    def _exit_group(self, process: Process, _call: Call, _text: bytes) -> None:
        process.group.ended = True

    def _exit(self, process: Process, _call: Call, _text: bytes) -> None:
        self._family.leaves(process)

    def _execute(self, process: Process, call: Call, _text: bytes) -> None:
        named = call.paths[0] if call.paths else None
        if call.result == "?":
            return
        path = self._paths.absolute(process, named, call)[0] if named is not None else None
        process.group.executable = path or ""
        self._family.reseat(process)

    def _chdir(self, process: Process, call: Call, _text: bytes) -> None:
        named = call.paths[0] if call.paths else None
        if call.result != "0":
            return
        path = None if named is None else self._paths.absolute(process, named, call)[0]
        self._go(process.folders, path, canonical=path == "/")

    def _fchdir(self, process: Process, call: Call, _text: bytes) -> None:
        folder = descriptor(call.rest)
        if call.result != "0" or folder is None or folder.descriptor is None:
            return
        path = None if folder.folder is None else decoded(folder.folder)
        self._go(process.folders, path, canonical=True)
        if path is not None:
            self._ledger.tally(process.table, ((path, Use.CHDIR, ""),), self._stamp, int(process.number))

    def _go(self, folders: Folders, path: str | None, *, canonical: bool) -> None:
        if path is not None and len(path) >= PATH_MAX:
            path = None  # chdir("x"), chdir("..") over and over: longer than any path
        folders.cwd, folders.canonical = path, canonical

    def _chroot(self, process: Process, call: Call, _text: bytes) -> None:
        named = call.paths[0] if call.paths else None
        if call.result == "0" and named is not None:
            root = self._paths.absolute(process, named, call)[0]
            process.folders.root = "" if root in (None, "/") else str(root)
            for other in self._family.processes.values():
                if other.folders is process.folders:
                    self._family.reseat(other)

    def _getcwd(self, process: Process, call: Call, _text: bytes) -> None:
        found = _CWD.match(call.rest)
        if found is not None and found[1].startswith(b"/"):
            inside = decoded(unescaped(found[1]))
            path = normalised(process.folders.root, inside, canonical=True)
            process.folders.cwd, process.folders.canonical = path, True

    def _unshare(self, process: Process, call: Call, _text: bytes) -> None:
        if any(flag in call.rest for flag in (b"CLONE_FS", b"CLONE_NEWNS", b"CLONE_NEWUSER")):
            process.folders = process.folders.copy()
        if b"CLONE_NEWPID" in call.rest:
            process.group.inner_numbers = True

    def _setns(self, process: Process, _call: Call, _text: bytes) -> None:
        process.folders = Folders(None, canonical=False, root=process.folders.root)
        self._notes.add(
            "a process entered another namespace (setns): its paths may belong to another file system"
        )

    def _pivot_root(self, _process: Process, _call: Call, _text: bytes) -> None:
        self._notes.add(
            "a process changed its root (pivot_root): its paths may belong to another file system"
        )

    def _io_uring(self, process: Process, _call: Call, _text: bytes) -> None:
        who = process.group.executable or "a process"
        self._notes.add(f"{who} uses io_uring: files that it opens that way are not seen by strace")

    def _ptrace(self, process: Process, _call: Call, _text: bytes) -> None:
        who = process.group.executable or "a process"
        self._notes.add(f"{who} uses ptrace(2), which fails under strace: {WAY_OUT}")

    def _not_decoded(self, call: Call) -> None:
        found = _UNDECODED.match(call.name)
        number = int(found[1], 16) if found else 0
        if number == _FCHMODAT2 or number in _WITH_PATHS:
            self._notes.add(f"system call {number} takes a path that this strace is too old to show")


def _real(call: Call) -> str | None:
    """What an open reached: the kernel's word, links followed; so that links which the program
    itself had made do not hide the file."""
    if call.returned is None or call.name not in _OPENS or not call.returned.startswith(b"/"):
        return None
    return decoded(call.returned)
