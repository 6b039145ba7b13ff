"""strace's output, line by line, into the ledger.

The hot path is one dictionary look-up a line. A line that was not seen before is read
(`calls.read_call`), its paths made absolute for the process that asked (`processes`), and its
tally remembered under its text, for as long as the text alone says everything.
"""

from __future__ import annotations

import re

from probes.watch.calls import read_call
from probes.watch.ledger import NO_MARK, Ledger, Timeline
from probes.watch.processes import Process
from probes.watch.strace_calls import Accounts
from probes.watch.strace_family import Family

_UNFINISHED = b" <unfinished ...>"
_NEVER_FINISHED = b" <unfinished ...>) = ?"
_SHAPED = (b"newfstatat(", b"stat(", b"lstat(", b"readlink(", b"readlinkat(", b"statfs(", b"fstatat64(")
"""Calls with the address of a buffer right after their path."""
_ADDRESS = b'", 0x'
_NO_NAME = b', "'
_STAMP = re.compile(rb"\d{10,12}\.\d{6}")
_CUT_RESULT = re.compile(rb'\)?\s+[=<][^,"]*\Z')
"""What may follow the arguments in a line that lacks its end: of a result, of `<unfinished`."""
_CLOSINGS = (b") = ?", b"}) = ?", b"]) = ?")
_NEW_PROGRAM = b"<pid changed to "
_SUPERSEDED = b"+++ superseded by execve in pid "


