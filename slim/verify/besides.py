"""What counts of runs that the plan knows nothing of: a further one, and one that slim made up."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree
from slim.verify.byte_code import is_byte_code
from slim.verify.model import Difference, LookupDifference, Verdict

_NOT_AGAIN = "the fat image did not come to this run again, so that only look-ups are compared"


def only_look_ups(probe: str) -> Verdict:
    """The verdict, but for look-ups, on a run that the fat image came to but once: nothing is known of what
    it does only sometimes, so that nothing else counts. `probe` is what that is told of."""
    told = Difference(probe, "second run", "not come to", "its look-ups count", why=_NOT_AGAIN)
    return Verdict(0, 0, (), (), (told,))


def used_besides(
    fats: Sequence[Trace],
    decided: AbstractSet[str],
    tree: Tree,
    kept: AbstractSet[ImagePath],
    lookups: tuple[LookupDifference, ...],
) -> tuple[LookupDifference, ...]:
    """`lookups` that a replay of a run missed, and what else these runs of the fat image used that is not
    `kept`: what is missing first hides what would be missed after it, so that one by one each would take a
    round of repair. Not byte code, nor paths that the plan has `decided` upon. Nothing where nothing was
    missed."""
    found = {one.path: one for one in lookups}
    for access in (one for fat in fats for one in fat.accesses) if lookups else ():
        if access.error or access.use is Use.WRITE or access.path in decided:
            continue
        follow = access.use is not Use.LINK_LOOKUP
        resolution = tree.resolve(access.path, follow_last=follow)
        if resolution.outcome is not Outcome.FOUND:
            continue
        for path in (*resolution.passed, resolution.path):
            if path not in kept and path not in found and not is_byte_code(path):
                found[path] = LookupDifference(
                    path, access.path, access.executable, access.probe, "", follow=follow
                )
    return tuple(found[path] for path in sorted(found))
