"""What a group of probes leaves behind in the conversation that it was part of."""

import time
from http.cookiejar import Cookie

import pytest

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import HttpProbe
from probes.exercise.parallel import run_together
from probes.exercise.session import Session
from slim.errors import ExerciseError

FIRST, SECOND = HttpProbe("GET", "/1"), HttpProbe("GET", "/2")


def cookie(name, value):
    where = ("localhost", True, False, "/", True)
    return Cookie(0, name, value, None, False, *where, False, None, True, None, None, {})


def together(conversation, *, late=FIRST, **actions):
    """Run both probes, `late` ends after the other; `first` and `second` act on their branches."""
    ended = []

    def run(probe, branch):
        while probe is late and not ended:
            time.sleep(0.001)
        actions["first" if probe is FIRST else "second"](branch)
        ended.append(probe)
        return Exchange(probe.name, "http", Result.ANSWERED, 200)

    return run_together((FIRST, SECOND), conversation, run)


@pytest.fixture
def conversation():
    """One that sends nothing, so that it needs no container."""
    conversation = Conversation(Session(None, None), {"kept": "0"})
    conversation.cookies.set_cookie(cookie("old", "0"))
    return conversation


def held(conversation):
    return {one.name: one.value for one in conversation.cookies}


@pytest.mark.parametrize("late", [FIRST, SECOND])
def test_the_later_probe_of_the_group_wins_whichever_ends_last(conversation, late):
    def act(value):
        def on(branch):
            branch.cookies.set_cookie(cookie("new", value))
            branch.variables["id"] = value

        return on

    exchanges = together(conversation, late=late, first=act("1"), second=act("2"))
    assert [one.probe for one in exchanges] == ["GET /1", "GET /2"]
    assert held(conversation) == {"old": "0", "new": "2"}
    assert conversation.variables == {"kept": "0", "id": "2"}


def test_none_of_a_group_sees_what_another_changes(conversation):
    seen = []

    def change(branch):
        branch.cookies.set_cookie(cookie("old", "1"))
        branch.variables["kept"] = "1"

    def look(branch):
        seen.append((held(branch), dict(branch.variables)))

    together(conversation, late=SECOND, first=change, second=look)
    assert seen == [({"old": "0"}, {"kept": "0"})]
    assert (held(conversation), conversation.variables) == ({"old": "1"}, {"kept": "1"})


def test_a_cookie_that_one_of_them_ends_is_gone(conversation):
    together(conversation, first=lambda branch: branch.cookies.clear(), second=lambda _: None)
    assert held(conversation) == {}


def test_a_cookie_that_one_ends_and_another_renews_stays(conversation):
    def renew(branch):
        branch.cookies.set_cookie(cookie("old", "9"))

    together(conversation, first=renew, second=lambda branch: branch.cookies.clear())
    assert held(conversation) == {"old": "9"}


def test_the_error_of_one_is_the_groups(conversation):
    def fail(_):
        raise ExerciseError("nothing listens")

    with pytest.raises(ExerciseError, match="nothing listens"):
        together(conversation, late=SECOND, first=lambda _: None, second=fail)
