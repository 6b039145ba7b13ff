"""What several runs have in common in the midst of a line of which the rest is not even as long.

Three words or marks that come once in each run, at least two of them words: `db=connected` between two
sentences that are other ones each time. Lists are no such words: of two red and blue ones, both have
`red, blue` by chance. It costs no more than the length of the line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from slim.verify.tokens import Kind, kind

_TOGETHER = 3
_SHORTEST = 2
"""Letters of a word."""
_Window = tuple[str, ...]


def common_blocks(runs: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What all of `runs`, the pieces of a line each, have in common, in its order."""
    first, *others = (_windows(one) for one in runs)
    common = [one for one in first if all(one in other for other in others)]
    for other in others:
        common = _rising(common, other)
    blocks: list[tuple[int, int]] = []
    last: _Window = ()
    for window in common:
        start, end = first[window], first[window] + len(window)
        if not blocks or start >= blocks[-1][1]:
            blocks.append((start, end))
        elif all(one[window] - one[last] == start - first[last] for one in others):
            blocks[-1] = (blocks[-1][0], end)
        else:
            continue
        last = window
    return tuple("".join(runs[0][start:end]) for start, end in blocks)


def holds(text: str, blocks: Sequence[str]) -> bool:
    """Whether `blocks` come in `text` in their order."""
    position = 0
    for one in blocks:
        found = text.find(one, position)
        if found < 0:
            return False
        position = found + len(one)
    return True


def _windows(pieces: Sequence[str]) -> Mapping[_Window, int]:
    """Those that come once in `pieces`, and where."""
    told = [index for index, one in enumerate(pieces) if kind(one) is not Kind.SPACE]
    steady = [kind(one) in (Kind.WORD, Kind.MARK) and one != "," for one in pieces]
    found: dict[_Window, int] = {}
    number: Counter[_Window] = Counter()
    for places in zip(*(told[begin:] for begin in range(_TOGETHER)), strict=False):
        words = sum(_is_word(pieces[one]) for one in places)
        if words >= _TOGETHER - 1 and all(steady[one] for one in places):
            window = tuple(pieces[places[0] : places[-1] + 1])
            found[window] = places[0]
            number[window] += 1
    return {one: place for one, place in found.items() if number[one] == 1}


def _is_word(piece: str) -> bool:
    return len(piece) >= _SHORTEST and piece.replace("_", "").isalpha()


def _rising(windows: Sequence[_Window], places: Mapping[_Window, int]) -> list[_Window]:
    """The most of `windows` that come in the same order in `places`."""
    ends: list[int] = []
    chosen: list[int] = []
    before: list[int] = []
    for index, window in enumerate(windows):
        at = bisect_left(ends, places[window])
        before.append(chosen[at - 1] if at else -1)
        ends[at : at + 1] = [places[window]]
        chosen[at : at + 1] = [index]
    last = chosen[-1] if chosen else -1
    found: list[_Window] = []
    while last >= 0:
        found.append(windows[last])
        last = before[last]
    return found[::-1]
