"""What would go, were some reasons not there: the plan's graph of reasons, followed anew."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from functools import cached_property

from slim.oci.path import ImagePath
from slim.plan import MAX_REASONS, Plan, Reason

PARENT = "parent"
"""The rule of folders, which are kept for what they hold."""
Takes = Callable[[ImagePath, Reason], bool]


class Reasons:
    """The reasons of one plan as a graph.

    A path of which as many reasons are noted as a plan notes may have more, so it counts as staying unless
    all of those noted are taken away themselves: what is said to go is never too much on that account.
    """

    def __init__(self, plan: Plan) -> None:
        self._kept = plan.kept

    @cached_property
    def _dependents(self) -> dict[ImagePath, list[ImagePath]]:
        found: dict[ImagePath, list[ImagePath]] = defaultdict(list)
        for path, reasons in self._kept.items():
            for source in {one.source for one in reasons if one.source is not None}:
                found[source].append(path)
        return found

    def gone(self, takes: Takes, suspects: Iterable[ImagePath]) -> frozenset[ImagePath]:
        """The paths that nothing keeps once `takes` has taken its reasons; all of those that lose one
        must be among `suspects`. Folders, which go with what they hold, are not told apart."""
        doubtful = self._reach(suspects)
        alive: set[ImagePath] = set()
        queue = deque(path for path in sorted(doubtful) if self._stands(path, takes, doubtful))
        alive.update(queue)
        while queue:
            here = queue.popleft()
            for path in self._dependents.get(here, ()):
                if path in doubtful and path not in alive and self._held_by(path, here, takes):
                    alive.add(path)
                    queue.append(path)
        return frozenset(doubtful - alive)

    def _reach(self, start: Iterable[ImagePath]) -> set[ImagePath]:
        """`start` and everything that may be kept for it."""
        reached = set(start)
        queue = deque(sorted(reached))
        while queue:
            for path in self._dependents.get(queue.popleft(), ()):
                if path not in reached:
                    reached.add(path)
                    queue.append(path)
        return reached

    def _stands(self, path: ImagePath, takes: Takes, doubtful: set[ImagePath]) -> bool:
        """Whether a reason holds `path` that is beyond doubt."""
        left = [reason for reason in self._kept[path] if not takes(path, reason)]
        if left and len(self._kept[path]) >= MAX_REASONS:
            return True
        return any(one.source is None or one.source not in doubtful for one in left)

    def _held_by(self, path: ImagePath, source: ImagePath, takes: Takes) -> bool:
        return any(one.source == source and not takes(path, one) for one in self._kept[path])
