"""Lists of JSON that each run fills with other entries of one stock: a random sample of products.

Which entries two such samples have in common, and which are at one place in both, is chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from probes.exercise.content import Json
from slim.verify.tokens import shape, tokens

_MOST = 200
"""Entries of a list that may be a sample."""


def steady(shapes: Sequence[Sequence[str]]) -> set[str]:
    """What lists of any length must hold, of whose entries these are the `shapes` in each fat run: those that
    all have, and where most have others besides, only those at the same place from the beginning or from
    the end."""
    common = set.intersection(*map(set, shapes))
    if sum(set(one) > common for one in shapes) * 2 <= len(shapes):
        return common
    return common & {same for way in (1, -1) for same in _same_place([one[::way] for one in shapes])}


def _same_place(runs: Sequence[Sequence[str]]) -> set[str]:
    columns = zip(*runs, strict=False)
    return {one[0] for one in columns if len(set(one)) == 1}


def drawn(fats: Sequence[Sequence[Json]]) -> Sequence[Sequence[Json]] | None:
    """For each place of lists of one length the entries that may stand there, where they are texts, or
    records with the same keys, and a sample; None where not. Columns that are the same in all runs stay as
    they are."""
    number = len(fats[0])
    if not 0 < number <= _MOST:
        return None
    entries = [entry for one in fats for entry in one]
    if all(isinstance(entry, str) for entry in entries):
        return [list(dict.fromkeys(map(str, entries)))] * number if _is_sample(fats) else None
    records = [entry for entry in entries if isinstance(entry, dict)]
    if len(records) < len(entries) or any(one.keys() != records[0].keys() for one in records):
        return None
    columns = {key: [[one[key] for one in _rows(records, number, run)] for run in range(len(fats))]
               for key in records[0]}  # fmt: skip
    if not any(map(_is_sample, columns.values())):
        return None
    stable = [key for key, column in columns.items() if all(one == column[0] for one in column)]
    return [[{**one, **{key: own[key] for key in stable}} for one in records] for own in records[:number]]


def _rows(records: Sequence[dict[str, Json]], number: int, run: int) -> Sequence[dict[str, Json]]:
    return records[run * number : (run + 1) * number]


def _is_sample(column: Sequence[Sequence[Json]]) -> bool:
    """Whether there are texts that one run has at another place than the next, and at least as many that only
    one of the two has."""
    if not all(isinstance(value, str) and shape(tokens(value)) == value for one in column for value in one):
        return False
    for one, other in combinations(column, 2):
        places = {value: row for row, value in enumerate(map(str, one))}
        moved = {value for row, value in enumerate(map(str, other)) if places.get(value, row) != row}
        if moved and len(set(map(str, one)) ^ set(map(str, other))) >= len(moved):
            return True
    return False
