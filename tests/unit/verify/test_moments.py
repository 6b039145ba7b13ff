"""Times of the run itself: they must be that of slim's run, in the zone of the fat ones."""

import json
import time

import pytest
from runs import answer, judged, output

from slim.verify.moments import is_own_time, strays

START = 1795249760.0  # 2026-11-21 08:29:20 UTC
CLOCKS = START, START + 35, START + 300


def told(text, *, when):
    return output(f"begin\n{text}\nend\n", started=when)


def agree(first, second, slim):
    fats = (told(one, when=clock) for one, clock in zip((first, second), CLOCKS, strict=False))
    return judged(*fats, slim=told(slim, when=CLOCKS[-1])).verified


@pytest.mark.parametrize(
    ("first", "second", "same", "others"),
    [
        ("2026-11-21 08:29:20", "2026-11-21 08:29:55", "2026-11-21 08:34:20",
         ["1970-01-01 00:00:00", "2026-11-21 09:34:20", "2026-11-20 08:34:20", "0001-01-01 00:00:00"]),
        ("2026-11-21T09:29:20+01:00", "2026-11-21T09:29:55+01:00", "2026-11-21T09:34:21+01:00",
         ["2026-11-21T08:34:21+00:00", "2026-11-21T09:34:21+00:00"]),
        ("Nov 21 09:29:20 CET 2026", "Nov 21 09:29:55 CET 2026", "Nov 21 09:34:20 CET 2026",
         ["Nov 21 08:34:20 UTC 2026", "Jan  1 00:00:00 CET 1970"]),
        ("Nov 21 08:29:20", "Nov 21 08:29:55", "Nov 21 08:34:20", ["Jan  1 00:00:00", "Nov 21 13:34:20"]),
        ("[21/Nov/2026:08:29:20 +0000]", "[21/Nov/2026:08:29:55 +0000]", "[21/Nov/2026:08:34:20 +0000]",
         ["[01/Jan/1970:00:00:00 +0000]"]),
        ("it is 08:29:20", "it is 08:29:55", "it is 08:34:20", ["it is 00:00:00", "it is 07:34:20"]),
        ("it is 8:29 a.m.", "it is 8:30 a.m.", "it is 8:34 a.m.", ["it is 8:34 p.m.", "it is 9:34 a.m."]),
        ("at 1795249760.25", "at 1795249795.5", "at 1795250060.75", ["at 0", "at 1795000000.0", "at 1.5"]),
        ("at 1795249760250", "at 1795249795500", "at 1795250060750", ["at 1700000000000"]),
        # expires in 30 days
        ("until 2026-12-21 08:29:20", "until 2026-12-21 08:29:55", "until 2026-12-21 08:34:20",
         ["until 1970-01-31 00:00:00", "until 2026-11-21 08:34:20"]),
    ],
)  # fmt: skip
def test_a_run_tells_its_own_time(first, second, same, others):
    assert agree(first, second, same)
    for other in others:
        assert not agree(first, second, other), other


def test_a_time_that_both_fat_runs_had_by_chance_is_of_one_zone():
    assert agree("now: 08:29", "now: 08:29", "now: 08:34")
    assert not agree("now: 08:29", "now: 08:29", "now: 09:34")


@pytest.mark.parametrize(
    ("first", "second", "slim"),
    [
        ("created 2019-03-01 10:00:00", "created 2024-07-11 23:10:05", "created 2021-01-01 00:00:00"),
        ("leaves 14:35", "leaves 03:10", "leaves 21:55"),
        ("1 ? 00:00:00 sh", "1 ? 00:00:03 sh", "1 ? 00:01:07 sh"),
        ("on 2026-11-21", "on 2026-11-22", "on 2026-11-22"),
        ("key 1899999999", "key 1712345678", "key 1600000000"),
        ("id 2059000001123456789", "id 2059000301123456789", "id 2059090001123456789"),
        ("midnight 08:29:20", "midnight 08:29:55", "midnight 08:34:20"),
    ],
)
def test_times_that_are_not_of_the_clock_may_be_any(first, second, slim):
    assert agree(first, second, slim)


def test_in_json_too():
    def served(when, **values):
        return answer(json.dumps(values), "Content-Type: application/json", started=when)

    fats = served(START, ts=START + 0.5, n=4), served(START + 35, ts=START + 35.5, n=5)
    assert judged(*fats, slim=served(START + 60, ts=START + 61, n=9)).verified
    for other in (0, 1.5, START - 7200):
        assert not judged(*fats, slim=served(START + 60, ts=other, n=9)).verified


def test_without_a_clock_nothing_is_known():
    assert not is_own_time("08:29:20", 0.0)
    assert not strays(("08:29:20",), "03:00:00", (0.0, START, START))


@pytest.mark.parametrize(
    "bait", ["9" * 100_000, "Nov " * 25_000, "1:1" * 33_000, "Aa" * 50_000, "- " * 50_000]
)
def test_it_costs_no_more_than_its_length(bait):
    begin = time.monotonic()
    strays(("2026-11-21 08:29:20", "2026-11-21 08:29:55"), bait, CLOCKS)
    strays((bait, bait + "1"), "2026-11-21 08:29:55", CLOCKS)
    is_own_time(bait, START)
    assert time.monotonic() - begin < 1
