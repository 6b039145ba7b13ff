"""What programs do besides answering (files written, programs started), in images of different make.

It counts where the program that does it is the same in both images, and both start it: then it found
something else, as it does where something is missing. What other programs do is their own: an entrypoint's
script, a server that was built anew, a command of another image. Whether that matters is for the probes
to say.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from probes.watch.trace import Access, Trace, Use
from slim.oci.compare import content_change
from slim.oci.entry import Kind
from slim.oci.tree import Outcome, Tree
from slim.verify.model import Difference, Verdict

STARTED, WRITTEN = "process started", "file written"
_USES = {Use.EXEC: STARTED, Use.WRITE: WRITTEN}
WHY = "by programs that are not the same in both images, or by another command"


@dataclass(frozen=True)
class Programs:
    """Those of two images, neither of which need be made of the other."""

    fat: Tree
    slim: Tree
    _known: dict[str, bool] = field(default_factory=dict)
    """Whether the program of that path is the same in both."""

    def judged(self, verdict: Verdict, fat: Trace, slim: Trace, *, other_command: bool) -> Verdict:
        """`verdict` with what other programs did as a note. `fat` and `slim` are the runs that it is about;
        `other_command`: whether the images were started by different ones. ImageError where a file cannot
        be read."""
        uses = (_Uses(fat), _Uses(slim))
        left = list(verdict.differences)
        alone: set[str] = set()
        told: set[Difference] = set()
        while found := {one for one in left if self._is_own(one, uses, alone, other_command=other_command)}:
            left = [one for one in left if one not in found]
            alone.update(one.fat or one.slim for one in found if one.aspect == STARTED)
            told |= found
        noted = (replace(one, why=WHY) for one in verdict.differences if one in told)
        return replace(verdict, differences=tuple(left), noted=(*verdict.noted, *noted))

    def _is_own(
        self, one: Difference, uses: tuple[_Uses, _Uses], alone: set[str], *, other_command: bool
    ) -> bool:
        """Whether it was done by programs that are not the same, or that themselves were started in one image
        `alone`; or on the way up, which another command goes otherwise."""
        path = one.fat or one.slim
        accesses = uses[0 if one.fat else 1].of(one.aspect, path)
        if not accesses:
            return False
        if other_command and all(access.probe.rpartition(": ")[2] == "start" for access in accesses):
            return True
        programs = {access.executable for access in accesses} - {""}
        if not programs:  # the engine started it
            return one.aspect == STARTED and not self._is_same(path)
        return all(program in alone or not self._is_same(program) for program in programs)

    def _is_same(self, program: str) -> bool:
        if program not in self._known:
            self._known[program] = self._compared(program)
        return self._known[program]

    def _compared(self, program: str) -> bool:
        ends = self.fat.resolve(program), self.slim.resolve(program)
        if any(end.outcome is not Outcome.FOUND for end in ends):
            return False
        before, after = self.fat[ends[0].path], self.slim[ends[1].path]
        if not before.kind is after.kind is Kind.FILE:
            return False
        return content_change(self.fat, before, self.slim, after) is None


class _Uses:
    """Who did what in one run."""

    def __init__(self, trace: Trace) -> None:
        self._found: dict[tuple[str, str], list[Access]] = {}
        for access in trace.accesses:
            if access.use in _USES and not access.error:
                key = _USES[access.use], posixpath.normpath(access.path)
                self._found.setdefault(key, []).append(access)

    def of(self, aspect: str, path: str) -> tuple[Access, ...]:
        """The accesses by which it came about. fanotify sees who started a program a moment later, when it
        may be that program itself: it is asked only where strace saw nothing."""
        found = self._found.get((aspect, path), [])
        exact = tuple(one for one in found if one.tracer == "strace")
        return exact or tuple(_without_itself(found, path))


def _without_itself(found: list[Access], path: str) -> Iterator[Access]:
    for one in found:
        yield replace(one, executable="") if one.executable == path else one
