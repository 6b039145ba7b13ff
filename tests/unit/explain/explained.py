"""A small image as `slim explain` finds it: through its plan's file."""

from probes.watch.trace import Trace
from slim.closure.plan_file import plan_text, read_plan
from slim.explain.saved import Saved
from slim.oci.tree import Tree
from slim.plan import Plan


def saved(image, **options):
    read = read_plan(plan_text(image.plan(**options), image.tree), "plan.json")
    return Saved(read.plan, read.tree, Trace("sha256:small", True, accesses=tuple(image.accesses)))


def of_reasons(kept):
    """A plan of nothing but these reasons."""
    return Saved(Plan("sha256:made", kept, {}), Tree({}, 1), Trace("sha256:made", True))
