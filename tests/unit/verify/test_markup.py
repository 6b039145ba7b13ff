"""Pages as lines: which elements are open."""

import time

import pytest
from runs import answer, differing, judged, page

from slim.verify.markup import page_lines


def chart(*dots, label="Total", wrap="{}"):
    shapes = "".join(f'<circle cx="{x}" cy="{y}"/>' for x, y in dots)
    return wrap.format(f'<svg xmlns="http://www.w3.org/2000/svg"><g>{shapes}</g><text>{label}</text></svg>')


@pytest.mark.parametrize("wrap", ["{}", "<!DOCTYPE html><html><body><div>{}</div><p>Bye</p></body></html>"])
def test_the_number_of_closed_elements_does_not_move_what_follows(wrap):
    def drawn(*dots, **more):
        return page(chart(*dots, wrap=wrap, **more))

    fats = drawn((1, 2), (3, 4)), drawn((1, 9), (2, 4), (3, 3))
    assert judged(*fats, slim=drawn((5, 5), (6, 1), (7, 7), (8, 3))).verified
    assert not judged(*fats, slim=drawn((5, 5), label="Error")).verified
    assert not judged(*fats, slim=drawn()).verified


@pytest.mark.parametrize(
    "head", ['<?xml version="1.0"?>\n<feed>', '<feed xmlns="http://www.w3.org/2005/Atom">']
)
def test_xml(head):
    def feed(*terms, title="News"):
        tags = "".join(f'<category term="{one}"/>' for one in terms)
        text = f"{head}<entry>{tags}<name>{title}</name></entry></feed>"
        return answer(text, "Content-Type: application/atom+xml")

    assert [one.place for one in page_lines(feed("a", "b").body.decode()) if one.text == "News"] == [
        "feed > entry > name"
    ]
    assert judged(feed("n1", "n2"), feed("n3"), slim=feed("n4", "n5", "n6")).verified
    assert differing(feed("n1", "n2"), feed("n3"), slim=feed("n4", title="Gone"))


def test_in_html_itself_it_means_nothing():
    assert page_lines("<html><body><b/>x</body></html>")[-1].place == "html > body > b"
    assert [one.text for one in page_lines("<svg><script>a='/>'</script><b>c</b></svg>")] == [
        "<svg>", "<script>", "a='/>'", "<b>", "c"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bait",
    ["<a " + "b " * 50_000, " " * 100_000, "<a/" * 33_000, "<svg>" + "<g/>" * 25_000, "<x xmlns" * 12_000],
)
def test_it_costs_no_more_than_its_length(bait):
    begin = time.monotonic()
    page_lines(bait)
    assert time.monotonic() - begin < 2
