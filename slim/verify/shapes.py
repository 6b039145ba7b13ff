"""Lines without what is likely to differ from run to run: for finding those that are alike."""

from __future__ import annotations

import re

from slim.verify.patterns import Line
from slim.verify.tokens import Kind, kind, shape, tokens

_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*\{[^{}]*\}) +([-+]?(?:\d[\d.]*(?:[eE][-+]?\d+)?|Inf)|NaN)(?: \d+)?\Z")
"""A sample of Prometheus with labels: its text format 0.0.4."""


def shape_of(line: Line) -> tuple[str, str]:
    """Its place, and its shape. A sample is what its name and labels say, whatever its value is."""
    if sample := _SAMPLE.match(line.text):
        return line.place, f"{_with_numbers(sample[1])} <number>"
    return line.place, shape(tokens(line.text))


def identity_of(line: Line) -> tuple[str, str]:
    """Its place, and its shape with the numbers: which job it tells of, not when nor how long it took."""
    return line.place, _with_numbers(line.text)


def stock_of(line: Line) -> tuple[str, str]:
    """What one entry that is drawn of a stock has in common with the next: in a page its place and the tag's
    name, in a text how many words it has, and of which kinds."""
    if line.place:
        return line.place, line.text[: line.text.find(" ")] if line.text.startswith("<") else ""
    return "", " ".join(kind(one).value for one in tokens(line.text))


def _with_numbers(text: str) -> str:
    return "".join(one if kind(one) is Kind.NUMBER else shape((one,)) for one in tokens(text))
