"""What answers hold may be long and odd: comparing them costs no more than their length."""

import random
import time

import pytest
from runs import answer, judged, output

LENGTH = 100_000
BAITS = {
    "spaces": " ", "digits": "7", "letters": "a", "capitals": "aB", "words": "lorem ipsum ", "zeros": "0",
    "times": "08:29:20 ", "dates": "2026-11-21 ", "months": "Nov 21 ", "hex": "a1b2c3d4 ", "base64": "aB3+/",
    "percent": "%2B", "pairs": "a=b; ", "marks": ".,:;", "bytes": "02:42:", "load": "load 1.0, ",
    "tags": "<g/>", "attributes": "<a b='c' ", "labels": 'a{b="', "quantiles": 'x{quantile="0.5"} ',
    "times of": "time: ", "json": '{"a":[', "lines": "row 1\n", "returns": "9%\r", "underscores": "_a1",
    "dashes": "a-1-", "numbers": "12 ",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
@pytest.mark.parametrize("bait", BAITS)
def test_a_bait_of_any_kind(bait, kind):
    text = (BAITS[bait] * LENGTH)[:LENGTH]
    chance = random.Random(bait)
    begin = time.monotonic()
    answers = [
        answer(f"{chance.randrange(10**9)} {text}{chance.randrange(10**9)}", f"Content-Type: {kind}",
               started=1795249760.0)
        for _ in range(3)
    ]  # fmt: skip
    judged(*answers[:2], slim=answers[2])
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("what", ["jobs", "words", "rows"])
def test_a_thousand_lines_in_any_order(what):
    chance = random.Random(what)

    def told():
        lines = {
            "jobs": [
                f"[pool-{chance.randrange(4)}] job {n} ok ({chance.randrange(99)}ms)" for n in range(800)
            ],
            "words": [chance.choice(["amber", "dune", "oak", "jade", "ember"]) for _ in range(2000)],
            "rows": [f"row {chance.randrange(500)} of {chance.randrange(9)}" for _ in range(1500)],
        }[what]
        chance.shuffle(lines)
        return output("\n".join(lines) + "\n")

    begin = time.monotonic()
    judged(told(), told(), told(), slim=told())
    assert time.monotonic() - begin < 20
