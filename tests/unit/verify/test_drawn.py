"""A page with other entries of one stock each time, and what must not pass for one."""

from runs import judged, page

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
