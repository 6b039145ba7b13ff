"""Pages of real frameworks: tokens, nonces and orders are masked at their place, holes are found."""

import pytest
from runs import differing, judged, page

DJANGO = """<!DOCTYPE html>
<html lang="en"><head><title>{title}</title>
<script nonce="{nonce}">window.now = "{now}";</script></head>
<body><nav><a href="/">Home</a> <a href="/about/">About</a></nav>
<form method="post" action="/login/">
<input type="hidden" name="csrfmiddlewaretoken" value="{csrf}">
<label>{label}</label><input type="text" name="user"></form>
{block}
<footer>Rendered {now} by {pid}</footer></body></html>
"""
FIRST = {
    "title": "Shop", "nonce": "cmFuZG9tMTIzNDU2Nzg5MA==", "now": "2026-11-21T08:29:20.123456Z", "pid": 7,
    "csrf": "aB3dE5gH7jK9lM1nO3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hI3jK5lM7nO9pQ1rS3t", "label": "User name",
    "block": "<ul><li>Tea<li>Rice</ul>",
}  # fmt: skip
SECOND = {
    **FIRST, "nonce": "b3RoZXIgcmFuZG9tIDEyMw==", "now": "2026-11-21T08:29:31.000456Z", "pid": 9,
    "csrf": "Zz3dE5gH7jK9lM1nO3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hI3jK5lM7nO9pQ1rSxx",
}  # fmt: skip
THIRD = {
    **FIRST, "nonce": "dGhlIHRoaXJkIHJhbmRvbQ==", "now": "2026-11-21T08:30:02.770001Z", "pid": 1234,
    "csrf": "Qq3dE5gH7jK9lM1nO3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hI3jK5lM7nO9pQ1rSyy",
}  # fmt: skip


def django(values, **other):
    return page(DJANGO.format(**{**values, **other}))


def test_tokens_nonces_and_times_are_masked():
    verdict = judged(django(FIRST), django(SECOND), slim=django(THIRD))
    assert verdict.verified, verdict.differences
    assert [(one.aspect, one.fat) for one in verdict.noted] == [("body", "5 volatile places")]


@pytest.mark.parametrize(
    ("other", "where"),
    [
        ({"block": ""}, "html > body"),
        ({"block": "<ul></ul>"}, "html > body > ul"),
        ({"label": "auth.username"}, "html > body > form > label"),
        ({"title": "Server Error"}, "html > head > title"),
        ({"csrf": ""}, "html > body > form"),
        ({"csrf": "NOTPROVIDED"}, "html > body > form"),
        ({"now": "never"}, "html > head > script"),
        ({"label": "User n\ufffdme"}, "html > body > form > label"),
    ],
)
def test_what_is_missing_is_found_at_its_place(other, where):
    found = differing(django(FIRST), django(SECOND), slim=django(THIRD, **other))
    assert found
    assert found[0][0] == "body"
    assert found[0][1].startswith(where)


def test_another_page_with_the_same_status_is_found():
    error = page("<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Oops</h1></body></html>")
    assert differing(django(FIRST), django(SECOND), slim=error)
    assert differing(django(FIRST), django(SECOND), slim=page(""))


def test_both_sides_are_told_with_what_is_volatile_masked():
    found = differing(
        page("<p>Hello 17, welcome</p>"), page("<p>Hello 23, welcome</p>"), slim=page("<p>Hello 5, bye</p>")
    )
    assert found == [("body", "p", "Hello …, welcome", "Hello 5, bye")]


def test_a_stable_page_must_be_the_same_bytes():
    one = page("<p class='a'>x</p>")
    assert judged(one, one, slim=one).verified
    assert differing(one, one, slim=page('<p class="a">x</p>'))


def test_attributes_and_classes_in_random_order():
    fats = [
        page('<div id="a" data-n="1" class="x y z">t</div>'),
        page('<div class="z x y" data-n="1" id="a">t</div>'),
    ]
    assert judged(*fats, slim=page('<div data-n="1" class="y z x" id="a">t</div>')).verified
    assert differing(*fats, slim=page('<div data-n="2" class="y z x" id="a">t</div>'))
    assert differing(*fats, slim=page('<div data-n="1" class="y z" id="a">t</div>'))


def test_entries_in_random_order():
    def listed(*entries):
        return page("<ul>" + "".join(f"<li><a href='/{one}'>{one}</a></li>" for one in entries) + "</ul>")

    fats = [listed("tea", "rice", "salt"), listed("salt", "tea", "rice")]
    assert judged(*fats, slim=listed("rice", "salt", "tea")).verified
    assert differing(*fats, slim=listed("rice", "salt"))
    assert differing(*fats, slim=listed("rice", "salt", "milk"))
    assert differing(*fats, slim=listed())


def test_a_list_whose_length_differs_must_have_entries():
    def listed(count):
        rows = "".join(f"<tr><td>job {n}</td><td>{n * 7} s</td></tr>" for n in range(count))
        return page(f"<h1>Jobs</h1><table>{rows}</table>")

    assert judged(listed(3), listed(5), slim=listed(2)).verified
    assert judged(listed(3), listed(5), slim=listed(9)).verified
    assert differing(listed(3), listed(5), slim=listed(0))


def test_state_in_a_script():
    state = (
        '<script id="__NEXT_DATA__">{{"props":{{"n":{n},"title":"{t}"}},"buildId":"{b}"}}</script><p>x</p>'
    )

    def rendered(n, build, title="Shop"):
        return page(state.format(n=n, b=build, t=title))

    fats = [rendered(1, "abcDEF123_x"), rendered(2, "zzzDEF999_y")]
    assert judged(*fats, slim=rendered(44, "qqqAAA111_z")).verified
    assert differing(*fats, slim=rendered(44, "qqqAAA111_z", title=""))


def test_pages_without_end_and_nonsense_are_compared():
    for text in ("<p", "<<<>>>", "<a href='", "<!-- x", "</", "<ul><li>1<li>2", "&#xD800;<b>\x00"):
        verdict = judged(page(text + "<i>1"), page(text + "<i>2"), slim=page(text + "<i>3"))
        assert verdict.probes == 1


def test_a_large_page_with_a_token_costs_little():
    rows = "".join(f"<tr><td>{n}</td><td>row {n % 7}</td></tr>" for n in range(8000))
    fats = [
        page(f"<p>{token}</p><table>{rows}</table>") for token in ("a1b2c3d4e5f6a7b8", "ffb2c3d4e5f6a7b8")
    ]
    assert judged(*fats, slim=page(f"<p>0123c3d4e5f6a7b8</p><table>{rows}</table>")).verified
    assert differing(*fats, slim=page(f"<p>0123c3d4e5f6a7b8</p><table>{rows[:-60]}</table>"))
