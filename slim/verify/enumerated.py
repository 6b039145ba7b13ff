"""Values that say how something is (`done`, true), in entries of JSON that are other ones in each run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from probes.exercise.content import Json
from slim.verify.likeness import TROUBLE
from slim.verify.tokens import shape, tokens

_MOST = 8
"""Different values of an enumeration."""
_DEEPEST = 4

_Value = str | bool


def strangers(fats: Sequence[Sequence[Json]], slim: Sequence[Json]) -> Iterator[tuple[str, Json, Json]]:
    """Places in the entries at which all runs of `fats` have the same few values and `slim` has none of them,
    or tells of trouble: with a value of either side. A place is a path of keys, `*` for those of a list."""
    told, own = [_values(one) for one in fats], _values(slim)
    for place in sorted(set(own).intersection(*told)):
        known = told[0][place]
        if len(known) > _MOST or any(one[place] != known for one in told) or not all(map(_is_steady, known)):
            continue
        found = own[place]
        trouble = [one for one in found - known if TROUBLE.search(str(one))]
        if trouble or not found & known:
            yield place, min(known, key=str), min(trouble or found, key=str)


def _values(entries: Sequence[Json]) -> Mapping[str, frozenset[_Value]]:
    found: dict[str, set[_Value]] = defaultdict(set)
    waiting: list[tuple[str, Json, int]] = [("", one, _DEEPEST) for one in entries]
    while waiting:
        place, value, depth = waiting.pop()
        if isinstance(value, dict) and depth:
            waiting += [(f"{place}/{key}", one, depth - 1) for key, one in value.items()]
        elif isinstance(value, list) and depth:
            waiting += [(f"{place}/*", one, depth - 1) for one in value]
        elif isinstance(value, str | bool):
            found[place].add(value)
    return {place: frozenset(values) for place, values in found.items()}


def _is_steady(value: _Value) -> bool:
    """Whether nothing in it is likely to change from run to run."""
    return isinstance(value, bool) or shape(tokens(value)) == value
