"""Who is whose child: the processes of one strace, as they come and go.

A child's first lines may be printed before its parent's clone(2) returns. strace has then shown
the beginning of that clone, so where just one is open it is the parent's; where several are, the
child's lines are held until one returns its id. The guess is checked when the clone returns.
"""

from __future__ import annotations

from collections import deque

from probes.watch.ledger import Ledger, Timeline
from probes.watch.processes import Folders, Group, Process

_CLONES = (b"clone(", b"clone3(", b"fork(", b"vfork(")
_HELD_AT_MOST = 10_000
"""Lines held for one child of unknown descent before it is taken as an orphan."""

Lines = list[tuple[bytes, bytes]]


class Family:
    """The living processes of one strace, by the id that it prints."""

    def __init__(
        self, ledger: Ledger, timeline: Timeline, cwd: str, beside: list[dict[bytes, Process]]
    ) -> None:
        """`beside`: the processes of each strace in the container; its own are added."""
        self._ledger = ledger
        self._probe = timeline.probe(0)
        self._cwd = cwd
        self._cloning: list[Process] = []
        self._unnumbered: list[Process] = []
        self._held: dict[bytes, Lines] = {}
        self._orphans = 0
        self.processes: dict[bytes, Process] = {}
        self._beside = beside
        beside.append(self.processes)
        self.released: deque[tuple[bytes, Lines]] = deque()
        """Held lines whose process is known by now, to be entered."""
        self.first: Group | None = None

    def enter(self, probe: str) -> None:
        """From now on accesses belong to `probe`."""
        self._probe = probe
        for process in self.processes.values():
            self.reseat(process)

    def reseat(self, process: Process) -> None:
        """Give it the table of its program, probe and root."""
        process.table = self._ledger.table(process.group.executable, self._probe, process.folders.root)
        process.lines = process.table.lines if process.folders.cwd is not None else {}
        process.opens = process.table.opens if process.folders.cwd is not None else {}

    def leader(self, process: Process) -> Process:
        """The first thread of its process that is left: whom /proc/self is of."""
        if process.group.threads == 1:
            return process
        return next((one for one in self.processes.values() if one.group is process.group), process)

    def any_with(self, number: bytes) -> Process | None:
        """The process with this id, whichever strace follows it."""
        return next((those[number] for those in self._beside if number in those), None)

    def find(self, number: bytes) -> Process | None:
        """The process, made where its descent is certain; None where its lines must wait."""
        process = self.processes.get(number)
        if process is not None or number in self._held:
            return process
        if self.first is None:
            self.first = Group("")
            return self._add(number, self.first, Folders(self._cwd, canonical=self._cwd == "/"))
        if self._unnumbered:
            process = self._unnumbered.pop(0)
            process.number = number
            self.processes[number] = process
            self.reseat(process)
            return process
        # while lines are held, a clone among them may be open too
        if len(self._cloning) == 1 and not self._held:
            parent = self._cloning.pop()
            parent.early_child = number
            return self._born(parent, number, parent.unfinished)
        return None

    def hold(self, number: bytes, stamp: bytes, text: bytes) -> None:
        """Keep a line for when its process is known."""
        lines = self._held.setdefault(number, [])
        lines.append((stamp, text))
        if len(lines) > _HELD_AT_MOST:
            self._adopt(number)

    def adopt_orphans(self) -> None:
        """Release the lines of processes whose parent never became known."""
        for number in sorted(self._held):
            self._adopt(number)

    def unfinished(self, process: Process, begun: bytes) -> None:
        process.unfinished = begun
        if begun.startswith(_CLONES):
            process.early_child = b""
            self._cloning.append(process)

    def cloned(self, parent: Process, text: bytes, result: str) -> None:
        """clone(2) and its like returned."""
        if parent in self._cloning:
            self._cloning.remove(parent)
        early, parent.early_child = parent.early_child, b""
        if early and result.isdigit() and early != result.encode() and not parent.group.inner_numbers:
            self._orphans += 1
        if early or not result.isdigit() or result == "0":
            return
        number = result.encode()
        if parent.group.inner_numbers:
            self._unnumbered.append(self._child(parent, b"", text))
            return
        self._born(parent, number, text)
        if number in self._held:
            self.released.append((number, self._held.pop(number)))

    def supersede(self, process: Process, number: bytes) -> None:
        """Thread `number` executed a program and took over `process`'s id."""
        executing = self.processes.pop(number, None)
        if executing is not None:
            process.unfinished, executing.unfinished = executing.unfinished, b""
            process.folders, process.descriptors = executing.folders, executing.descriptors
            process.group.threads -= 1

    def gone(self, process: Process) -> None:
        """It has ended."""
        if not process.leaving:
            self._one_less(process.group)
        self.processes.pop(process.number, None)
        if process in self._cloning:
            self._cloning.remove(process)

    def leaves(self, process: Process) -> None:
        """exit(2): this thread ends, and with the last one the process."""
        process.leaving = True
        self._one_less(process.group)

    def losses(self) -> tuple[str, ...]:
        if not self._orphans:
            return ()
        return (f"{self._orphans} processes appeared whose parent is not known",)

    def _adopt(self, number: bytes) -> None:
        """An orphan: neither its program nor its folder is known."""
        self._orphans += 1
        self._add(number, Group(""), Folders(None, canonical=False))
        self.released.append((number, self._held.pop(number)))

    def _one_less(self, group: Group) -> None:
        group.threads -= 1
        if group.threads <= 0:
            group.ended = True

    def _born(self, parent: Process, number: bytes, text: bytes) -> Process:
        child = self._child(parent, number, text)
        self.processes[number] = child
        return child

    def _child(self, parent: Process, number: bytes, text: bytes) -> Process:
        group = parent.group
        if b"CLONE_THREAD" in text:
            group.threads += 1
        else:
            inner = group.inner_numbers or b"CLONE_NEWPID" in text
            group = Group(group.executable, inner_numbers=inner)
        folders = parent.folders if b"CLONE_FS" in text else parent.folders.copy()
        child = Process(number, group, folders, parent.table, {})
        shared = b"CLONE_FILES" in text
        child.descriptors = parent.descriptors if shared else parent.descriptors.copy()
        self.reseat(child)
        return child

    def _add(self, number: bytes, group: Group, folders: Folders) -> Process:
        table = self._ledger.table(group.executable, self._probe, folders.root)
        process = Process(number, group, folders, table, {})
        self.reseat(process)
        self.processes[number] = process
        return process
