import gzip
import json

import pytest

from probes.exercise.exchange import Exchange, Result
from probes.exercise.expect import apply
from probes.exercise.parts import Expect

PAGE = b'{"user": {"name": "Ada", "roles": ["admin", "a/b~c"]}, "count": 2, "ok": true, "none": null}'


def answer(body=PAGE, status=200, result=Result.ANSWERED, headers=(), size=None):
    return Exchange(
        "GET /", "http", result, status=status, headers=headers, body=body, body_size=size or len(body)
    )


def command(exit_code=0, stdout=b"done\n"):
    return Exchange(
        "exec x", "exec", Result.ANSWERED, exit_code=exit_code, body=stdout, body_size=len(stdout)
    )


def judged(expect, exchange=None):
    """How it ended, and what is told of it."""
    exchange = apply(expect, exchange or answer())
    return exchange.result, exchange.detail


def test_without_expectations_nothing_changes():
    for exchange in (answer(), answer(status=500, result=Result.SERVER_ERROR), command(3)):
        assert apply(Expect(), exchange) == exchange


def test_one_of_the_statuses_must_have_come():
    assert judged(Expect(status=(200, 204))) == (Result.ANSWERED, "")
    assert judged(Expect(status=(201, 204))) == (Result.UNEXPECTED, "expected status 201 or 204, got 200")


def test_an_expected_server_error_is_an_answer_and_any_other_stays_an_error():
    broken = answer(status=503, result=Result.SERVER_ERROR)
    assert judged(Expect(status=(503,)), broken) == (Result.ANSWERED, "")
    assert judged(Expect(status=(200,)), broken) == (Result.SERVER_ERROR, "expected status 200")


def test_an_expected_server_error_must_be_as_expected_else():
    broken = answer(b"oh", status=503, result=Result.SERVER_ERROR)
    result, detail = judged(Expect(status=(503,), body=("sorry",)), broken)
    assert (result, detail) == (Result.UNEXPECTED, "expected a body that matches /sorry/, got oh")


def test_what_was_never_answered_stays_what_it_is():
    silent = Exchange("GET /", "http", Result.TIMED_OUT, detail="no complete answer")
    assert apply(Expect(status=(200,)), silent) == silent


def test_a_header_must_have_a_value_that_matches():
    exchange = answer(headers=(("x-tag", "one"), ("X-Tag", "two")))
    assert judged(Expect(headers=(("X-TAG", "^tw"),)), exchange)[0] is Result.ANSWERED
    assert judged(Expect(headers=(("x-tag", "three"), ("etag", "."))), exchange) == (
        Result.UNEXPECTED,
        "expected a header x-tag that matches /three/, got one, two; "
        "expected a header etag that matches /./, got none of that name",
    )


def test_every_expression_must_be_found_in_the_body():
    assert judged(Expect(body=("Ada", r'"count":\s+\d')))[0] is Result.ANSWERED
    assert judged(Expect(body=("Ada", "Grace")), answer(b"Ada\n  Byron")) == (
        Result.UNEXPECTED,
        "expected a body that matches /Grace/, got Ada Byron",
    )


def test_the_body_is_read_in_its_charset_and_without_its_coding():
    latin = answer("Grüße".encode("latin-1"), headers=(("Content-Type", "text/plain; charset=ISO-8859-1"),))
    assert judged(Expect(body=("Grüße",)), latin)[0] is Result.ANSWERED
    packed = answer(gzip.compress("Grüße".encode()), headers=(("Content-Encoding", "gzip"),))
    assert judged(Expect(body=("^Grüße$",)), packed)[0] is Result.ANSWERED
    odd = answer(b"fine", headers=(("Content-Type", "a; charset=nonsense"), ("Content-Encoding", "gzip")))
    assert judged(Expect(body=("fine",)), odd)[0] is Result.ANSWERED


def test_a_packed_body_unpacks_to_a_bound_only():
    bomb = answer(gzip.compress(bytes(1 << 25)), headers=(("Content-Encoding", "gzip"),))
    assert judged(Expect(body=("x",)), bomb)[0] is Result.UNEXPECTED