class StraceParser:
    """The output of one strace: a tree of processes that begins with the one it started."""

    def __init__(
        self,
        ledger: Ledger,
        timeline: Timeline,
        *,
        cwd: str,
        beside: list[dict[bytes, Process]] | None = None,
    ) -> None:
        """`cwd`: where the first process begins; `beside`: the processes of each strace in the container."""
        self._ledger = ledger
        self._timeline = timeline
        self._mark = 0
        self._rest = b""
        self._family = Family(ledger, timeline, cwd or "/", [] if beside is None else beside)
        self._accounts = Accounts(ledger, self._family)
        self._last_stamp = b"0"
        self._unreadable = 0
        self._first_unreadable = b""
        self.size = 0
        """Bytes fed so far."""

    @property
    def ended(self) -> bool:
        """Whether the first process was seen to end."""
        return self._family.first is not None and self._family.first.ended

    @property
    def living(self) -> tuple[int, ...]:
        """Processes that were not seen to end."""
        return tuple(sorted(int(number) for number in self._family.processes))

    @property
    def began(self) -> bool:
        """Whether strace wrote anything."""
        return self._family.first is not None

    @property
    def started(self) -> bool:
        """Whether the first process came to run a program that is not one of ours."""
        first = self._family.first
        return first is not None and first.executable != "" and not self._ledger.is_ours(first.executable)

    def feed(self, data: bytes) -> None:
        """Take the next bytes, which may end in the middle of a line."""
        self.size += len(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        self._ledger.events += len(lines)
        processes, until = self._family.processes, self._timeline.after(self._mark)
        for line in lines:
            try:
                number, stamp, text = line.split(None, 2)
            except ValueError:
                self._not_read(line)
                continue
            if stamp >= until:
                until = self._advance(stamp)
            process = processes.get(number)
            if process is not None:
                tally = process.lines.get(text)
                if tally is not None:
                    tally.count += 1
                    continue
                if process.reopened(text):
                    continue
            self._line(number, stamp, text)
            self._release()

    def close(self, *, cut_off: bool = False) -> None:
        """No more will come: settle calls that never returned and processes of unknown descent.

        `cut_off`: strace is known to have been killed with the container's first process, so that
        its last line may lack its end; else such a line is a loss.
        """
        rest, self._rest = self._rest, b""
        if rest and cut_off:
            self._cut_off(rest)
        elif rest:
            self._not_read(rest)
        self._family.adopt_orphans()
        self._release()
        for process in list(self._family.processes.values()):
            self._never_returned(process)
        self._release()

    def losses(self) -> tuple[str, ...]:
        """Every kind of observation that was lost, in words; empty when nothing was."""
        found = []
        if self._unreadable:
            shown = self._first_unreadable[:120].decode("utf-8", "backslashreplace")
            found.append(f"{self._unreadable} lines of strace's output cannot be read; the first: {shown}")
        return (*found, *self._accounts.losses(), *self._family.losses())

    def notes(self) -> tuple[str, ...]:
        return self._accounts.notes()

    def _advance(self, stamp: bytes) -> bytes:
        while stamp >= (until := self._timeline.after(self._mark)) and until != NO_MARK:
            self._mark += 1
        self._family.enter(self._timeline.probe(self._mark))
        return until

    def _line(self, number: bytes, stamp: bytes, text: bytes) -> None:
        """A line that is not known by its text."""
        if not (number.isdigit() and _STAMP.fullmatch(stamp)):
            self._not_read(b" ".join((number, stamp, text)))
            return
        self._ledger.first_stamp = min(self._ledger.first_stamp, stamp)
        self._last_stamp = stamp
        process = self._family.find(number)
        if process is None:
            self._family.hold(number, stamp, text)
            return
        first = text[:4]
        if first == b"<...":
            self._resumed(process, stamp, text)
        elif first == b"+++ ":
            self._event(process, text)
        elif first in (b"--- ", b"[ Pr"):
            return  # a signal; a process that runs in 32-bit mode
        elif text.endswith(_UNFINISHED):
            self._family.unfinished(process, text[: -len(_UNFINISHED)])
        elif text.endswith(b" ...>") and _NEW_PROGRAM in text:
            process.unfinished = text[: text.rindex(_NEW_PROGRAM)].rstrip()
        elif text.endswith(_NEVER_FINISHED):
            self._whole(process, stamp, text[: -len(_NEVER_FINISHED)] + b") = ?")
        else:
            self._whole(process, stamp, text)

    def _resumed(self, process: Process, stamp: bytes, text: bytes) -> None:
        begun, process.unfinished = process.unfinished, b""
        _, found, rest = text.partition(b" resumed>")
        if not begun or not found:
            self._not_read(text)
            return
        if rest.endswith(_UNFINISHED + b") = ?"):
            rest = b") = ?"
        merged = begun + rest
        tally = process.lines.get(merged)
        if tally is not None:
            tally.count += 1
        elif not process.reopened(merged):
            self._whole(process, stamp, merged)

    def _event(self, process: Process, text: bytes) -> None:
        if text.startswith(_SUPERSEDED):
            # execve(2) by another thread than the first: it goes on under the first one's id
            self._family.supersede(process, text[len(_SUPERSEDED) :].split()[0])
            return
        if process.unfinished:
            self._never_returned(process)
        self._family.gone(process)

    def _never_returned(self, process: Process) -> None:
        """It was killed in a call: what it asked for counts as used."""
        begun, process.unfinished = process.unfinished, b""
        if begun and read_call(begun + b") = ?") is not None:
            self._whole(process, self._last_stamp, begun + b") = ?")

    def _cut_off(self, line: bytes) -> None:
        """The beginning of a line: a call that nobody lived to see return. Its paths, so far as
        they are complete, count as used."""
        parts = line.split(None, 2)
        if len(parts) < 3 or not parts[2][:1].isalpha():
            return  # not yet a call; the beginning of one that is resumed here is settled elsewhere
        number, stamp, text = parts
        if (result := _CUT_RESULT.search(text)) is not None:
            text = text[: result.start()]
        for closing in _CLOSINGS:
            if read_call(text + closing) is not None:
                self._line(number, stamp, text + closing)
                self._release()
                return

    def _whole(self, process: Process, stamp: bytes, text: bytes) -> None:
        """A complete call."""
        table = process.table
        shape = None
        if text.startswith(_SHAPED):
            head, found, tail = text.rpartition(_ADDRESS)
            if head.endswith(_NO_NAME):
                return  # fstat(2) of what is open already: the name is empty
            if found:
                shape = (head, tail.lstrip(b"0123456789abcdef"))
                tally = table.shapes.get(shape)
                if tally is not None:
                    tally.count += 1
                    table.lines[text] = tally
                    self._ledger.cached()
                    return
        if self._accounts.known(process, text):
            return
        call = read_call(text)
        if call is None:
            self._not_read(text)
            return
        noted = self._accounts.enter(process, stamp, text, call)
        if noted is not None and shape is not None:
            table.shapes[shape] = noted

    def _release(self) -> None:
        """Enter the held lines of processes that are known by now."""
        released = self._family.released
        while released:
            number, lines = released.popleft()
            for stamp, text in lines:
                self._line(number, stamp, text)

    def _not_read(self, line: bytes) -> None:
        self._unreadable += 1
        self._first_unreadable = self._first_unreadable or line
