"""JSON of real services: ids and times are masked at their JSON Pointer, everything else is judged."""

import json

import pytest
from runs import answer, differing, judged

ITEM = {
    "id": "550e8400-e29b-41d4-a716-446655440000", "created": "2026-11-21T08:29:20.123456+00:00",
    "name": "tea", "price": 2.5, "tags": ["a", "b"], "owner": {"login": "ada", "session": 17},
}  # fmt: skip
AGAIN = {
    **ITEM, "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "created": "2026-11-21T08:29:31.000001+00:00",
    "owner": {"login": "ada", "session": 99},
}  # fmt: skip
LATER = {
    **ITEM, "id": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "created": "2026-11-21T08:31:00.5+00:00",
    "owner": {"login": "ada", "session": 5},
}  # fmt: skip


def served(value, **more):
    return answer(json.dumps(value), "Content-Type: application/json", **more)


def found(*fats, slim):
    return [one[1:] for one in differing(*map(served, fats), slim=served(slim))]


def agrees(*fats, slim):
    return judged(*map(served, fats), slim=served(slim)).verified


def test_ids_and_times_are_masked_and_told_by_number():
    verdict = judged(served(ITEM), served(AGAIN), slim=served(LATER))
    assert verdict.verified, verdict.differences
    assert [(one.aspect, one.fat) for one in verdict.noted] == [("body", "3 volatile places")]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"name": "rice"}, [("/name", "tea", "rice")]),
        ({"price": None}, [("/price", "2.5", "null")]),
        ({"price": 2}, [("/price", "2.5", "2")]),
        ({"tags": []}, [("/tags", '2 entries: ["a", "b"]', "0 entries: []")]),
        ({"tags": ["b", "a"]}, [("/tags/0", "a", "b"), ("/tags/1", "b", "a")]),
        ({"id": None}, [("/id", '"550e8400-e29b-41d4-a716-446655440000"', "null")]),
        ({"id": ""}, [("/id", "…", "")]),
        ({"created": "now"}, [("/created", "…", "now")]),
        ({"owner": {"login": "ada"}}, [("/owner/session", "17", "")]),
        ({"owner": {"login": "ada", "session": "x"}}, [("/owner/session", "17", '"x"')]),
        ({"error": "x"}, [("/error", "", '"x"')]),
    ],
)
def test_a_real_difference_is_told_with_its_pointer(other, expected):
    assert found(ITEM, AGAIN, slim={**LATER, **other}) == expected


def test_an_answer_that_is_no_json_any_more():
    fats = served(ITEM), served(AGAIN)
    assert differing(*fats, slim=answer("Internal error", "Content-Type: application/json"))
    assert differing(*fats, slim=answer("", "Content-Type: application/json"))
    assert differing(*fats, slim=served({"detail": "not found"}))


def test_lists_in_another_order_are_sets():
    assert agrees(["a", "b", "c"], ["c", "a", "b"], slim=["b", "c", "a"])
    assert not agrees(["a", "b", "c"], ["c", "a", "b"], slim=["b", "c", "d"])
    assert not agrees(["a", "b", "c"], ["c", "a", "b"], slim=["b", "c"])


def test_lists_in_another_order_with_volatile_values_in_them():
    def users(*pairs):
        return [{"name": name, "id": f"550e8400-e29b-41d4-a716-4466554400{n:02}"} for name, n in pairs]

    fats = users(("ada", 1), ("bob", 2)), users(("bob", 3), ("ada", 4))
    assert agrees(*fats, slim=users(("bob", 7), ("ada", 8)))
    assert agrees(*fats, slim=users(("ada", 7), ("bob", 8)))
    assert not agrees(*fats, slim=users(("ada", 7), ("eve", 8)))


