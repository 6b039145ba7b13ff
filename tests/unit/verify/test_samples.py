"""Lists of JSON with other entries of one stock each time, and what must not pass for one."""

import json
import random
import time

from runs import answer, differing, judged

from slim.verify.samples import drawn, steady

STOCK = ("Red chair", "Blue table", "Small lamp", "Oak shelf", "Garden gnome", "Steel kettle", "Wool rug")


def served(value):
    return answer(json.dumps(value), "Content-Type: application/json")


def agrees(*fats, slim):
    return judged(*map(served, fats), slim=served(slim)).verified


def shop(*picks, price=5):
    return [
        {"rank": rank, "id": one, "name": STOCK[one], "left": (one + price) % 4 or None, "unit": "piece"}
        for rank, one in enumerate(picks)
    ]


def test_a_sample_of_records():
    fats = shop(0, 3, 4), shop(0, 4, 1)
    assert agrees(*fats, slim=shop(5, 2, 3))
    assert agrees(*fats, slim=shop(4, 6, 0, price=2))
    good = shop(5, 2, 3)
    for bad in (good[:-1], [*good, good[0]], [*good[:-1], {}], [good[1], good[0], good[2]]):
        assert not agrees(*fats, slim=bad), bad
    for other in ({"unit": "kg"}, {"name": None}, {"name": "no such product"}, {"rank": 7}, {"id": "x"}):
        assert not agrees(*fats, slim=[{**good[0], **other}, *good[1:]]), other


def test_a_sample_of_texts():
    fats = ["b", "a", "e"], ["b", "e", "g"]
    assert agrees(*fats, slim=["d", "c", "f"])
    assert not agrees(*fats, slim=["d", "c"])
    assert not agrees(*fats, slim=["d", "c", None])
    assert not agrees(["b", "a", "e"], ["b", "a", "g"], slim=["c", "a", "e"])


def test_most_of_it_in_another_order_is_no_sample():
    assert drawn([["a", "b", "c", "d", "e"], ["b", "a", "d", "c", "x"]]) is None
    assert drawn([[1, 2, 3], [2, 4, 5]]) is None
    assert drawn([["a"], ["b"]]) is None


def test_a_sample_of_any_length():
    fats = {"also": ["Red chair", "Blue table"]}, {"also": ["Wool rug", "Oak shelf", "Red chair"]}
    assert agrees(*fats, slim={"also": ["Small lamp"]})
    assert not agrees(*fats, slim={"also": []})
    assert not agrees(*fats, slim={"also": [None]})


def test_what_is_at_its_place_in_each_run_is_no_chance():
    fats = {"users": ["admin", "ada"]}, {"users": ["admin", "bob", "eve"]}
    assert agrees(*fats, slim={"users": ["dan", "admin"]})
    assert differing(*map(served, fats), slim=served({"users": ["dan", "joe"]})) == [
        ("body", "/users", '"admin"', "")
    ]
    assert not agrees(*({"users": one["users"][::-1]} for one in fats), slim={"users": ["dan", "joe"]})


def test_what_all_have_and_nothing_besides_is_no_chance():
    assert steady([["admin", "guest", "guest"], ["guest", "admin"]]) == {"admin", "guest"}
    assert steady([["admin", "ada"], ["eve", "dan", "admin"]]) == set()


def test_it_costs_little():
    chance = random.Random(1)
    fats = [[{"name": chance.choice(STOCK), "n": n} for n in range(200)] for _ in range(2)]
    begin = time.monotonic()
    assert judged(served(fats[0]), served(fats[1]), slim=served(fats[1])).verified
    judged(
        served(fats[0]), served(fats[1]), slim=served([{"name": STOCK[n % 7], "n": n} for n in range(200)])
    )
    assert time.monotonic() - begin < 4
