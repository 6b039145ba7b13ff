"""Listings that are shorter on slim than in the fat image, of entries that no run of the fat image used."""

from __future__ import annotations

from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath, ancestors
from slim.oci.tree import Outcome, Tree
from slim.plan import Plan
from slim.verify.byte_code import is_byte_code
from slim.verify.model import LookupDifference


def entries_lost(probe: str, slim: Trace, tree: Tree, plan: Plan) -> tuple[LookupDifference, ...]:
    """Entries of the fat image's `tree` that lack in folders which a program of the slim image listed, if
    possible under `probe`: whose answer they may be what differs. Deep folders first; not those that
    somebody dropped on purpose."""
    # of packages' folders the rules know what may be used; interpreters list them all the time
    packaged = {*plan.owners, *(folder for path in plan.owners for folder in ancestors(path))}
    out = packaged | plan.on_purpose | plan.kept.keys()
    found: dict[ImagePath, LookupDifference] = {}
    lists = [one for one in slim.accesses if one.use is Use.LIST and not one.error]
    # what a program does at its start is under the start's name, though a later answer depends on it
    for access in [one for one in lists if one.probe == probe] or lists:
        folder = tree.resolve(access.path)
        for path in tree.children(folder.path) if folder.outcome is Outcome.FOUND else ():
            if path not in out and not is_byte_code(path):
                lost = LookupDifference(path, folder.path, access.executable, access.probe, "", lists=True)
                found.setdefault(path, lost)
    return tuple(sorted(found.values(), key=lambda one: (-one.path.count("/"), one.path)))
