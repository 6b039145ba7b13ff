"""Do runs of one image under the same probes use the same paths?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probes.watch.trace import Trace


@dataclass(frozen=True, slots=True)
class Unsteady:
    """A path that was there and was used in some runs and not in others."""

    path: str
    runs: tuple[int, ...]
    """The runs that used it, counted from 1."""
    uses: tuple[str, ...]
    """How, in any of them: the values of Use, sorted."""
    executables: tuple[str, ...]
    """The programs that used it, sorted; unknown ones left out."""
    probes: tuple[str, ...]
    """The probes under which it was used, sorted."""


@dataclass(frozen=True)
class Stability:
    """Several runs compared."""

    runs: int
    steady: int
    """Paths that every run used."""
    unsteady: tuple[Unsteady, ...]
    """The others, sorted by path."""

    @property
    def holds(self) -> bool:
        """Whether all runs used the same paths."""
        return not self.unsteady


def stability(traces: Sequence[Trace]) -> Stability:
    """Compare runs path by path. Look-ups that found nothing do not count: no plan hangs on them."""
    runs: dict[str, set[int]] = {}
    for number, trace in enumerate(traces, start=1):
        for access in trace.accesses:
            if not access.error:
                runs.setdefault(access.path, set()).add(number)
    changing = {path for path, where in runs.items() if len(where) < len(traces)}
    found: dict[str, tuple[set[str], set[str], set[str]]] = {path: (set(), set(), set()) for path in changing}
    for trace in traces:
        for access in trace.accesses:
            if not access.error and access.path in changing:
                uses, executables, probes = found[access.path]
                uses.add(access.use.value)
                executables.update({access.executable} - {""})
                probes.add(access.probe)
    unsteady = (
        Unsteady(path, tuple(sorted(runs[path])), *(tuple(sorted(one)) for one in found[path]))
        for path in sorted(changing)
    )
    return Stability(len(traces), len(runs) - len(changing), tuple(unsteady))
