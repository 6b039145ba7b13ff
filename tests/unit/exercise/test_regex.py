import threading
import time

import pytest

from probes.exercise.exchange import Exchange, Result
from probes.exercise.expect import apply
from probes.exercise.parts import Expect
from probes.exercise.regex import Found, Unsearchable, search


def test_the_first_text_with_a_match_and_its_first_group():
    assert search("o(.)", ("xyz", "look")) == Found(1, 3, "o")
    assert search("look", ("a look",)) == Found(0, 6, "look")
    assert search("l(x)?", ("look",)) == Found(0, 1, None)
    assert search("q+", ("look",)) is None
    assert search("q", ()) is None


def test_what_is_no_text_is_searched_too():
    assert search("\udc80+\udcff?$", ("a\udc80\udc80\udcff",)) == Found(0, 4, "\udc80\udc80\udcff")


def test_what_is_no_expression_is_told():
    with pytest.raises(Unsearchable, match=r"/\(a\+/ is no regular expression: missing \), unterminated"):
        search("(a+", ("a",))


def test_an_expression_that_never_comes_to_an_end_is_given_up_and_the_next_is_searched_for():
    begin = time.monotonic()
    with pytest.raises(
        Unsearchable, match=r"/\(a\+\)\+\$/ was not searched to the end of 41 characters in 0.2 s"
    ):
        search("(a+)+$", ("a" * 40 + "!",), seconds=0.2)
    assert time.monotonic() - begin < 5
    assert search("a+!", ("aaa!",)) == Found(0, 4, "aaa!")


def test_other_threads_go_on_meanwhile():
    ticks = 0

    def hopeless():
        with pytest.raises(Unsearchable):
            search("(a+)+$", ("a" * 40 + "!",), seconds=1)

    thread = threading.Thread(target=hopeless)
    thread.start()
    while thread.is_alive():
        ticks += 1
        time.sleep(0.01)
    assert ticks > 20


def test_an_expectation_that_cannot_be_judged_does_not_hold():
    answer = Exchange("GET /", "http", Result.ANSWERED, status=200, body=b"a" * 40 + b"!", body_size=41)
    judged = apply(Expect(body=("(a+)+$",)), answer)
    assert (judged.result, judged.passed) == (Result.UNEXPECTED, False)
    assert "a repeat in a repeat is tried in every way" in judged.detail
