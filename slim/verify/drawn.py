"""Places of a page that each run fills with other entries of one stock: a random sample of products.

Two such runs have some entries in common, at other places. To take those for a list in another order
would ask for the same ones in each run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from slim.verify.patterns import Line, Pattern, pattern
from slim.verify.tokens import shape, tokens


def drawn(partners: Sequence[Sequence[Line]], moved: AbstractSet[int]) -> Mapping[int, Pattern]:
    """What may stand at those of `partners` (what stood there in each run) that are drawn: there are lines of
    one place of which some have `moved`, the same in all runs, and others are not the same. Of one shape, or
    of other words; how many there are must agree, as it does for all that has moved."""
    classes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, lines in enumerate(partners):
        if lines[0].place:
            shapes = {shape(tokens(one.text)) for one in lines}
            classes[lines[0].place, shapes.pop() if len(shapes) == 1 else ""].append(index)
    found: dict[int, Pattern] = {}
    for (place, what), indexes in classes.items():
        changed = [index for index in indexes if len(set(partners[index])) > 1]
        others = indexes if what else [i for i, lines in enumerate(partners) if lines[0].place == place]
        same = [index for index in others if index in moved and len(set(partners[index])) == 1]
        if changed and same:
            members = sorted({*changed, *same} - found.keys())
            texts = tuple(dict.fromkeys(line.text for index in members for line in partners[index]))
            one = pattern(texts, place) if what else Pattern(place, tokens(texts[0]), (texts,), (0, 0))
            found.update(dict.fromkeys(members, one))
    return found
