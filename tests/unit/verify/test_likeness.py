"""What may stand at a volatile place, or at one that is the same by chance; and what is lost there."""

import json
import time

import pytest
from runs import answer, judged, output

from slim.verify.likeness import TROUBLE, alike, excused, may_stand, vanished

CLOCKS = 0.0, 0.0, 0.0


@pytest.mark.parametrize(
    "before",
    ["time: ", "request_time: ", "responseTime: ", "response-time: ", "took_ms: ", "uptime: ", "elapsed ",
     "worker pid ", "x-runtime: ", "Thread-", "TIME="],
)  # fmt: skip
def test_a_number_that_tells_how_long_or_which_process(before):
    assert excused(before, "3", "60", CLOCKS)
    assert not excused(before, "3", "sixty", CLOCKS)


@pytest.mark.parametrize(
    "before", ["lifetime: ", "lifeTime: ", "LIFETIME=", "sometimes ", "subprocess ", "timeout: ", "mistook "]
)
def test_a_number_that_was_configured(before):
    assert not excused(before, "3600", "60", CLOCKS)


def test_durations_are_measured_and_whole_seconds_are_configured():
    for fat, slim in (("12 ms", "14 ms"), ("1.25 s", "2.0 s"), ("0.01s", "0.2s")):
        assert excused("in ", fat, slim, CLOCKS)
    assert not excused("every ", "30.0 s", "5.0 s", CLOCKS)
    assert excused("elapsed: ", "30.0 s", "31.0 s", CLOCKS)
    for fat, slim in (("took 1s", "took 0s"), ("real\t0m0.011s", "real\t0m0.017s")):
        assert judged(*[output(fat)] * 2, slim=output(slim)).verified
    for fat, slim in (("every 30s", "every 5s"), ("after 1m30s", "after 0m5s"), ("took 1s", "took ages")):
        assert not judged(*[output(fat)] * 2, slim=output(slim)).verified
    assert not judged(*[output("every 30 seconds\n")] * 2, slim=output("every 5 seconds\n")).verified


@pytest.mark.parametrize(
    ("fats", "lost", "fine"),
    [
        (("found 17 products", "found 23 products"), "found 0 products", "found 9 products"),
        (("found 3 products", "found 4 products"), "found 0 products", "found 1 products"),
        (("id 9c348f5a11", "id d47a16e022"), "id 0000000000", "id 0000000001"),
        (("id 12345678", "id 87654321"), "id 00000000", "id 00000009"),
        (("at 0x7f3a2b10", "at 0x7fe04c22"), "at 0x0", "at 0x7f000010"),
        (("ip 172.17.0.2", "ip 172.17.0.3"), "ip 0.0.0.0", "ip 172.17.0.4"),
        (("550e8400-e29b-41d4-a716-446655440000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
         "00000000-0000-0000-0000-000000000000", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
    ],
)  # fmt: skip
def test_what_became_nothing_is_lost(fats, lost, fine):
    said = [output(f"{one}\n") for one in fats]
    assert judged(*said, slim=output(f"{fine}\n")).verified
    assert not judged(*said, slim=output(f"{lost}\n")).verified


@pytest.mark.parametrize(
    ("first", "second", "slim"),
    [
        ("queue 1", "queue 3", "queue 0"),
        ("queue 0", "queue 9", "queue 0"),
        ("up 3 seconds", "up 4 seconds", "up 0 seconds"),
        ("cpu 3%", "cpu 4%", "cpu 0%"),
        ("took_ms: 3", "took_ms: 4", "took_ms: 0"),
        ("load 0.30", "load 0.40", "load 0.00"),
        ("at 00:00:03", "at 00:00:04", "at 00:00:00"),
        ("in 3 ms", "in 4 ms", "in 0 ms"),
    ],
)
def test_what_may_be_nothing_by_chance(first, second, slim):
    assert judged(output(first), output(second), slim=output(slim)).verified


def test_counts_in_json():
    def served(key, number):
        return answer(json.dumps({key: number}), "Content-Type: application/json")

    assert not judged(served("found", 17), served("found", 23), slim=served("found", 0)).verified
    assert judged(served("queued", 1), served("queued", 3), slim=served("queued", 0)).verified
    assert judged(served("elapsed", 3), served("elapsed", 4), slim=served("elapsed", 0)).verified


def test_a_number_or_nothing_is_no_word():
    assert alike(("NaN", "0.5"), "0.25")
    assert not alike(("NaN", "0.5"), "oops")


@pytest.mark.parametrize(
    "bait", ["0" * 100_000, "time" * 25_000, "0x" * 50_000, "load 1.0 " * 11_000, "aE" * 50_000]
)
def test_it_costs_no_more_than_its_length(bait):
    begin = time.monotonic()
    for one in (bait, bait + " ", bait + "!"):
        may_stand((one, one + "1"), one + "0", one, one, CLOCKS)
        excused(one, "1", "2", CLOCKS)
        vanished((one,), "0" * 100_000)
        TROUBLE.search(one)
    assert time.monotonic() - begin < 2
