"""Images whose HEALTHCHECKs are different commands: both must pass, and what else they do is their own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from probes.watch.trace import Trace
from slim.verify.model import Difference, Verdict

_OUTPUTS = frozenset({"standard output", "standard error"})
_DEEDS = frozenset({"process started", "file written"})


def whatever_the_checks_do(verdict: Verdict, check: str, traces: Iterable[Trace]) -> Verdict:
    """`verdict` without differences that come of the HEALTHCHECKs' being different commands: what they
    print, and which processes and files in `traces` are theirs, and no other probe's.
    `check` is the probe's name."""
    used = [(posixpath.normpath(one.path), one.probe) for trace in traces for one in trace.accesses]
    life = check.removesuffix(check.rpartition(": ")[2])
    # readiness asks the check too, under the start
    others = {path for path, probe in used if probe not in (check, f"{life}start")}
    theirs = {path for path, probe in used if probe == check} - others

    def counts(one: Difference) -> bool:
        if one.aspect in _DEEDS:
            return (one.fat or one.slim) not in theirs
        return one.probe != check or one.aspect not in _OUTPUTS

    left = tuple(one for one in verdict.differences if counts(one))
    cleared = _differs(check, verdict.differences) and not _differs(check, left)
    return replace(verdict, differences=left, agreed=verdict.agreed + cleared)


def _differs(probe: str, differences: tuple[Difference, ...]) -> bool:
    return any(one.probe == probe for one in differences)
