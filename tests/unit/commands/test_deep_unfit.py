"""From which made-up runs of the fat image nothing can be concluded."""

import pytest

from probes.exercise.exchange import Exchange, Result, Transcript
from probes.observe import Observation
from probes.watch.trace import Trace
from slim.commands.deep import unfit

BEFORE = Exchange("GET /", "http", Result.ANSWERED, status=200)
UP = Exchange("until port 80 accepts connections", "until", Result.ANSWERED, exit_code=0)


def ran(*exchanges, complete=True, reasons=()):
    trace = Trace("sha256:0", complete, reasons)
    return Observation(trace, Transcript(exchanges, None), (), 80, (), True)


@pytest.mark.parametrize("result", [Result.REFUSED, Result.TIMED_OUT, Result.BROKEN, Result.DIED])
def test_a_server_that_is_not_up_again_after_a_restart_proves_nothing(result):
    after = Exchange("GET / after a restart", "http", result)
    assert unfit(ran(BEFORE, UP, after)) == f"GET / after a restart: {result.value}"


def test_a_server_that_answers_after_a_restart_is_compared():
    failing = Exchange("GET / after a restart", "http", Result.SERVER_ERROR, status=500)
    assert unfit(ran(BEFORE, UP, BEFORE)) == ""
    assert unfit(ran(BEFORE, UP, failing)) == ""


def test_what_is_refused_without_a_restart_must_be_refused_on_slim_too():
    assert unfit(ran(Exchange("GET /", "http", Result.REFUSED))) == ""


def test_a_server_that_did_not_start_again_and_a_tool_that_did_not_end_prove_nothing():
    late = Exchange("until port 80 accepts connections", "until", Result.TIMED_OUT, detail="not within 10 s")
    assert unfit(ran(BEFORE, late)) == "not within 10 s"
    assert unfit(ran(Exchange("exit", "exit", Result.TIMED_OUT))) == "it did not end"
    assert unfit(ran(complete=False, reasons=("lost", "late"))) == "lost; late"
