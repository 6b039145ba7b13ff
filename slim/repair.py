"""From what a slim image lacked to the plan of the next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from probes.watch.trace import Trace
from slim.closure.facts import FactStore
from slim.closure.options import PlanOptions, Repair
from slim.closure.solve import make_plan
from slim.oci.config import ImageConfig
from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.plan import Plan, Reason
from slim.verify.model import LookupDifference

RULE = "repair"


def with_repairs(options: PlanOptions, missing: Iterable[LookupDifference]) -> PlanOptions:
    """`options` of a plan that keeps what is missing, too; what earlier repairs added stays.

    What was dropped on purpose is left out: whoever dropped it has decided.
    """
    wanted = [
        need for one in sorted(missing, key=lambda one: one.path) if not one.purpose for need in _needs(one)
    ]
    return replace(options, repairs=tuple(dict.fromkeys((*options.repairs, *wanted))))


def _needs(one: LookupDifference) -> Iterator[Repair]:
    """The path itself and, of a look-up, what it asked for: with every link on the way, and its end."""
    yield Repair(one.path, one.detail, follow=False)
    if not one.lists:
        yield Repair(one.asked, one.detail, follow=one.follow)


def repair(
    plan: Plan,
    tree: Tree,
    config: ImageConfig,
    trace: Trace,
    options: PlanOptions,
    missing: Iterable[LookupDifference],
    store: FactStore | None = None,
) -> Plan:
    """`plan`, made anew with `missing` as further seeds, so that what they need is kept as well.

    `trace` and `options` are those that `plan` was made with. Each path that was missing gets a reason
    `repair`, which tells who looked it up. The same input gives the same plan; where nothing is to be added,
    `plan` itself. Raises as `make_plan` does.
    """
    asked = with_repairs(options, missing)
    return plan if asked == options else make_plan(tree, config, trace, asked, store)


def additions(before: Plan, after: Plan) -> dict[ImagePath, Reason]:
    """What `after` keeps beyond `before`, by path, with its reason: `repair` where it has that one."""
    return {path: _telling(reasons) for path, reasons in after.kept.items() if path not in before.kept}


def _telling(reasons: tuple[Reason, ...]) -> Reason:
    return next((one for one in reasons if one.rule == RULE), reasons[0])
