"""JSON of several fat runs against that of slim: what the fat runs differ in is volatile.

A volatile value must be of the kind that the fat runs had at its place; lists that the fat runs had in
another order are compared as sets, lists of which they had different lengths by what is in them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from probes.exercise.content import Json
from slim.verify.enumerated import strangers
from slim.verify.likeness import vanished
from slim.verify.moments import Clocks, strays
from slim.verify.patterns import Line, by_kind, excerpts, pattern
from slim.verify.samples import drawn, steady
from slim.verify.tokens import shape, tokens
from slim.verify.volatile import Found

_DEEPEST = 60
"""Values that are nested deeper are compared as text."""


class Structure:
    """Values of the fat runs, one for each, and what in them is volatile."""

    def __init__(self, clocks: Clocks = (0.0, 0.0)) -> None:
        self.masked = 0
        """How many places of the fat runs are volatile."""
        self._clocks = clocks

    def compare(self, fats: Sequence[Json], slim: Json, where: str = "") -> Iterator[Found]:
        """Where `slim` is not what `fats`, at least one, have in common. `where` is a JSON Pointer
        (RFC 6901)."""
        kinds = {_type(one) for one in fats}
        if len(kinds) > 1:
            self.masked += 1
        if _type(slim) not in kinds:
            yield _found(where, fats[0], slim)
            return
        same = [one for one in fats if _type(one) == _type(slim)]
        if len(kinds) > 1 and _may_be(same, slim):
            return
        if where.count("/") > _DEEPEST:
            yield from self._scalars([_text(one) for one in same], _text(slim), where)
        elif isinstance(slim, dict):
            yield from self._objects([one for one in same if isinstance(one, dict)], slim, where)
        elif isinstance(slim, list):
            yield from self._arrays([one for one in same if isinstance(one, list)], slim, where)
        else:
            yield from self._scalars(same, slim, where)

    def _scalars(self, fats: Sequence[Json], slim: Json, where: str) -> Iterator[Found]:
        """Strings by their parts; numbers that the fat runs differ in may be any number."""
        if isinstance(slim, str):
            learned = pattern([str(one) for one in fats])
            self.masked += bool(learned.masked)
            if not learned.matches(tokens(slim), self._clocks):
                yield Found(where, *excerpts(learned.text, slim))
            return
        keys = [key for key in where.split("/") if not key.isdigit()]
        hint = keys[-1] + ": "  # what a number is, is told by its key, or that of its list
        texts, own = tuple(dict.fromkeys(map(_text, fats))), _text(slim)
        if len(texts) > 1:
            self.masked += 1
            if own not in texts and (vanished(texts, own, hint) or strays(texts, own, self._clocks)):
                yield _found(where, fats[0], slim)
        elif slim != fats[0]:
            told = pattern([f"{hint}{_text(fats[0])}"])
            if isinstance(slim, bool) or not told.matches(tokens(f"{hint}{_text(slim)}"), self._clocks):
                yield _found(where, fats[0], slim)

    def _objects(self, fats: Sequence[dict[str, Json]], slim: dict[str, Json], where: str) -> Iterator[Found]:
        always = dict.fromkeys(key for key in fats[0] if all(key in one for one in fats))
        volatile = {key: one[key] for one in fats for key in one if key not in always}
        self.masked += bool(volatile)
        for key in always:
            place = f"{where}/{_escaped(key)}"
            if key in slim:
                yield from self.compare([one[key] for one in fats], slim[key], place)
            else:
                yield Found(place, _short(fats[0][key]), "")
        shapes = {shape(tokens(key)): value for key, value in volatile.items()}
        for key in slim:
            if key in always:
                continue
            place = f"{where}/{_escaped(key)}"
            like = shapes.get(shape(tokens(key))) if key not in volatile else volatile[key]
            if key not in volatile and shape(tokens(key)) not in shapes:
                yield Found(place, "", _short(slim[key]))
            elif _skeleton(slim[key]) != _skeleton(like):
                yield _found(place, like, slim[key])
        others = [[one[key] for key in one if key not in always] for one in (*fats, slim)]
        yield from _strangers(others, where)
        if not slim and all(fats):
            yield _found(where, fats[0], slim)

    def _arrays(self, fats: Sequence[list[Json]], slim: list[Json], where: str) -> Iterator[Found]:
        if len({len(one) for one in fats}) > 1:
            self.masked += 1
            yield from self._of_any_length(fats, slim, where)
            return
        order = _order(fats)
        if len(slim) != len(fats[0]):
            yield Found(where, *_entries(fats[0], slim))
        elif order is None:
            sample = drawn(fats)
            self.masked += sample is not None
            yield from self._in_order(sample or list(zip(*fats, strict=True)), slim, where)
        else:
            self.masked += 1
            ordered = [sorted(one, key=order) for one in fats]
            beside = _beside(ordered[0], slim, order)
            yield from self._in_order(list(zip(*ordered, strict=True)), beside, where)

    def _in_order(
        self, places: Sequence[Sequence[Json]], slim: Sequence[Json], where: str
    ) -> Iterator[Found]:
        for index, (fats, one) in enumerate(zip(places, slim, strict=True)):
            yield from self.compare(fats, one, f"{where}/{index}")

    def _of_any_length(self, fats: Sequence[list[Json]], slim: list[Json], where: str) -> Iterator[Found]:
        """Each entry must look like one that a fat run had, and there must be one for each that all had, but
        for what is likely to change."""
        if not slim and all(fats):
            yield Found(where, *_entries(fats[0], slim))
            return
        lost = steady([[*map(_shape, one)] for one in fats]).difference(map(_shape, slim))
        gone = {_shape(entry): entry for entry in fats[0] if _shape(entry) in lost}
        yield from (Found(where, _short(gone[one]), "") for one in sorted(gone))
        yield from _strangers([*fats, slim], where)
        known = {_skeleton(entry) for one in fats for entry in one}
        for index, entry in enumerate(slim):
            if known and _skeleton(entry) not in known:
                yield _found(f"{where}/{index}", fats[0][0] if fats[0] else None, entry)
                return


def _strangers(runs: Sequence[Sequence[Json]], where: str) -> Iterator[Found]:
    for place, fat, slim in strangers(runs[:-1], runs[-1]):
        yield _found(f"{where}/*{place}", fat, slim)


def _order(fats: Sequence[list[Json]]) -> Callable[[Json], str] | None:
    """What to sort entries by that the fat runs had in different orders: all of an entry, or, where
    there are volatile values in them too, what is not likely to change. None: in the same order."""
    for key in (_text, _shape):
        told = [[key(entry) for entry in one] for one in fats]
        if all(one == told[0] for one in told):
            return None
        if all(Counter(one) == Counter(told[0]) for one in told):
            return key
    return None


def _beside(fat: list[Json], slim: list[Json], order: Callable[[Json], str]) -> list[Json]:
    """`slim` in the order of `fat`; what `fat` has not comes to where something is missing."""
    left = list(slim)
    placed: list[Json | _Gap] = []
    for entry in fat:
        match = next((index for index, one in enumerate(left) if order(one) == order(entry)), None)
        placed.append(_GAP if match is None else left.pop(match))
    return [left.pop(0) if isinstance(one, _Gap) else one for one in placed]


class _Gap:
    """Where an entry is missing."""


_GAP = _Gap()


def _may_be(fats: Sequence[Json], slim: Json) -> bool:
    """Whether `slim` may stand where not even the type is stable, beside `fats`, which are of its own type:
    a number or null as it is, a string like one of them."""
    if isinstance(slim, str):
        return any(by_kind(Line(str(one))).matches(tokens(slim)) for one in fats)
    if isinstance(slim, bool):
        return len(fats) == 1
    return not isinstance(slim, dict | list)


def _type(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _shape(value: Json) -> str:
    return shape(tokens(_text(value)))


def _skeleton(value: Json, depth: int = 2) -> str:
    """What a value is made of, down to the keys of what it holds."""
    if isinstance(value, dict) and depth:
        return "{" + ",".join(f"{key}:{_skeleton(value[key], depth - 1)}" for key in sorted(value)) + "}"
    return _type(value)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _short(value: Json) -> str:
    return excerpts(_text(value), "")[0]


def _found(where: str, fat: Json, slim: Json) -> Found:
    return Found(where, *excerpts(_text(fat), _text(slim)))


def _entries(fat: list[Json], slim: list[Json]) -> tuple[str, str]:
    return f"{len(fat)} entries: {_short(fat)}", f"{len(slim)} entries: {_short(slim)}"
