"""One line as several runs had it: what they have in common, and the places where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slim.verify.blocks import common_blocks, holds
from slim.verify.likeness import BEFORE, TROUBLE, excused, may_be_excused, may_stand
from slim.verify.moments import Clocks
from slim.verify.tokens import Kind, kind, shape, tokens

MASK = "…"
_WITHIN = frozenset("+/=%-")
"""Marks that are no end of a random value: RFC 4648, section 4; RFC 3986, section 2.1."""
_SCREEN = 160
"""Characters of an excerpt."""

_AFTER = 3
"""Pieces after a value that tell what it is."""


@dataclass(frozen=True)
class Line:
    """A line of text, or a node of a page."""

    text: str
    place: str = ""
    """Of a node: the elements around it. Lines of different places are never the same."""


@dataclass(frozen=True)
class Pattern:
    """What a line may look like."""

    place: str
    pieces: tuple[str, ...]
    """Of the first fat run."""
    seen: tuple[tuple[str, ...], ...]
    """At each of `pieces` the different values of the fat runs, where there are several."""
    ragged: tuple[int, int] | None = None
    """Where the fat runs differ in how many pieces there are: how many at the beginning and at the end
    they have in common; `seen` has one entry then, of what is between them."""
    blocks: tuple[str, ...] = ()
    """What they have in common there, in its order."""
    shuffled: bool = False
    """The fat runs have the same pieces in another order."""

    @property
    def text(self) -> str:
        """The line with `…` for what is volatile."""
        if self.shuffled:
            return "".join(self.pieces)
        if self.ragged:
            head, tail = self.ragged
            between = "".join(f"{one}{MASK}" for one in self.blocks)
            return "".join((*self.pieces[:head], MASK, between, *self.pieces[len(self.pieces) - tail :]))
        return "".join(MASK if seen else one for one, seen in zip(self.pieces, self.seen, strict=True))

    @property
    def fixed(self) -> bool:
        """Whether only the very same line matches."""
        return not (self.shuffled or self.ragged or any(self.seen) or self._excusable())

    def _excusable(self) -> bool:
        before = ""
        for one in self.pieces:
            if may_be_excused(before, one):
                return True
            before = (before + one)[-BEFORE:]
        return False

    @property
    def masked(self) -> int:
        """How many places of it are volatile."""
        return sum(map(bool, self.seen)) + bool(self.ragged) + self.shuffled

    @property
    def blurred(self) -> bool:
        """Whether it may be any of several lines that are alike, so that none of them is known by it."""
        return bool(self.ragged) or any(one and kind(one[0]) is Kind.NUMBER for one in self.seen)

    def matches(self, found: tuple[str, ...], clocks: Clocks = (0.0, 0.0)) -> bool:
        """Whether `found` may stand where this line stood."""
        if found == self.pieces:
            return True
        if self.shuffled:
            return sorted(found) == sorted(self.pieces)
        if self.ragged:
            return self._between(found)
        if self._piece_by_piece(found, clocks):
            return True
        otherwise_cut = len(found) != len(self.pieces) or any(map(self._is_within, range(len(self.pieces))))
        return otherwise_cut and any(self.seen) and self._around_literals("".join(found))

    def _piece_by_piece(self, found: tuple[str, ...], clocks: Clocks) -> bool:
        if len(found) != len(self.pieces):
            return False
        before = ""
        loose = True  # a space beside what is volatile pads it
        for index, (mine, seen, one) in enumerate(zip(self.pieces, self.seen, found, strict=True)):
            if seen:
                padding = kind(one) is Kind.SPACE and kind(mine) is Kind.SPACE
                after = "".join(self.pieces[index + 1 : index + _AFTER])
                if not padding and not may_stand(seen, one, before, after, clocks):
                    return False
            elif mine != one:
                loose = self._beside_volatile(index)
                padding = loose and mine.isspace() and one.isspace()
                if not padding and not excused(before, mine, one, clocks):
                    return False
            before = (before + mine)[-BEFORE:]
        return True

    def _beside_volatile(self, index: int) -> bool:
        return any(self.seen[max(0, index - 1) : index + 2])

    def _around_literals(self, found: str) -> bool:
        """Whether what is fixed comes in its order in `found`: one random value may fall into more pieces
        than another, as the marks of base64 and of percent-encoding come in it by chance."""
        parts: list[str] = [""]
        lengths: list[int] = []
        for index, (mine, seen) in enumerate(zip(self.pieces, self.seen, strict=True)):
            if not seen and not self._is_within(index):
                parts[-1] += mine
                continue
            if parts[-1] or not lengths:
                parts.append("")
                lengths.append(0)
            lengths[-1] += len(mine)
        if not found.startswith(parts[0]) or not found.endswith(parts[-1]):
            return False
        rest = found[len(parts[0]) : len(found) - len(parts[-1])] if parts[-1] else found[len(parts[0]) :]
        for literal, known in zip(parts[1:-1], lengths, strict=False):
            value, cut, rest = rest.partition(literal)
            if not cut or not _like_random(known, value):
                return False
        return _like_random(lengths[-1], rest)

    def _is_within(self, index: int) -> bool:
        """Whether a piece that is fixed is in the midst of one random value, or at its end, as it comes by
        chance: a mark, or what is percent-encoded."""
        if self.seen[index] or not self._may_be_random(index):
            return False
        first = last = index
        while first >= 0 and not self.seen[first] and self._may_be_random(first):
            first -= 1
        while last < len(self.pieces) and not self.seen[last] and self._may_be_random(last):
            last += 1
        before = first >= 0 and bool(self.seen[first])
        after = last < len(self.pieces) and bool(self.seen[last])
        random = (before and kind(self.pieces[first]) is Kind.SECRET) or (
            after and kind(self.pieces[last]) is Kind.SECRET
        )
        return (before and after) or random or ((before or after) and "%" in self.pieces[first + 1 : last])

    def _may_be_random(self, index: int) -> bool:
        return self.pieces[index] in _WITHIN or (index > 0 and self.pieces[index - 1] == "%")

    def _between(self, found: tuple[str, ...]) -> bool:
        head, tail = self.ragged or (0, 0)
        if len(found) < head + tail or found[:head] != self.pieces[:head]:
            return False
        if tail and found[-tail:] != self.pieces[-tail:]:
            return False
        middle = "".join(found[head : len(found) - tail])
        lengths = [len(one) for one in self.seen[0]]
        if middle and TROUBLE.search(middle) and not any(map(TROUBLE.search, self.seen[0])):
            return False
        if not holds(middle, self.blocks) or (min(lengths) and not middle):
            return False
        return min(lengths) // 4 - 2 <= len(middle) <= 3 * max(lengths) + 40


def pattern(lines: Sequence[str], place: str = "") -> Pattern:
    """What `lines`, which several runs had at the same place, have in common. At least one."""
    pieces = tuple(dict.fromkeys(tokens(one) for one in lines))
    first = pieces[0]
    if len(pieces) == 1:
        return Pattern(place, first, ((),) * len(first))
    if all(sorted(one) == sorted(first) for one in pieces) and len(first) > 2:
        return Pattern(place, first, ((),) * len(first), shuffled=True)
    if all(len(one) == len(first) for one in pieces):
        values = tuple(tuple(dict.fromkeys(column)) for column in zip(*pieces, strict=True))
        whole = Pattern(place, first, tuple(one if len(one) > 1 else () for one in values))
        if holds(whole.text, common_blocks(pieces)):
            return whole  # else there are as many pieces by chance
    head = _common(pieces)
    tail = _common([one[head:][::-1] for one in pieces])
    while tail and first[len(first) - tail] in _WITHIN:  # in common by chance: the end of a random value
        tail -= 1
    between = [one[head : len(one) - tail] for one in pieces]
    middles = tuple(dict.fromkeys(map("".join, between)))
    return Pattern(place, first, (middles,), ragged=(head, tail), blocks=common_blocks(between))


def by_kind(line: Line) -> Pattern:
    """The pattern of a line that only some of the fat runs had: whatever is likely to change may."""
    pieces = tokens(line.text)
    seen = tuple((one,) if shape((one,)).startswith("<") and shape((one,)) != one else () for one in pieces)
    return Pattern(line.place, pieces, seen)


def _like_random(length: int, value: str) -> bool:
    """Whether `value` may be another random value of about so many characters: a long one."""
    return length >= 8 and length // 2 <= len(value) <= 2 * length and " " not in value


def _common(pieces: Sequence[tuple[str, ...]]) -> int:
    count = 0
    for column in zip(*pieces, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def excerpts(fat: str, slim: str) -> tuple[str, str]:
    """Both sides around the first place that differs."""
    first = next((i for i, (a, b) in enumerate(zip(fat, slim, strict=False)) if a != b), 0)
    first = first if fat != slim else 0
    if not first and min(len(fat), len(slim)) and (fat.startswith(slim) or slim.startswith(fat)):
        first = min(len(fat), len(slim))
    return _around(fat, first), _around(slim, first)


def _around(text: str, place: int) -> str:
    start = max(0, place - _SCREEN // 3) if len(text) > _SCREEN else 0
    end = start + _SCREEN
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
