"""Which line of one run stands for which of another."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate

from slim.verify.patterns import Line, Pattern
from slim.verify.shapes import identity_of, shape_of, stock_of
from slim.verify.tokens import Kind, kind, tokens

_ALIKE = 0.5
"""How much of two lines must be the same that one is taken for the other."""


class Pairing:
    """Which line of one run stands for which of another."""

    def __init__(self, first: Sequence[Line], other: Sequence[Line]) -> None:
        self._first, self._other = first, other
        self._pairs: dict[int, int] = {}
        self._left: list[tuple[list[int], list[int]]] = []
        """Blocks of lines that are not the same, between lines that are."""

    def pairs(self, moved: set[int], stocks: set[tuple[str, str]]) -> dict[int, int]:
        """The pairs; those of the first run that come in another order are added to `moved`, and to `stocks`
        what each run draws others of."""
        for tag, a, b, c, d in SequenceMatcher(None, self._first, self._other).get_opcodes():
            if tag == "equal":
                self._pairs.update(zip(range(a, b), range(c, d), strict=True))
            else:
                self._left.append((list(range(a, b)), list(range(c, d))))
        at_place = set(self._pairs)
        moved |= self._elsewhere(lambda line: line)
        drawn = self._as_many(set(self._shifted(at_place)))
        stocks |= drawn
        moved |= self._in_another_order()
        for block in self._left:
            self._in_block(*block)
        moved |= self._elsewhere(shape_of)
        moved |= self._elsewhere(stock_of, drawn)
        return self._pairs

    def _shifted(self, at_place: Container[int]) -> Iterator[tuple[str, str]]:
        """The stocks of lines that are paired, and in a page another one of their stock in each run; in a
        text, where they have no place, of those that are not `at_place`."""
        mine, theirs = _ordinals(self._first), _ordinals(self._other)
        for index, its in self._pairs.items():
            line = self._first[index]
            if mine[index] != theirs[its] if line.place else index not in at_place:
                yield stock_of(line)

    def _as_many(self, stocks: AbstractSet[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of `stocks` of which as many lines are left in both, and some: others were drawn."""
        mine, theirs = (
            Counter(stock_of(lines[index]) for block in self._left for index in block[side])
            for side, lines in enumerate((self._first, self._other))
        )
        return {one for one in stocks if mine[one] == theirs[one] > 0}

    def _in_another_order(self) -> set[int]:
        """Pair lines that say the same but for when or how long, and come once in each, where they come in
        another order: the jobs of a pool of threads. They have moved."""
        a, b = (dict(self._once(side)) for side in (0, 1))
        both = sorted((index, b[key]) for key, index in a.items() if key in b)
        found = [one for one in _crossing(both) if 2 * len(one) > one[-1][0] - one[0][0]]
        taken = dict(pair for one in found for pair in one)
        self._take(taken)
        return {place for one in found for place in range(one[0][0], one[-1][0] + 1)}

    def _once(self, side: int) -> Iterator[tuple[Hashable, int]]:
        lines = (self._first, self._other)[side]
        keys = [(identity_of(lines[index]), index) for block in self._left for index in block[side]]
        number = Counter(key for key, _ in keys)
        return (one for one in keys if number[one[0]] == 1)

    def _in_block(self, mine: list[int], theirs: list[int]) -> None:
        """Pair what stands at the same place between equal lines: by shape, else by position."""
        a = [shape_of(self._first[one]) for one in mine]
        b = [shape_of(self._other[one]) for one in theirs]
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

    def _elsewhere(
        self, key: Callable[[Line], Hashable], among: Container[Hashable] | None = None
    ) -> set[int]:
        """Pair what is left of both over the whole text: it has moved, and so has what is between its
        places: of three lines in any order two runs show but one other."""
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for _, theirs in self._left:
            for index in theirs:
                one = key(self._other[index])
                if among is None or one in among:
                    waiting[one].append(index)
        taken: dict[int, int] = {}
        for mine, _ in self._left:
            for index in mine:
                if found := waiting.get(key(self._first[index])):
                    taken[index] = found.popleft()
        self._take(taken)
        return _spanned(taken, len(self._first))

    def _take(self, taken: Mapping[int, int]) -> None:
        self._pairs.update(taken)
        others = set(taken.values())
        for mine, theirs in self._left:
            _remove(mine, taken)
            _remove(theirs, others)


def _ordinals(lines: Sequence[Line]) -> list[int]:
    number: Counter[tuple[str, str]] = Counter()
    found: list[int] = []
    for line in lines:
        stock = stock_of(line)
        found.append(number[stock])
        number[stock] += 1
    return found


def _crossing(pairs: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    """The parts of `pairs`, which are in the order of their first places, whose second places are in another
    order, each as short as can be."""
    rest = [*accumulate((its for _, its in reversed(pairs)), min)][::-1]
    begin, last = 0, -1
    for index, (_, its) in enumerate(pairs):
        last = max(last, its)
        if index + 1 == len(pairs) or last < rest[index + 1]:
            if index > begin:
                yield pairs[begin : index + 1]
            begin = index + 1


def _remove(indexes: list[int], gone: Container[int]) -> None:
    indexes[:] = [one for one in indexes if one not in gone]


def widened(moved: AbstractSet[int], lines: Sequence[Line]) -> set[int]:
    """`moved` with the lines of the same shape before and after: one that was the first, or the last, in all
    runs was so by chance."""
    found = set(moved)
    shapes = [shape_of(one) for one in lines] if moved else []
    for way in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        near: set[tuple[str, str]] = set()
        for index in way:
            beside = index - way.step
            if beside not in found:
                near.clear()
                continue
            near.add(shapes[beside])
            if shapes[index] in near:
                found.add(index)
    return found


def pooled(patterns: Sequence[Pattern], moved: AbstractSet[int]) -> Iterator[tuple[int, Pattern]]:
    """Those of `moved` that look alike with the values of all of them wherever they are volatile in one:
    which thread did a job is chance, also where it was the same one twice. Numbers tell which job it is."""
    alike: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(list)
    for index in sorted(moved):
        one = patterns[index]
        if not (one.ragged or one.shuffled):
            alike[shape_of(Line("".join(one.pieces), one.place)), len(one.pieces)].append(index)
    for indexes in alike.values():
        members = [patterns[index] for index in indexes]
        pools = [_pool(members, place) for place in range(len(members[0].pieces))]
        if any(pools):
            for index, member in zip(indexes, members, strict=True):
                seen = (pool or own for pool, own in zip(pools, member.seen, strict=True))
                yield index, replace(member, seen=tuple(seen))


def _pool(members: Sequence[Pattern], place: int) -> tuple[str, ...]:
    if kind(members[0].pieces[place]) is Kind.NUMBER or not any(one.seen[place] for one in members):
        return ()
    return tuple(dict.fromkeys(one for each in members for one in each.seen[place] or (each.pieces[place],)))


def _spanned(pairs: Mapping[int, int], length: int) -> set[int]:
    """All places below `length` between the two of each pair, these included."""
    spanned: set[int] = set()
    end = 0
    for first, last in sorted((min(pair), max(pair)) for pair in pairs.items()):
        spanned.update(range(max(first, end), min(last + 1, length)))
        end = max(end, last + 1)
    return spanned
