"""Lines of several fat runs against those of slim: what the fat runs differ in is volatile.

Every line of slim is told by the pattern that it matches; what is compared are sequences of patterns.
So a volatile part is masked where it stands, lines that come in another order in the fat runs are
compared as sets, lines of which the fat runs have different numbers must only be there; all else, the
order of the lines too, must agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from slim.verify.drawn import drawn
from slim.verify.moments import Clocks
from slim.verify.patterns import Line, Pattern, by_kind, excerpts, pattern
from slim.verify.tokens import shape, tokens

TOLD = 3
"""Differences of one aspect of a probe that are told."""
MOST = 100
"""Differences of one text that are looked for; one hole in a page moves much."""
_UNKNOWN = -1
_ALIKE = 0.5
"""How much of two lines must be the same that one is taken for the other."""


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
    """Of each of them its line in the first fat run."""
    loose: dict[int, int] = field(default_factory=dict)
    """Groups without an order, and the class that each belongs to."""
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """How many lines of each class the fat runs had."""

    @property
    def masked(self) -> int:
        """How many volatile places there are."""
        return sum(one.masked for one in self.patterns) + len(self.numbers)


def learn(runs: Sequence[Sequence[Line]]) -> Learned:
    """What the lines of `runs` have in common; at least one run."""
    first = runs[0]
    partners: list[list[Line]] = [[line] for line in first]
    moved: set[int] = set()
    extra: list[Line] = []
    for other in runs[1:]:
        if other == first:
            pairs = {index: index for index in range(len(first))}
        else:
            pairs = _Pairing(first, other).pairs(moved)
        taken = set(pairs.values())
        for mine, theirs in pairs.items():
            partners[mine].append(other[theirs])
        extra.extend(line for index, line in enumerate(other) if index not in taken)
    of_a_stock = drawn(partners, moved)
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
    shapes = [(one.place, shape(one.pieces)) for one in patterns] if optional else []
    volatile = {shapes[index]: group[index] for index in sorted(optional, reverse=True)}
    loose = {group[index]: group[index] for index in moved}
    for index, one in enumerate(shapes):
        if one in volatile:
            loose[group[index]] = volatile[one]
    learned = Learned(patterns, group, loose=loose)
    tallies = [_by_class(learned, _told(learned, run, (0.0, 0.0))) for run in runs]
    numbers = {one: tuple(tally[one] for tally in tallies) for one in set(loose.values())}
    places = tuple(line for line in range(len(runs[0])) if group[line] not in loose)
    return Learned(patterns, group, tuple(group[line] for line in places), places, loose, numbers)


def _by_class(learned: Learned, told: Sequence[int]) -> Counter[int]:
    return Counter(learned.loose[one] for one in told if one in learned.loose)


class _Pairing:
    """Which line of one run stands for which of another."""

    def __init__(self, first: Sequence[Line], other: Sequence[Line]) -> None:
        self._first, self._other = first, other
        self._pairs: dict[int, int] = {}
        self._left: list[tuple[list[int], list[int]]] = []
        """Blocks of lines that are not the same, between lines that are."""

    def pairs(self, moved: set[int]) -> dict[int, int]:
        """The pairs; those of the first run that come in another order are added to `moved`."""
        for tag, a, b, c, d in SequenceMatcher(None, self._first, self._other).get_opcodes():
            if tag == "equal":
                self._pairs.update(zip(range(a, b), range(c, d), strict=True))
            else:
                self._left.append((list(range(a, b)), list(range(c, d))))
        moved |= self._elsewhere(lambda line: line)
        for block in self._left:
            self._in_block(*block)
        moved |= self._elsewhere(_shape_of)
        return self._pairs

    def _in_block(self, mine: list[int], theirs: list[int]) -> None:
        """Pair what stands at the same place between equal lines: by shape, else by position."""
        a = [_shape_of(self._first[one]) for one in mine]
        b = [_shape_of(self._other[one]) for one in theirs]
        taken: list[tuple[int, int]] = []
        for tag, i, j, k, m in SequenceMatcher(None, a, b).get_opcodes():
            if tag not in ("equal", "replace"):
                continue
            for x, y in zip(range(i, j), range(k, m), strict=False):
                if a[x] == b[y] or self._alike(mine[x], theirs[y], same_number=j - i == m - k):
                    taken.append((mine[x], theirs[y]))
        self._pairs.update(taken)
        _remove(mine, {one for one, _ in taken})
        _remove(theirs, {its for _, its in taken})

    def _alike(self, mine: int, theirs: int, *, same_number: bool) -> bool:
        first, other = self._first[mine], self._other[theirs]
        if first.place != other.place:
            return False
        if same_number or first.place:
            return True
        return SequenceMatcher(None, tokens(first.text), tokens(other.text)).ratio() > _ALIKE

    def _elsewhere(self, key: Callable[[Line], Hashable]) -> set[int]:
        """Pair what is left of both over the whole text: it has moved, and so has what is between its
        places: of three lines in any order two runs show but one other."""
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for _, theirs in self._left:
            for index in theirs:
                waiting[key(self._other[index])].append(index)
        taken: dict[int, int] = {}
        for mine, _ in self._left:
            for index in mine:
                if found := waiting.get(key(self._first[index])):
                    taken[index] = found.popleft()
        self._pairs.update(taken)
        others = set(taken.values())
        for mine, theirs in self._left:
            _remove(mine, taken)
            _remove(theirs, others)
        return _spanned(taken, len(self._first))


def _remove(indexes: list[int], gone: Container[int]) -> None:
    indexes[:] = [one for one in indexes if one not in gone]


def _spanned(pairs: Mapping[int, int], length: int) -> set[int]:
    """All places below `length` between the two of each pair, these included."""
    spanned: set[int] = set()
    end = 0
    for first, last in sorted((min(pair), max(pair)) for pair in pairs.items()):
        spanned.update(range(max(first, end), min(last + 1, length)))
        end = max(end, last + 1)
    return spanned


def _shape_of(line: Line) -> tuple[str, str]:
    return line.place, shape(tokens(line.text))


def _told(learned: Learned, lines: Sequence[Line], clocks: Clocks) -> list[int]:
    """The group of each of `lines`; _UNKNOWN for what no fat run has."""
    exact: dict[tuple[str, str], int] = {}
    others: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(learned.patterns):
        exact.setdefault((one.place, "".join(one.pieces)), learned.group[index])
        if not one.fixed:
            others[one.place].append(index)
    told = []
    for number, line in enumerate(lines):
        found = exact.get((line.place, line.text))
        if found is None:
            found = _matching(learned, others[line.place], line, number, clocks)
        told.append(found)
    return told


def _matching(learned: Learned, candidates: Sequence[int], line: Line, number: int, clocks: Clocks) -> int:
    """The group that `line` matches: that of its own place first, then whatever says most."""
    if not candidates:
        return _UNKNOWN
    pieces = tokens(line.text)
    start = bisect_left(candidates, number)
    for index in (*candidates[start : start + 1], *candidates):
        if learned.patterns[index].matches(pieces, clocks):
            return learned.group[index]
    return _UNKNOWN


def compare(learned: Learned, slim: Sequence[Line], clocks: Clocks = (0.0, 0.0)) -> Iterator[Found]:
    """Where `slim` is not what the fat runs have in common; MOST places at the most."""
    told = _told(learned, slim, clocks)
    ordered = [(group, index) for index, group in enumerate(told) if group not in learned.loose]
    places = (*learned.places, len(learned.patterns))
    names = dict(zip(reversed(learned.group), reversed(learned.patterns), strict=True))
    got = [group for group, _ in ordered]
    count = 0
    for tag, a, b, c, d in SequenceMatcher(None, learned.expected, got).get_opcodes():
        if tag != "equal" and count < MOST:
            count += 1
            mine = [names[one] for one in learned.expected[a:b]]
            yield _found(mine, [slim[index] for _, index in ordered[c:d]], places[a] + 1)
    tally = _by_class(learned, told)
    for one, numbers in sorted(learned.numbers.items()):
        if count < MOST and not _enough(tally[one], numbers):
            count += 1
            slims = f"{tally[one]} of it" if tally[one] else ""
            yield Found(names[one].place, f"{numbers[0]} × {names[one].text}", slims)


def _enough(number: int, numbers: tuple[int, ...]) -> bool:
    if len(set(numbers)) == 1:  # in another order only
        return number == numbers[0]
    return number > 0 or min(numbers) == 0


def _found(fat: Sequence[Pattern], slim: Sequence[Line], line: int) -> Found:
    """The first lines of a place that differs, and how many more there are."""
    place = fat[0].place if fat else slim[0].place
    mine, theirs = excerpts(fat[0].text if fat else "", slim[0].text if slim else "")
    more = max(len(fat), len(slim))
    where = place or f"line {line}"
    return Found(where + (f" and {more - 1} more" if more > 1 else ""), mine, theirs)
