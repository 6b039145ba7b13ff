"""Accesses, merged while they come in.

Memory grows with distinct (path, use, error, executable, probe), never with events: an event
that was seen before finds its tally through a dictionary and adds one to it.
"""

from __future__ import annotations

from probes.watch.trace import Access, Use

Touch = tuple[str, Use, str]
"""Path, use, and the errno's name or an empty string."""
Touches = tuple[Touch, ...]

CACHED_LINES = 1 << 16
"""Texts that are remembered with their tally; past that all are forgotten. Addresses of buffers
make texts that never come again."""
NO_MARK = b"~"
"""A time stamp after all others: digits come before it."""


class Tally:
    """How often one event was seen, and when and by whom first."""

    __slots__ = ("count", "process", "stamp")

    def __init__(self, stamp: bytes, process: int) -> None:
        self.count = 0
        self.stamp = stamp
        self.process = process


Opened = tuple[Tally, str, str]
"""A call that returned a descriptor: its number, and its path or an empty string."""


class Timeline:
    """When each probe began. Without a common clock, at the next event that arrives."""

    def __init__(self, *, common_clock: bool) -> None:
        self._common_clock = common_clock
        self._probes = [(b"", "start")]

    def mark(self, probe: str, seconds: float) -> None:
        """`probe` begins at `seconds` since the epoch."""
        self._probes.append((f"{seconds:.6f}".encode() if self._common_clock else b"", probe))

    def probe(self, index: int) -> str:
        return self._probes[index][1]

    def after(self, index: int) -> bytes:
        """The stamp at which the probe at `index` ends, so far as is known."""
        return self._probes[index + 1][0] if index + 1 < len(self._probes) else NO_MARK


class Table:
    """The tallies of one executable under one probe, and the texts that lead to them."""

    __slots__ = ("executable", "lines", "opens", "probe", "relative", "root", "shapes", "tallies")

    def __init__(self, executable: str, probe: str, root: str, tallies: dict[Touches, Tally]) -> None:
        self.executable = executable
        self.probe = probe
        self.root = root
        self.tallies = tallies
        self.lines: dict[bytes, Tally] = {}
        """By the whole text, which says all."""
        self.opens: dict[bytes, Opened] = {}
        """By the whole text, which says all, of calls that return a descriptor."""
        self.shapes: dict[tuple[bytes, bytes], Tally] = {}
        """By the text without the address of a buffer."""
        self.relative: dict[tuple[tuple[str, bool], bytes], Tally] = {}
        """By current folder and text: the text names a path relative to it."""


class Ledger:
    """All tallies of one run."""

    def __init__(self, hidden: str) -> None:
        """Paths in the folder `hidden` are ours, and no accesses."""
        self._hidden = hidden
        self._hidden_inside = hidden + "/"
        self._tables: dict[tuple[str, str, str], Table] = {}
        self._tallies: dict[tuple[str, str], dict[Touches, Tally]] = {}
        self._cached = 0
        self.paths: set[str] = set()
        self.events = 0
        self.first_stamp = NO_MARK

    def table(self, executable: str, probe: str, root: str) -> Table:
        """`root`: the folder that the process sees as its root (chroot(2)); empty for the image's."""
        key = (executable, probe, root)
        table = self._tables.get(key)
        if table is None:
            tallies = self._tallies.setdefault(key[:2], {})
            table = self._tables[key] = Table(executable, probe, root, tallies)
        return table

    def tally(self, table: Table, touches: Touches, stamp: bytes, process: int) -> Tally:
        """The tally of `touches`, one added to it."""
        shown = tuple(touch for touch in touches if not self._is_silent(touch[0], table.executable))
        tally = table.tallies.get(shown)
        if tally is None:
            tally = table.tallies[shown] = Tally(stamp, process)
            self.paths.update(touch[0] for touch in shown)
        tally.count += 1
        return tally

    def cached(self) -> None:
        """One more text was remembered; forget all when there are too many."""
        self._cached += 1
        if self._cached >= CACHED_LINES:
            self._cached = 0
            for table in self._tables.values():
                for cache in (table.lines, table.opens, table.shapes, table.relative):
                    cache.clear()

    def accesses(self) -> tuple[Access, ...]:
        """Everything so far, sorted."""
        start = float(self.first_stamp) if self.first_stamp != NO_MARK else 0.0
        merged: dict[tuple[str, str, str, str, str], tuple[Use, Tally]] = {}
        for (executable, probe), tallies in self._tallies.items():
            shown = "" if executable.startswith(self._hidden_inside) else executable
            for touches, tally in tallies.items():
                for path, use, error in touches:
                    key = (path, use.value, error, shown, probe)
                    merged[key] = (use, _sum(merged[key][1], tally) if key in merged else tally)
        return tuple(
            Access(
                path=path,
                use=use,
                error=error,
                executable=executable,
                process=tally.process,
                probe=probe,
                seconds=round(float(tally.stamp) - start, 6),
                count=tally.count,
            )
            for (path, _, error, executable, probe), (use, tally) in sorted(
                merged.items(), key=lambda item: item[0]
            )
        )

    def is_ours(self, path: str) -> bool:
        """Whether `path` is in the hidden folder."""
        return path == self._hidden or path.startswith(self._hidden_inside)

    def _is_silent(self, path: str, executable: str) -> bool:
        if self.is_ours(path):
            return True
        # what the carried loader and setpriv ask for on their own behalf
        return path.startswith(("/etc/ld.so.", "/proc/")) and executable.startswith(self._hidden_inside)


def _sum(one: Tally, other: Tally) -> Tally:
    first = min(one, other, key=lambda tally: tally.stamp)
    result = Tally(first.stamp, first.process)
    result.count = one.count + other.count
    return result
