"""What entries say that are other ones in each run."""

import json

import pytest
from runs import answer, differing, judged


def served(value):
    return answer(json.dumps(value), "Content-Type: application/json")


def agrees(*fats, slim):
    return judged(*map(served, fats), slim=served(slim)).verified


def test_values_under_keys_that_are_volatile():
    fats = {"jobs": {"a1b2": "done", "c3d4": "done"}}, {"jobs": {"e5f6": "done"}}
    assert agrees(*fats, slim={"jobs": {"0a1b": "done", "2c3d": "queued"}})
    assert differing(*map(served, fats), slim=served({"jobs": {"0a1b": "aborted", "2c3d": "aborted"}})) == [
        ("body", "/jobs/*", '"done"', '"aborted"')
    ]
    assert not agrees(*fats, slim={"jobs": {"0a1b": "done", "2c3d": "failed"}})


@pytest.mark.parametrize(("good", "bad"), [("done", "aborted"), (True, False)])
def test_values_within_entries(good, bad):
    def jobs(*ids, state=good):
        return {"jobs": {one: {"state": state, "tries": [state]} for one in ids}}

    fats = jobs("a1b2", "c3d4"), jobs("e5f6", "07b8")
    assert agrees(*fats, slim=jobs("9a0b"))
    assert not agrees(*fats, slim=jobs("9a0b", "1c2d", state=bad))


def test_entries_of_lists_of_any_length():
    def jobs(*names, state="done"):
        return [{"name": name, "state": state} for name in names]

    fats = jobs("ada", "bob"), jobs("eve", "dan", "joe")
    assert agrees(*fats, slim=jobs("ann", "bea"))
    assert not agrees(*fats, slim=jobs("ann", "bea", state="aborted"))


def test_values_of_several_types():
    fats = {"by": {"a1b2": "done", "c3d4": True}}, {"by": {"e5f6": True, "07b8": "done"}}
    assert agrees(*fats, slim={"by": {"9a0b": "done"}})
    assert not agrees(*fats, slim={"by": {"9a0b": "gone", "1c2d": False}})


def test_values_that_differ_among_the_fat_runs_may_be_any():
    fats = {"by": {"a1b2": "idle"}}, {"by": {"c3d4": "busy"}}
    assert agrees(*fats, slim={"by": {"e5f6": "gone"}})
    fats = {"by": {"a1b2": "key 12"}}, {"by": {"c3d4": "key 12"}}
    assert agrees(*fats, slim={"by": {"e5f6": "key 3"}})
