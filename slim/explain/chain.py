"""From a kept path back to what it all began with."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from slim.explain.model import Step
from slim.explain.saved import OBSERVED
from slim.oci.path import ImagePath
from slim.plan import Reason

Kept = Mapping[ImagePath, tuple[Reason, ...]]


def chain(path: ImagePath, kept: Kept) -> tuple[Step, ...]:
    """The shortest chain of reasons that ends in `path` and begins with an observation; where no
    observation leads to it, one that begins with a stated rule.

    Breadth first over everything that needs it, each path once, so that circles of files that need each
    other, and chains of any length, do no harm. Of chains of one length the plan's first reasons win. Empty
    only where nothing but a circle is noted, which no plan of slim's holds.
    """
    came: dict[ImagePath, tuple[ImagePath, Reason] | None] = {path: None}
    queue = deque([path])
    stated: tuple[ImagePath, Reason] | None = None
    while queue:
        here = queue.popleft()
        reasons = kept.get(here, ())
        if seen := [reason for reason in reasons if reason.rule == OBSERVED]:
            return _steps(here, min(seen, key=lambda one: _tellingness(one, here)), came)
        for reason in reasons:
            if reason.source is None or reason.source not in kept:
                stated = stated or (here, reason)
            elif reason.source not in came:
                came[reason.source] = (here, reason)
                queue.append(reason.source)
    return _steps(*stated, came) if stated else ()


def _tellingness(reason: Reason, path: ImagePath) -> int:
    """Executions first, as it is known best who executed: fanotify asks a moment later, when that may be
    nobody any more, or the program itself."""
    if reason.detail.startswith(f"executed by {path} under "):
        return 2
    return (
        0 if reason.detail.startswith("executed by ") else 1 if reason.detail.startswith("executed ") else 3
    )


def _steps(
    first: ImagePath, reason: Reason, came: Mapping[ImagePath, tuple[ImagePath, Reason] | None]
) -> tuple[Step, ...]:
    steps = [Step(first, reason.rule, reason.detail, reason.source)]
    here = came[first]
    while here is not None:
        path, why = here
        steps.append(Step(path, why.rule, why.detail, why.source))
        here = came[path]
    return tuple(steps)
