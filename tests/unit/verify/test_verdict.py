"""The verdict on two runs of the same probes."""

from dataclasses import replace

from probes.exercise.exchange import Exchange, Result, Transcript
from probes.watch.trace import Trace
from slim.verify.model import Evidence
from slim.verify.verdict import did_not_start, verdict_of

HOME = Exchange(
    "GET /", "http", Result.ANSWERED, status=200, headers=(), body=b"hello", body_size=5, body_sha256="aa"
)


def run(*exchanges):
    return Transcript(exchanges, None)


def compare(fat, slim):
    """Of a fat image that does the same twice."""
    return verdict_of(evidence(fat), (evidence(fat),), evidence(slim))


def aspects(verdict):
    return [(one.probe, one.aspect, one.fat, one.slim) for one in verdict.differences]


def test_runs_that_agree_are_verified():
    verdict = compare(run(HOME), run(HOME))
    assert verdict.verified
    assert (verdict.probes, verdict.agreed) == (1, 1)


def test_nothing_compared_is_not_verified():
    assert not compare(run(), run()).verified


def test_another_status_differs():
    verdict = compare(run(HOME), run(replace(HOME, status=404)))
    assert not verdict.verified
    assert aspects(verdict) == [("GET /", "status", "200", "404")]


def test_a_server_error_says_both_sides():
    broken = replace(HOME, result=Result.SERVER_ERROR, status=500)
    assert aspects(compare(run(HOME), run(broken))) == [
        ("GET /", "reachability", "answered: 200", "server error: 500")
    ]


def test_a_dead_container_differs_with_its_last_words():
    dead = replace(HOME, result=Result.DIED, status=None, detail="exit code 1")
    assert aspects(compare(run(HOME), run(dead))) == [
        ("GET /", "reachability", "answered: 200", "container died (exit code 1)")
    ]


def test_another_exit_code_differs_even_where_the_fat_one_was_not_zero():
    fat = Exchange("run to its end", "exit", Result.ANSWERED, exit_code=3)
    assert compare(run(fat), run(fat)).verified
    assert aspects(compare(run(fat), run(replace(fat, exit_code=127)))) == [
        ("run to its end", "exit code", "3", "127")
    ]


def test_a_probe_that_was_not_replayed_differs():
    assert not compare(run(HOME, HOME), run(HOME)).verified


def test_other_bytes_of_a_page_differ():
    verdict = compare(run(HOME), run(replace(HOME, body=b"later", body_sha256="bb")))
    assert [one.aspect for one in verdict.differences] == ["body"]


def test_an_application_that_does_not_start_is_not_verified():
    verdict = did_not_start(run(HOME), "the container exited with code 127")
    assert not verdict.verified
    assert "127" in verdict.differences[0].slim


def evidence(transcript):
    return Evidence(transcript, Trace("sha256:0", complete=True))


def test_what_both_fat_runs_agree_upon_is_judged_and_what_differs_between_them_is_noted():
    def made(where):
        return evidence(run(replace(HOME, redirects=(f"/orders/{where}",))))

    verdict = verdict_of(made(1), (made(3),), made(2))
    assert (verdict.verified, [one.aspect for one in verdict.noted]) == (True, ["redirects"])
    verdict = verdict_of(made(1), (made(1),), made(2))
    assert aspects(verdict) == [("GET /", "redirects", "/orders/1", "/orders/2")]
    assert (verdict.agreed, verdict.noted) == (0, ())


def test_bytes_of_a_stream_are_a_body_and_those_of_a_command_its_output():
    for kind, aspect in {"tcp": "body", "websocket": "body", "exec": "standard output"}.items():
        one = replace(HOME, kind=kind)
        differing = compare(run(one), run(replace(one, body=b"other", body_sha256="bb"))).differences
        assert [difference.aspect for difference in differing] == [aspect]
