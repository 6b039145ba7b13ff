"""Places that each run fills with other entries of one stock: a random sample of products.

Two such runs have some entries in common, at other places. To take those for a list in another order
would ask for the same ones in each run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from slim.verify.patterns import Line, Pattern, pattern
from slim.verify.shapes import stock_of
from slim.verify.tokens import shape, tokens

_SHARE = 3
"""Of so many lines of a text that moved at least one must be another; else that one is volatile."""


def drawn(
    partners: Sequence[Sequence[Line]], moved: AbstractSet[int], stocks: AbstractSet[tuple[str, str]]
) -> Mapping[int, Pattern]:
    """What may stand at those of `partners` (what stood there in each run) that are drawn: there are lines of
    one place of which some have `moved`, the same in all runs, or which are known to be of one of `stocks`,
    and others are not the same. Of one shape, or of other words; how many there are must agree, as it does
    for all that has moved."""
    found = dict(_of_texts(partners, moved))
    classes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, lines in enumerate(partners):
        if lines[0].place:
            shapes = {shape(tokens(one.text)) for one in lines}
            classes[lines[0].place, shapes.pop() if len(shapes) == 1 else ""].append(index)
    for (place, what), indexes in classes.items():
        changed = [index for index in indexes if len(set(partners[index])) > 1]
        others = indexes if what else [i for i, lines in enumerate(partners) if lines[0].place == place]
        same = [index for index in others if index in moved and len(set(partners[index])) == 1]
        if changed and (same or stock_of(partners[changed[0]][0]) in stocks):
            members = sorted({*changed, *same} - found.keys())
            texts = tuple(dict.fromkeys(line.text for index in members for line in partners[index]))
            one = pattern(texts, place) if what else Pattern(place, tokens(texts[0]), (texts,), (0, 0))
            found.update(dict.fromkeys(members, one))
    return found


def _of_texts(partners: Sequence[Sequence[Line]], moved: AbstractSet[int]) -> Iterator[tuple[int, Pattern]]:
    """Those of a text, which has no places: lines one after the other with as many words, of which not
    too few changed, and others but moved."""
    blocks: dict[tuple[int, tuple[str, str]], list[int]] = defaultdict(list)
    last = -1
    begin = 0
    for index, lines in enumerate(partners):
        stocks = set(map(stock_of, lines))
        if lines[0].place or index not in moved or len(stocks) > 1:
            continue
        begin = begin if index == last + 1 else index
        last = index
        blocks[begin, stocks.pop()].append(index)
    for members in blocks.values():
        changed = sum(len(set(partners[index])) > 1 for index in members)
        if _SHARE * changed >= len(members) > changed:
            texts = dict.fromkeys(line.text for index in members for line in partners[index])
            yield from dict.fromkeys(members, pattern(list(texts))).items()
