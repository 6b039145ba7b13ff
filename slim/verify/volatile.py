"""Lines of several fat runs against those of slim: what the fat runs differ in is volatile.

Every line of slim is told by the pattern that it matches; what is compared are sequences of patterns.
So a volatile part is masked where it stands, lines that come in another order in the fat runs are
compared as sets, lines of which the fat runs have different numbers must only be there; all else, the
order of the lines too, must agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import combinations, takewhile

from slim.verify.drawn import drawn
from slim.verify.moments import Clocks
from slim.verify.pairing import Pairing, pooled, widened
from slim.verify.patterns import Line, Pattern, by_kind, excerpts, pattern
from slim.verify.shapes import identity_of, shape_of
from slim.verify.tokens import tokens

TOLD = 3
"""Differences of one aspect of a probe that are told."""
MOST = 100
"""Differences of one text that are looked for; one hole in a page moves much."""
_UNKNOWN = -1
_BLANK = "an empty line"


@dataclass(frozen=True)
class Found:
    """A place at which slim does not have what the fat runs have in common."""

    where: str
    fat: str
    slim: str


@dataclass(frozen=True)
class Learned:
    """What several fat runs of one text have in common."""

    patterns: tuple[Pattern, ...]
    """In the order of the first fat run; what only others had comes last."""
    group: tuple[int, ...]
    """Of each pattern: patterns that look the same are one."""
    expected: tuple[int, ...] = ()
    """Groups that must come in this order."""
    places: tuple[int, ...] = ()
    """Of each of them its line in the first fat run, and after the last one how many lines that has."""
    loose: dict[int, int] = field(default_factory=dict)
    """Groups without an order, and the class that each belongs to."""
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """How many lines of each class the fat runs had."""
    at_least: AbstractSet[int] = frozenset()
    """Classes of which there may be more: one of a volatile number may be the same by chance."""

    @property
    def masked(self) -> int:
        """How many volatile places there are."""
        return sum(one.masked for one in self.patterns) + len(self.numbers)


def learn(runs: Sequence[Sequence[Line]]) -> Learned:
    """What the lines of `runs` have in common; at least one run."""
    first = runs[0]
    partners: list[list[Line]] = [[line] for line in first]
    moved: set[int] = set()
    stocks: set[tuple[str, str]] = set()
    extra: list[Line] = []
    for other in runs[1:]:
        if other == first:
            pairs = {index: index for index in range(len(first))}
        else:
            pairs = Pairing(first, other).pairs(moved, stocks)
        taken = set(pairs.values())
        for mine, theirs in pairs.items():
            partners[mine].append(other[theirs])
        extra.extend(line for index, line in enumerate(other) if index not in taken)
    moved = widened(moved, first)
    of_a_stock = drawn(partners, moved, stocks)
    moved.update(of_a_stock)
    patterns: list[Pattern] = []
    optional: set[int] = set()
    for index, lines in enumerate(partners):
        if len(lines) < len(runs):
            optional.add(index)
            patterns.append(by_kind(lines[0]))
        else:
            known = of_a_stock.get(index)
            patterns.append(known or pattern([one.text for one in lines], lines[0].place))
    for index, one in pooled(patterns, moved - optional):
        patterns[index] = one
    for made in dict.fromkeys(by_kind(line) for line in extra):
        optional.add(len(patterns))
        patterns.append(made)
    return _grouped(tuple(patterns), optional, moved, runs)


def _grouped(
    patterns: tuple[Pattern, ...], optional: set[int], moved: set[int], runs: Sequence[Sequence[Line]]
) -> Learned:
    """Patterns that look alike are one group. A line that only some runs had tells that of all lines of
    its shape the number is volatile: they are one class, as a line that has moved is for itself."""
    names: dict[tuple[str, str], int] = {}
    group = tuple(names.setdefault((one.place, one.text), len(names)) for one in patterns)
    shapes = [shape_of(Line("".join(one.pieces), one.place)) for one in patterns] if optional or moved else []
    volatile = {shapes[index]: group[index] for index in sorted(optional, reverse=True)}
    alike = [index for index in sorted(moved, reverse=True) if patterns[index].blurred]
    blurred = {shapes[index]: group[index] for index in alike}
    loose = {group[index]: blurred.get(shapes[index], group[index]) for index in moved}
    steady = _steady(runs, volatile)
    at_least: set[int] = set()
    for index, one in enumerate(shapes):
        if one in volatile:
            own = patterns[index].fixed and Line(patterns[index].text, one[0]) in steady
            loose[group[index]] = group[index] if own else volatile[one]
            at_least |= {group[index]} if own else set()
    places = tuple(line for line in range(len(runs[0])) if group[line] not in loose)
    expected = tuple(group[line] for line in places)
    learned = Learned(patterns, group, expected, (*places, len(runs[0])), loose, at_least=at_least)
    tallies = [_by_class(learned, _placed(learned, run, (0.0, 0.0))) for run in runs]
    return replace(
        learned, numbers={one: tuple(tally[one] for tally in tallies) for one in set(loose.values())}
    )


def _steady(runs: Sequence[Sequence[Line]], shapes: Container[tuple[str, str]]) -> set[Line]:
    """Of lines of `shapes`, whose number is volatile, the first and the last ones that are the same in all
    runs, where each run has others besides: a counter has none, as one run merely came farther."""
    told = [defaultdict[tuple[str, str], list[Line]](list) for _ in runs]
    for run, lines in zip(told, runs, strict=True):
        for line in lines:
            if (one := shape_of(line)) in shapes:
                run[one].append(line)
    found: set[Line] = set()
    for one in told[0]:
        each = [run[one] for run in told]
        if any(set(a) - set(b) and set(b) - set(a) for a, b in combinations(each, 2)):
            for way in (1, -1):
                columns = zip(*(lines[::way] for lines in each), strict=False)
                found |= {same[0] for same in takewhile(lambda same: len(set(same)) == 1, columns)}
    return found


def _by_class(learned: Learned, told: Sequence[int]) -> Counter[int]:
    return Counter(learned.loose[one] for one in told if one in learned.loose)


def _told(learned: Learned, lines: Sequence[Line], clocks: Clocks) -> list[int]:
    """The group of each of `lines`; _UNKNOWN for what no fat run has."""
    exact: dict[tuple[str, str], int] = {}
    others: dict[str, list[int]] = defaultdict(list)
    known: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, one in enumerate(learned.patterns):
        what = one.place, "".join(one.pieces)
        exact.setdefault(what, learned.group[index])
        if not one.masked:
            exact[what] = learned.group[index]
        if not one.fixed:
            others[one.place].append(index)
            known[identity_of(Line("".join(one.pieces), one.place))].append(index)
    told = []
    for number, line in enumerate(lines):
        found = exact.get((line.place, line.text))
        if found is None:
            places = others[line.place]
            own = places[(start := bisect_left(places, number)) : start + 1]
            same = known.get(identity_of(line), []) if places else []
            found = _matching(learned, (*own, *same, *places), line, clocks)
        told.append(found)
    return told


def _placed(learned: Learned, lines: Sequence[Line], clocks: Clocks) -> list[int]:
    """What `_told` tells, but for lines that come once too often where they look like stable ones: they may
    be others that have no order, as long as there are too few of these."""
    told = _told(learned, lines, clocks)
    ordered = [index for index, group in enumerate(told) if group not in learned.loose]
    got = [told[index] for index in ordered]
    if got == list(learned.expected):
        return told
    spare = _Spare(learned, told)
    for tag, _, _, begin, end in SequenceMatcher(None, learned.expected, got).get_opcodes():
        for index in ordered[begin:end][:MOST] if tag == "insert" else ():
            if told[index] != _UNKNOWN:
                group = _matching(learned, spare.places(lines[index].place), lines[index], clocks)
                told[index] = spare.taken(group) if group != _UNKNOWN else told[index]
    return told


class _Spare:
    """Patterns without an order of whose class there are too few lines, as far as that is known."""

    def __init__(self, learned: Learned, told: Sequence[int]) -> None:
        self._learned = learned
        self._tally = _by_class(learned, told)

    def places(self, place: str) -> list[int]:
        return [index for index, one in enumerate(self._learned.patterns) if one.place == place
                and not one.fixed and self._is_wanted(self._learned.group[index])]  # fmt: skip

    def _is_wanted(self, group: int) -> bool:
        one = self._learned.loose.get(group, _UNKNOWN)
        numbers = self._learned.numbers.get(one)
        return one != _UNKNOWN and (numbers is None or self._tally[one] < max(numbers))

    def taken(self, group: int) -> int:
        self._tally[self._learned.loose[group]] += 1
        return group


def _matching(learned: Learned, candidates: Sequence[int], line: Line, clocks: Clocks) -> int:
    """The group that `line` matches: that of its own place first, then what says the same, then whatever
    says most."""
    pieces = tokens(line.text)
    for index in candidates:
        if learned.patterns[index].matches(pieces, clocks):
            return learned.group[index]
    return _UNKNOWN


def compare(learned: Learned, slim: Sequence[Line], clocks: Clocks = (0.0, 0.0)) -> Iterator[Found]:
    """Where `slim` is not what the fat runs have in common; MOST places at the most."""
    told = _placed(learned, slim, clocks)
    ordered = [(group, index) for index, group in enumerate(told) if group not in learned.loose]
    names = dict(zip(reversed(learned.group), reversed(learned.patterns), strict=True))
    got = [group for group, _ in ordered]
    count = 0
    for tag, a, b, c, d in SequenceMatcher(None, learned.expected, got).get_opcodes():
        if tag != "equal" and count < MOST:
            count += 1
            mine = [names[one] for one in learned.expected[a:b]]
            yield _found(mine, [slim[index] for _, index in ordered[c:d]], learned.places[a] + 1)
    tally = _by_class(learned, told)
    for one, numbers in sorted(learned.numbers.items()):
        if count < MOST and not _enough(tally[one], numbers, exactly=one not in learned.at_least):
            count += 1
            slims = f"{_lines(tally[one])} like it" if tally[one] else ""
            yield Found(names[one].place, f"{_lines(numbers[0])} like: {names[one].text or _BLANK}", slims)


def _enough(number: int, numbers: tuple[int, ...], *, exactly: bool) -> bool:
    if exactly and len(set(numbers)) == 1:  # in another order only
        return number == numbers[0]
    return number > 0 or min(numbers) == 0


def _lines(number: int) -> str:
    return f"{number} line{'' if number == 1 else 's'}"


def _found(fat: Sequence[Pattern], slim: Sequence[Line], line: int) -> Found:
    """The first lines of a place that differs, and how many more there are."""
    place = fat[0].place if fat else slim[0].place
    mine, theirs = excerpts(fat[0].text if fat else "", slim[0].text if slim else "")
    if not mine and not theirs:  # a blank line on one side, and none on the other
        mine, theirs = (_BLANK if side else "absent" for side in (fat, slim))
    more = max(len(fat), len(slim))
    where = place or f"line {line}"
    return Found(where + (f" and {more - 1} more" if more > 1 else ""), mine, theirs)
