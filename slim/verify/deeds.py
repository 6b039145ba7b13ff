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
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree
from slim.verify.model import Difference, LookupDifference, Verdict
from slim.verify.oracle import MADE

STARTED, WRITTEN = "process started", "file written"
_USES = {Use.EXEC: STARTED, Use.WRITE: WRITTEN}
_OF_A_FILE = frozenset({"etag", "last-modified"})
"""Headers that static files get from their time, size or inode: RFC 9110, 8.8."""
_BUILT_ANEW = "of a file that was built anew, as far as its content is the same"
WHY = "by programs that are not the same in both images, or by another command"
MADE_ANEW = "made where it is missing"
"""Of a folder that the other image lacks and its program makes for itself."""


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

    def folders_made(self, slim: Trace) -> tuple[LookupDifference, ...]:
        """The fat image's folders that the other image has not, and made for itself in its run `slim`: each
        once, sorted. What they hold in the fat image is not among them."""
        found: dict[ImagePath, LookupDifference] = {}
        for one in slim.accesses:
            if one.use is not Use.WRITE or one.error or self._is_there(one.path):
                continue
            end = self.fat.resolve(one.path, follow_last=False)
            if end.outcome is Outcome.FOUND and self.fat[end.path].kind is Kind.DIRECTORY:
                made = LookupDifference(end.path, one.path, one.executable, one.probe, MADE, MADE_ANEW)
                found.setdefault(end.path, made)
        return tuple(found[path] for path in sorted(found))

    def _is_there(self, path: str) -> bool:
        return self.slim.resolve(path, follow_last=False).outcome is Outcome.FOUND

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


def built_anew(verdict: Verdict) -> Verdict:
    """`verdict` without what only says that a file has another time or number: it was built anew."""
    told = {
        one
        for one in verdict.differences
        if one.aspect == "header" and one.where.lower() in _OF_A_FILE and one.fat and one.slim
    }
    left = tuple(one for one in verdict.differences if one not in told)
    cleared = {one.probe for one in told} - {one.probe for one in left}
    noted = (replace(one, why=_BUILT_ANEW) for one in verdict.differences if one in told)
    return replace(
        verdict, differences=left, noted=(*verdict.noted, *noted), agreed=verdict.agreed + len(cleared)
    )


def with_folders_made(verdict: Verdict, made: tuple[LookupDifference, ...]) -> Verdict:
    """`verdict` with `made` as what is missing on purpose, and that they were written as a note."""
    paths = {posixpath.normpath(one.asked) for one in made}
    anew = [one for one in verdict.differences if one.aspect == WRITTEN and not one.fat and one.slim in paths]
    return replace(
        verdict,
        differences=tuple(one for one in verdict.differences if one not in anew),
        noted=(*verdict.noted, *(replace(one, why=MADE_ANEW) for one in anew)),
        on_purpose=(*verdict.on_purpose, *made),
    )


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
