"""What is stable between two volatile parts of one line."""

import random
import time

from runs import differing, judged, output, page

from slim.verify.blocks import common_blocks, holds
from slim.verify.tokens import tokens

WORDS = ["amber", "dune", "oak", "jade", "ember", "moss", "sage", "birch", "cedar", "flint", "gale", "heath"]


def words(chance):
    return " ".join(chance.choice(WORDS) for _ in range(chance.randrange(2, 9)))


def status(chance, state="connected", cache="warm"):
    return f"quote={words(chance)}; db={state}; cache={cache}; motd={words(chance)}"


def test_what_is_stable_between_sentences_is_found():
    chance = random.Random(1)
    for wrap in (lambda one: output(f"{one}\n"), lambda one: page(f"<html><body><p>{one}</p></body></html>")):
        fats = [wrap(status(chance)) for _ in range(2)]
        for _ in range(20):
            assert judged(*fats, slim=wrap(status(chance))).verified
        assert differing(*fats, slim=wrap(status(chance, "gone away")))
        assert differing(*fats, slim=wrap(status(chance, cache="cold")))


def test_it_is_told_in_the_midst():
    fats = output("say oak jade; db=connected; moss\n"), output("say sage; db=connected; ember flint\n")
    assert differing(*fats, slim=output("say oak jade; db=gone; moss\n")) == [
        ("standard output", "line 1", "say …db=connected…", "say oak jade; db=gone; moss")
    ]


def test_sentences_of_the_same_words_have_nothing_in_common():
    chance = random.Random(2)
    found = sum(bool(common_blocks([tokens(words(chance)), tokens(words(chance))])) for _ in range(500))
    assert found < 15
    assert not common_blocks([tokens("has red, blue, green"), tokens("black, red, blue")])


def test_blocks_in_order():
    runs = [tokens("x one two three y four five six z"), tokens("one two three q r four five six")]
    assert common_blocks(runs) == ("one two three", "four five six")
    assert common_blocks([*runs, tokens("four five six one two three")]) in (
        ("one two three",),
        ("four five six",),
    )
    assert holds("a one two three b four five six", common_blocks(runs))
    assert not holds("four five six one two three", common_blocks(runs))


def test_it_costs_no_more_than_its_length():
    chance = random.Random(3)
    for bait in (
        "word " * 20_000,
        "a = b " * 17_000,
        "".join(f"{chance.choice(WORDS)} " for _ in range(17_000)),
    ):
        begin = time.monotonic()
        common_blocks([tokens(bait), tokens(f"{bait}other one"), tokens(f"now {bait}")])
        assert time.monotonic() - begin < 3