def test_a_long_body_tells_what_was_not_searched():
    _, detail = judged(Expect(body=("x",)), answer(b"abc", size=1000))
    assert (
        detail == "expected a body that matches /x/, got abc (997 bytes behind its first 3 were not searched)"
    )


def test_an_expression_that_is_none_is_told():
    result, detail = judged(Expect(body=("(",)))
    assert result is Result.UNEXPECTED
    assert detail.startswith("/(/ is no regular expression: ")


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/user/name", '"Ada"'),
        ("/user/roles/0", '"admin"'),
        ("/user/roles/1", '"a\\/b~c"'),
        ("/count", "2.0"),
        ("/none", "null"),
        ("/user/roles", '["admin","a/b~c"]'),
        ("", PAGE.decode()),
        ("/user", '{"roles": ["admin", "a/b~c"], "name": "Ada"}'),
    ],
)
def test_a_json_value_stands_where_the_pointer_leads(pointer, value):
    assert judged(Expect(json=((pointer, value),))) == (Result.ANSWERED, "")


@pytest.mark.parametrize(
    ("pointer", "value", "told"),
    [
        ("/user/name", '"Grace"', 'expected "Grace" at \'/user/name\' of the JSON, got "Ada"'),
        ("/count", "true", "expected true at '/count' of the JSON, got 2"),
        ("/ok", "1", "expected 1 at '/ok' of the JSON, got true"),
        ("/user/roles/2", "1", "expected 1 at '/user/roles/2' of the JSON, got nothing there"),
        ("/user/roles/00", "1", "expected 1 at '/user/roles/00' of the JSON, got nothing there"),
        ("/user/roles/-", "1", "expected 1 at '/user/roles/-' of the JSON, got nothing there"),
        ("/user/name/x", "1", "expected 1 at '/user/name/x' of the JSON, got nothing there"),
        ("user", "1", "'user' is no JSON Pointer: it begins with no '/' (RFC 6901)"),
        ("/count", "two", "what is expected is no JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_another_json_value_is_told(pointer, value, told):
    assert judged(Expect(json=((pointer, value),))) == (Result.UNEXPECTED, told)


def test_pointers_spell_slashes_and_tildes_as_the_rfc_does():
    document = answer(json.dumps({"a/b": 1, "m~n": 2, "~1": 3, "": 4, " ": 5}).encode())
    wanted = (("/a~1b", "1"), ("/m~0n", "2"), ("/~01", "3"), ("/", "4"), ("/ ", "5"))
    assert judged(Expect(json=wanted), document) == (Result.ANSWERED, "")


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"<html>", "expected JSON, got <html> (the body is no JSON: "), (b"", "expected JSON, got nothing"),
     (b"[" * 200_000, "it is nested too deep"), (b"\xff\xfe\xfd", "the body is no JSON")],
)  # fmt: skip
def test_a_body_that_is_no_json_is_told(body, told):
    result, detail = judged(Expect(json=(("/a", "1"),)), answer(body))
    assert result is Result.UNEXPECTED
    assert told in detail


def test_json_that_is_cut_is_not_read():
    _, detail = judged(Expect(json=(("/a", "1"),)), answer(b'{"a": 1}', size=5_000_000))
    assert "too long to be read as JSON: 5000000 bytes" in detail


def test_a_command_passes_with_the_exit_code_that_is_expected():
    failing = apply(Expect(exit_code=3), command(3))
    assert (failing.passed, failing.expected_exit, failing.result) == (True, 3, Result.ANSWERED)
    wrong = apply(Expect(exit_code=3), command(0))
    assert (wrong.passed, wrong.detail) == (False, "expected exit code 3, got 0")


def test_standard_output_is_the_body_of_a_command():
    assert apply(Expect(body=("^done$",)), command(stdout=b"done")).passed
    told = judged(Expect(body=("ready",)), command())
    assert told == (Result.UNEXPECTED, "expected standard output that matches /ready/, got done")


def test_a_command_that_failed_is_not_judged_by_its_output():
    assert judged(Expect(body=("ready",)), command(2)) == (Result.ANSWERED, "")
