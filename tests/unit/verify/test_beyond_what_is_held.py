"""Texts that are longer than what is held of them."""

import random
from dataclasses import replace

import pytest
from runs import answer, differing, judged, page

from probes.exercise.exchange import BODY_HELD

KINDS = {
    "text": lambda token, rows: (
        f"token {token}\n" + "".join(f"row {row} of the long table\n" for row in rows)
    ),
    "page": lambda token, rows: (
        f"<html><body><p>{token}</p><table>"
        + "".join(f"<tr><td>{row}</td><td>of the long table</td></tr>" for row in rows)
    ),
    "numbers": lambda token, rows: "".join(
        f"row {row} took {random.Random(f'{token} {row}').randrange(10 ** (1 + row % 4))} of it\n"
        for row in rows
    ),
}


def held(text, make):
    made = make(text, "Content-Type: text/plain" if make is answer else "X-A: b")
    return replace(made, body=made.body[:BODY_HELD])


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_are_gone_are_missed_in_the_length(kind):
    make = page if kind == "page" else answer
    fats = [held(KINDS[kind](token, range(4000)), make) for token in ("a1b2c3d4", "ffb2c3d4")]
    for seed in range(10):
        assert judged(*fats, slim=held(KINDS[kind](f"0{seed}b2c3d4", range(4000)), make)).verified
    gone = held(KINDS[kind]("00b2c3d4", range(3950)), make)
    assert [one[:2] for one in differing(*fats, slim=gone)] == [("body", "its length")]
    few = held(KINDS[kind]("00b2c3d4", range(3988)), make)
    assert kind == "numbers" or differing(*fats, slim=few)


def test_a_length_that_varies_may_vary():
    fats = [held(KINDS["text"](n, range(n)), answer) for n in (2000, 2060)]
    assert judged(*fats, slim=held(KINDS["text"](2, range(2150)), answer)).verified
    assert not judged(*fats, slim=held(KINDS["text"](2, range(1500)), answer)).verified


def test_how_much_was_not_compared_is_told():
    fats = [held(KINDS["text"](token, range(4000)), answer) for token in ("a1b2c3d4", "ffb2c3d4")]
    slim = held(KINDS["text"]("00b2c3d4", range(4000)), answer)
    (noted,) = [one for one in judged(*fats, slim=slim).noted if one.why]
    assert noted.fat == f"{fats[0].body_size - BODY_HELD} bytes beyond the first {BODY_HELD}"
