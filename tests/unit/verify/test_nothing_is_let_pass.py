"""Whatever an answer holds: beside what is volatile, no change of what is stable goes unseen."""

import json
import string

from hypothesis import given, settings
from hypothesis import strategies as some
from runs import answer, differing, judged, output, page

WORDS = some.text(string.ascii_lowercase, min_size=1, max_size=8).filter(lambda word: word != "changed")
LEAVES = some.none() | some.booleans() | some.integers(-1000, 1000) | WORDS
DOCUMENTS = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, min_size=1, max_size=4) | some.dictionaries(WORDS, inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)
LINES = some.lists(some.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=20)
HEX = some.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda one: one.strip("0"))
THREE = some.tuples(HEX, HEX, HEX).filter(lambda three: len(set(three)) == 3)
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def leaves(document, path=()):
    """The way to each leaf of a document."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inner:
        if isinstance(value, dict | list) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def changed(document, path, value):
    document = json.loads(json.dumps(document))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


@FEW
@given(DOCUMENTS, THREE, some.data())
def test_any_value_of_json(document, ids, data):
    def served(one, held):
        return answer(json.dumps({"id": one, "of": held}), "Content-Type: application/json")

    document = document if isinstance(document, dict | list) and document else [document]
    fats = served(ids[0], document), served(ids[1], document)
    assert judged(*fats, slim=served(ids[2], document)).verified
    way = data.draw(some.sampled_from(list(leaves(document))))
    found = differing(*fats, slim=served(ids[2], changed(document, way, "changed")))
    assert [where for _, where, *_ in found] == ["/of/" + "/".join(map(str, way))]


@FEW
@given(LINES, THREE, some.data())
def test_any_line_of_a_text(lines, ids, data):
    def told(one, held):
        return output("\n".join((*held[: len(held) // 2], f"id {one}", *held[len(held) // 2 :])) + "\n")

    fats = told(ids[0], lines), told(ids[1], lines)
    assert judged(*fats, slim=told(ids[2], lines)).verified
    index = data.draw(some.integers(0, len(lines) - 1))
    assert differing(*fats, slim=told(ids[2], [*lines[:index], "changed", *lines[index + 1 :]]))
    less = [*lines[:index], *lines[index + 1 :]]
    assert not judged(*fats, slim=answer_without(told, ids[2], lines, less)).verified


def answer_without(told, value, lines, less):
    """With the line gone, and the volatile one at its place."""
    middle = len(lines) // 2
    gone = told(value, lines).body.decode().splitlines()
    gone.remove(next(line for line in lines if lines.count(line) > less.count(line)))
    assert middle <= len(gone)
    return output("\n".join(gone) + "\n")


@FEW
@given(LINES, THREE, some.data())
def test_any_element_of_a_page(texts, ids, data):
    def rendered(one, held):
        items = "".join(f'<li class="a"><b>{text}</b></li>' for text in held)
        return page(f'<html><body><input value="{one}"><ul>{items}</ul><p>{one}</p></body></html>')

    fats = rendered(ids[0], texts), rendered(ids[1], texts)
    assert judged(*fats, slim=rendered(ids[2], texts)).verified
    index = data.draw(some.integers(0, len(texts) - 1))
    assert differing(*fats, slim=rendered(ids[2], [*texts[:index], "changed", *texts[index + 1 :]]))
    assert differing(*fats, slim=rendered(ids[2], texts[:index] + texts[index + 1 :]))


@FEW
@given(some.binary(max_size=200), some.binary(max_size=200), some.binary(max_size=200))
def test_nothing_that_is_sent_breaks_the_verdict(first, second, third):
    for kind in ("text/html", "application/json", "text/plain; charset=utf-16", "x/\xff; charset=none"):
        one, other, slim = (answer(data, f"Content-Type: {kind}") for data in (first, second, third))
        assert judged(one, other, slim=slim).probes == 1
        assert judged(one, other, slim=one).verified
        assert judged(one, other, slim=other).verified


@FEW
@given(some.text(max_size=120), some.text(max_size=120))
def test_a_page_agrees_with_itself(first, second):
    fats = page(f"<p>{first}"), page(f"<p>{second}")
    assert judged(*fats, slim=fats[1]).verified
    assert judged(*fats, slim=fats[0]).verified
