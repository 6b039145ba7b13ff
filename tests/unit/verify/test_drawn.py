"""A page with other entries of one stock each time, and what must not pass for one."""

import random

import pytest
from runs import judged, output, page

STOCK = ("Red chair", "Blue table", "Small lamp", "Old oak shelf", "Gnome", "Kettle")


def shop(*picks):
    items = "".join(f'<li><a href="/p/{one}">{STOCK[one]}</a></li>' for one in picks)
    return page(f"<html><body><h1>Shop</h1><ul>{items}</ul><p>Bye</p></body></html>")


FATS = shop(0, 3, 4), shop(3, 0, 1)


def test_others_of_the_stock_may_be_drawn():
    assert judged(*FATS, slim=shop(5, 3, 2)).verified
    assert judged(*FATS, slim=shop(2, 5, 1)).verified


def test_as_many_must_be_drawn_and_nothing_else_may_change():
    assert not judged(*FATS, slim=shop(5, 3)).verified
    assert not judged(*FATS, slim=shop(5, 3, 2, 1)).verified
    for gone in ("<h1>Shop</h1>", "<p>Bye</p>", "Kettle", 'href="/p/5"'):
        body = shop(5, 3, 2).body.decode()
        assert gone in body
        assert not judged(*FATS, slim=page(body.replace(gone, ""))).verified, gone


def test_trouble_is_not_drawn():
    broken = shop(5, 3, 2).body.decode().replace("Kettle", "no such product")
    assert not judged(*FATS, slim=page(broken)).verified


def test_a_list_in_another_order_holds_what_it_held():
    fats = shop(0, 3, 4), shop(3, 0, 4)
    assert judged(*fats, slim=shop(4, 0, 3)).verified
    assert not judged(*fats, slim=shop(4, 0, 5)).verified


def shuffled(*picks, after="name-a"):
    return output("\n".join(("these were drawn:", *picks, "a", after, "bye")) + "\n")


DRAWN = shuffled("name-d", "name-a", "name-b"), shuffled("name-b", "name-f", "name-a")


def test_lines_of_a_text_are_drawn():
    for picks in (
        ("name-g", "name-e", "name-c"),
        ("name-a", "name-g", "name-b"),
        ("name-e", "name-b", "name-a"),
    ):
        assert judged(*DRAWN, slim=shuffled(*picks)).verified, picks
    for picks in (
        ("name-g", "name-e"),
        ("name-g", "name-e", "name-c", "name-d"),
        ("name-g", "name-e", "no such thing"),
        ("name-g", "name-e", "17"),
    ):
        assert not judged(*DRAWN, slim=shuffled(*picks)).verified, picks


def test_what_is_stable_beside_may_not_be_one_of_the_stock():
    assert not judged(*DRAWN, slim=shuffled("name-e", "name-b", "name-c", after="name-b")).verified
    less = shuffled("name-e", "name-b", "name-c").body.decode()
    for gone in ("these were drawn:\n", "a\nname-a", "name-a\nbye", "bye\n"):
        assert not judged(*DRAWN, slim=output(less.replace(gone, "\n"))).verified, gone


def test_what_moved_beside_one_that_is_other_each_time_is_a_set():
    fats = shuffled("alpha", "beta", "gamma", "sage"), shuffled("beta", "gamma", "alpha", "moss")
    assert judged(*fats, slim=shuffled("gamma", "alpha", "beta", "dune")).verified
    assert not judged(*fats, slim=shuffled("gamma", "alpha", "delta", "dune")).verified


@pytest.mark.parametrize("seed", range(20))
def test_samples_of_a_page_however_they_fall(seed):
    chance = random.Random(seed)
    fats = [shop(*chance.sample(range(6), 3)) for _ in range(4)]
    assert judged(*fats, slim=shop(*chance.sample(range(6), 3))).verified
    assert not judged(*fats, slim=shop(*chance.sample(range(6), 2))).verified
