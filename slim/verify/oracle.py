"""Look-ups that fail in the slim image alone: the fat image is the oracle."""

from __future__ import annotations

from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree
from slim.verify.model import LookupDifference

MISSING_ERRORS = frozenset({"ENOENT", "ENOTDIR", "ELOOP"})
"""What a look-up fails with when a path, or a part of it, is not there: path_resolution(7)."""


def lookup_differences(
    replay: Trace, observed: Trace, fat: Tree, kept: frozenset[ImagePath]
) -> tuple[LookupDifference, ...]:
    """Look-ups of the replay on the slim image that would have succeeded in the fat image.

    The fat image is the oracle: a look-up that fails with ENOENT on slim for a path which the
    fat image resolves to an entry that the plan did not keep is a difference of behaviour, even
    where no probe noticed. What failed in the fat run (`observed`) too is none: the path was
    hidden by a volume, or the program had removed it.
    """
    failed_before = {access.path for access in observed.accesses if access.error in MISSING_ERRORS}
    found: dict[ImagePath, LookupDifference] = {}
    for access in replay.accesses:
        if access.error not in MISSING_ERRORS or access.use is Use.WRITE or access.path in failed_before:
            continue
        follow = access.use is not Use.LINK_LOOKUP
        resolution = fat.resolve(access.path, follow_last=follow)
        if resolution.outcome is not Outcome.FOUND:
            continue
        lost = [path for path in (*resolution.links, resolution.path) if path not in kept]
        for path in lost[:1]:
            found.setdefault(
                path,
                LookupDifference(path, access.path, access.executable, access.probe, access.error),
            )
    return tuple(found[path] for path in sorted(found))
