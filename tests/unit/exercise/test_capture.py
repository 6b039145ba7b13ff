import time
from http.cookiejar import CookieJar

import pytest

from probes.exercise.capture import capture, form_field
from probes.exercise.exchange import Exchange, Result
from probes.exercise.http import BODY_KEPT, send
from probes.exercise.model import HttpProbe
from probes.exercise.parts import Capture

BODY = b'{"token": "a b", "id": 7, "tags": ["x", true], "nothing": null}'
HEADERS = (("Location", "/items/7"), ("Set-Cookie", "sid=abc==; Path=/; HttpOnly"), ("X-Empty", ""))


def take(source, expression, body=BODY, result=Result.ANSWERED, cookies=None):
    exchange = Exchange("GET /", "http", result, 200, headers=HEADERS, body=body, body_size=len(body))
    return capture((Capture("v", source, expression),), exchange, cookies or CookieJar())


@pytest.mark.parametrize(
    ("source", "expression", "value"),
    [
        ("header", "location", "/items/7"),
        ("header", "x-empty", ""),
        ("cookie", "sid", "abc=="),
        ("json", "/token", "a b"),
        ("json", "/id", "7"),
        ("json", "/tags", '["x",true]'),
        ("json", "/nothing", "null"),
        ("regex", r'"id": (\d+)', "7"),
        ("regex", r"\d", "7"),
    ],
)
def test_a_value_is_taken(source, expression, value):
    exchange, values = take(source, expression)
    assert (values, exchange.passed) == ({"v": value}, True)


@pytest.mark.parametrize(
    ("source", "expression", "told"),
    [
        ("header", "etag", "the answer has no header etag"),
        ("cookie", "other", "the answer has no cookie other"),
        ("json", "/none", "the answer has nothing at '/none' of the JSON"),
        ("json", "none", "the answer has nothing at 'none' of the JSON: 'none' is no JSON Pointer"),
        ("regex", "z+", "the answer has nothing that matches /z+/"),
        ("regex", "(z)?", "the answer has nothing that matches /(z)?/"),
        ("regex", "(", "is no regular expression"),
        ("html", "csrf", "the answer has no form field or meta element named csrf"),
    ],
)
def test_a_capture_that_finds_nothing_is_a_failed_probe(source, expression, told):
    exchange, values = take(source, expression)
    assert (exchange.result, values) == (Result.UNEXPECTED, {})
    assert exchange.detail.startswith("${v} was not captured: ")
    assert told in exchange.detail


def test_of_a_probe_that_failed_nothing_is_taken():
    exchange, values = take("json", "/id", result=Result.SERVER_ERROR)
    assert (exchange.result, exchange.detail, values) == (Result.SERVER_ERROR, "", {})


@pytest.mark.parametrize(
    ("body", "told"), [(b"x" * 70_000, "it is longer than 65536 bytes"), (b"a\0b", "a NUL character")]
)
def test_what_no_command_could_have_in_its_environment_is_not_taken(body, told):
    exchange, _ = take("regex", "(?s).+", body)
    assert told in exchange.detail


def test_a_cookie_that_a_redirect_set_is_held(server):
    cookies = CookieJar()
    exchange = send(HttpProbe("GET", "/login"), server, cookies, 10.0)
    assert exchange.url == "/echo"
    assert capture((Capture("v", "cookie", "session"),), exchange, cookies)[1] == {"v": "abc"}


@pytest.mark.parametrize(
    ("page", "value"),
    [
        ("<form><input type=hidden name=csrf value='a&amp;b'></form>", "a&b"),
        ("<INPUT VALUE=x NAME=csrf>", "x"),
        ("<input name='csrf'>", ""),
        ("<input name=other value=1><input name=csrf value=2><input name=csrf value=3>", "2"),
        ('<meta name="csrf" content="t&#111;ken">', "token"),
        ("<button name=csrf value=go>Go</button>", "go"),
        ("<textarea name=csrf>\n a &lt; b\nc</textarea><textarea name=x>d</textarea>", " a < b\nc"),
        ("<textarea name=csrf></textarea>", ""),
        ("<select name=csrf><option value=1>a<option value=2 selected>b</select>", "2"),
        ("<select name=csrf><option value=1>a<option value=2>b</select><option value=9 selected>", "1"),
        ("<script>'<input name=csrf value=no>'</script><input name=csrf value=yes>", "yes"),
        ("<!-- <input name=csrf value=no> -->", None),
        ("<input name=csrf", None),
        ("", None),
    ],
)
def test_a_field_of_a_form_has_a_value(page, value):
    assert form_field(page, "csrf") == value


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a b='<", "</a", "<!--", "<![CDATA[", "&#", "<script></script"]
)
def test_a_page_of_broken_html_is_read_in_time(piece):
    begin = time.monotonic()
    assert form_field(piece * (BODY_KEPT // len(piece)), "csrf") is None
    assert time.monotonic() - begin < 10


def test_json_that_is_nested_deep_is_taken_or_told_but_never_a_crash():
    for depth in range(100, 3000, 100):
        exchange, values = take("json", "", b"[" * depth + b"]" * depth)
        assert values or "nested too deep" in exchange.detail