def test_a_list_whose_length_is_volatile_must_hold_what_it_held():
    fats = {"jobs": [{"n": 1}, {"n": 2}]}, {"jobs": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert agrees(*fats, slim={"jobs": [{"n": 9}]})
    assert not agrees(*fats, slim={"jobs": []})
    assert not agrees(*fats, slim={"jobs": [{"error": "x"}]})
    assert not agrees(*fats, slim={"jobs": None})


def test_what_each_run_had_in_a_list_of_volatile_length_is_not_lost():
    fats = {"users": ["admin", "guest 12"]}, {"users": ["admin", "guest 9", "guest 31"]}
    assert agrees(*fats, slim={"users": ["guest 4", "admin"]})
    assert found(*fats, slim={"users": ["guest 4", "guest 9"]}) == [("/users", '"admin"', "")]


@pytest.mark.parametrize("told", ["TemplateNotFound: late.html", "ModuleNotFoundError: No module named 'x'"])
def test_the_name_of_an_exception_is_no_volatile_text(told):
    fats = {"text": "amber dune"}, {"text": "oak jade ember moss sage"}
    assert agrees(*fats, slim={"text": "terror of the mirror"})
    assert not agrees(*fats, slim={"text": told})


def test_a_list_that_was_empty_in_one_fat_run_may_be_empty():
    assert agrees({"jobs": []}, {"jobs": [1]}, slim={"jobs": []})


def test_keys_that_are_volatile():
    fats = {"by_id": {"a1b2": {"n": 1}}}, {"by_id": {"c3d4": {"n": 1}}}
    assert agrees(*fats, slim={"by_id": {"e5f6": {"n": 1}}})
    assert not agrees(*fats, slim={"by_id": {}})
    assert not agrees(*fats, slim={"by_id": {"e5f6": None}})
    assert not agrees(*fats, slim={"by_id": {"e5f6": {"n": 1}, "error": "x"}})


def test_how_long_something_took_may_agree_by_chance():
    assert agrees({"elapsed": 3, "n": 1}, {"elapsed": 3, "n": 1}, slim={"elapsed": 4, "n": 1})
    assert not agrees({"elapsed": 3, "n": 1}, {"elapsed": 3, "n": 1}, slim={"elapsed": 3, "n": 2})


def test_null_in_one_fat_run_and_a_value_in_the_other():
    assert agrees({"last": None}, {"last": "2026-11-21"}, slim={"last": None})
    assert agrees({"last": None}, {"last": "2026-11-21"}, slim={"last": "2026-11-22"})
    assert not agrees({"last": None}, {"last": "2026-11-21"}, slim={"last": 3})


def test_null_in_one_fat_run_and_the_same_value_in_the_others():
    for first, other in ((3, 2), ("2026-11-21", "2026-11-22")):
        fats = {"last": None}, {"last": first}, {"last": first}
        assert agrees(*fats, slim={"last": other})
        assert not agrees(*fats, slim={})
        assert not agrees(*fats, slim={"last": [other]})
    assert not agrees({"last": None}, {"last": "ok"}, {"last": "ok"}, slim={"last": "no"})
    assert not agrees({"ok": None}, {"ok": True}, {"ok": True}, slim={"ok": False})
    assert not agrees({"last": 3}, {"last": 3}, {"last": 3}, slim={"last": 2})


def test_a_stable_answer_must_be_the_same_bytes():
    one = served({"a": 1, "b": 2})
    assert differing(one, one, slim=answer('{"b": 2, "a": 1}', "Content-Type: application/json"))


def test_nesting_without_end():
    for depth in (100, 500, 5000):
        text = "[" * depth + "{}" + "]" * depth
        fats = [answer(text.format(n)) for n in (1, 2)]
        assert judged(*fats, slim=answer(text.format(3))).verified
        assert not judged(*fats, slim=answer(text.format("null"))).verified


def test_lines_of_json():
    def log(*numbers):
        return answer("".join(f'{{"n": {n}, "ok": true}}\n' for n in numbers))

    assert judged(log(1, 2), log(3, 4), slim=log(8, 9)).verified
    assert not judged(
        log(1, 2), log(3, 4), slim=answer('{"n": 8, "ok": false}\n{"n": 9, "ok": true}\n')
    ).verified
