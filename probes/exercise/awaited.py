"""How much of a stream of bytes is an answer: up to the end of what was expected of it."""

from __future__ import annotations

from collections.abc import Iterable

from probes.exercise.regex import Unsearchable, search

STREAM_LIMIT = 1 << 20
"""Bytes of a stream that are read at the most: one that has no end must have a bound."""


def end_of_expected(patterns: Iterable[str], data: bytes) -> int | None:
    """How many bytes of `data`, from its beginning, hold a match of every one of the regular
    expressions `patterns`; None while one is missing.

    What follows that point came by chance in the same segment: two runs differ in it.
    """
    text = data.decode("utf-8", "surrogateescape")
    end = 0
    for pattern in patterns:
        try:
            found = search(pattern, (text,))
        except Unsearchable:
            continue  # whoever judges the answer says so
        if found is None:
            return None
        end = max(end, found.end)
    return len(text[:end].encode("utf-8", "surrogateescape"))


def missing(patterns: Iterable[str], data: bytes) -> str:
    """The expressions that `data` does not hold, for people."""
    return ", ".join(repr(one) for one in patterns if end_of_expected((one,), data) is None)
