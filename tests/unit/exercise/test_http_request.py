import base64
from email import message_from_bytes
from http.cookiejar import CookieJar

import pytest

from probes.exercise.exchange import Result
from probes.exercise.http import send
from probes.exercise.http_request import encode_body
from probes.exercise.model import HttpProbe
from probes.exercise.parts import Body, Upload

FORM = Body(fields=(("name", "Ada Lovelace & Co"), ("tag", "ä"), ("tag", "b")))


def echoed(server, path="/echo", method="POST", **more):
    """The request as the server read it: its lines and its body."""
    exchange = send(HttpProbe(method, path, **more), server, CookieJar(), 10.0)
    assert exchange.result is Result.ANSWERED, exchange.detail
    head, _, body = exchange.body.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def values(lines, name):
    return [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name}: ")]


def test_a_raw_body_is_sent_with_its_media_type(server):
    lines, body = echoed(server, body=Body(b'{"a": 1}', "application/json"))
    assert (values(lines, "content-type"), values(lines, "content-length")) == (["application/json"], ["8"])
    assert body == b'{"a": 1}'


def test_a_body_without_a_media_type_has_none(server):
    lines, body = echoed(server, body=Body(b"\x00\xff"))
    assert (values(lines, "content-type"), body) == ([], b"\x00\xff")


def test_a_post_without_a_body_has_length_zero_and_a_get_has_none(server):
    assert values(echoed(server)[0], "content-length") == ["0"]
    assert values(echoed(server, method="GET")[0], "content-length") == []


def test_fields_are_sent_urlencoded_in_their_order(server):
    lines, body = echoed(server, body=FORM)
    assert values(lines, "content-type") == ["application/x-www-form-urlencoded"]
    assert body == b"name=Ada+Lovelace+%26+Co&tag=%C3%A4&tag=b"


def test_uploads_make_it_multipart(server):
    upload = Upload("picture", 'a "b"\r\n.png', b"\x89PNG\r\n\x00", "image/png")
    lines, body = echoed(server, body=Body(fields=(("title", "Äther"),), uploads=(upload,)))
    (media_type,) = values(lines, "content-type")
    whole = message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body)
    title, picture = whole.get_payload()
    assert title.get_payload(decode=True) == "Äther".encode()
    assert picture.get_payload(decode=True) == upload.content
    assert picture["Content-Type"] == "image/png"
    assert picture["Content-Disposition"] == 'form-data; name="picture"; filename="a %22b%22%0D%0A.png"'


def test_a_multipart_body_is_the_same_each_time_and_its_boundary_stands_in_no_part():
    body = Body(uploads=(Upload("file", "x", b"--slim-boundary-1\r\n"),))
    content, media_type = encode_body(body)
    assert (content, media_type) == encode_body(body)
    assert media_type == "multipart/form-data; boundary=slim-boundary-2"
    assert content.endswith(b"\r\n--slim-boundary-2--\r\n")


def test_a_probes_headers_take_the_place_of_slims_and_may_repeat(server):
    headers = (("User-Agent", "curl/8"), ("X-Tag", "1"), ("x-tag", "ä"), ("Accept", "text/html"))
    lines, _ = echoed(server, headers=headers)
    assert values(lines, "user-agent") == ["curl/8"]
    assert values(lines, "accept") == ["text/html"]
    assert values(lines, "x-tag") == ["1", "ä"]


def test_a_probes_content_type_takes_the_place_of_the_bodys(server):
    lines, _ = echoed(server, body=FORM, headers=(("content-type", "text/x-own"),))
    assert values(lines, "content-type") == ["text/x-own"]


def test_basic_auth_is_a_header_unless_there_is_one(server):
    lines, _ = echoed(server, auth=("ada", "lövely:1"))
    assert values(lines, "authorization") == ["Basic " + base64.b64encode("ada:lövely:1".encode()).decode()]
    lines, _ = echoed(server, auth=("ada", "x"), headers=(("Authorization", "Bearer token"),))
    assert values(lines, "authorization") == ["Bearer token"]


@pytest.mark.parametrize("path", ["/temporary", "/permanent"])
def test_307_and_308_repeat_the_request_with_its_body(server, path):
    lines, body = echoed(server, path, body=FORM, headers=(("X-Own", "1"),))
    assert lines[0] == "POST /echo HTTP/1.1"
    assert body == b"name=Ada+Lovelace+%26+Co&tag=%C3%A4&tag=b"
    assert values(lines, "x-own") == ["1"]


@pytest.mark.parametrize("path", ["/moved", "/login", "/see-other"])
def test_301_302_and_303_make_a_get_of_a_post_without_its_body(server, path):
    lines, body = echoed(server, path, body=FORM, auth=("ada", "x"))
    assert (lines[0], body) == ("GET /echo HTTP/1.1", b"")
    assert (values(lines, "content-type"), values(lines, "content-length")) == ([], [])
    assert values(lines, "authorization"), "it stays on the site"


def test_301_and_302_repeat_other_methods_and_303_makes_a_get_of_them(server):
    assert echoed(server, "/moved", "PUT", body=FORM)[0][0] == "PUT /echo HTTP/1.1"
    assert echoed(server, "/see-other", "PUT", body=FORM)[0][0] == "GET /echo HTTP/1.1"


def test_a_redirect_that_is_not_followed_is_the_answer(server):
    exchange = send(HttpProbe("GET", "/to-ok", follow=False), server, CookieJar(), 10.0)
    assert (exchange.result, exchange.status, exchange.body) == (Result.ANSWERED, 302, b"go on")
    assert (exchange.redirects, exchange.url) == (("/ok?from=here",), "/to-ok")


def test_a_host_of_ones_own_is_the_site(server):
    named = (("Host", "shop.example"),)
    cookies = CookieJar()
    followed = send(HttpProbe("GET", "/to-named", headers=named), server, cookies, 10.0)
    assert (followed.redirects, followed.body) == (("/ok",), b"fine")
    send(HttpProbe("GET", "/login", headers=named), server, cookies, 10.0)
    assert [cookie.domain for cookie in cookies] == ["shop.example"]
    again = send(HttpProbe("GET", "/echo", headers=named), server, cookies, 10.0)
    assert b"Host: shop.example\r\n" in again.body
    assert b"session=abc" in again.body


def test_a_host_that_is_no_authority_is_sent_as_it_is(server):
    lines, _ = echoed(server, headers=(("Host", "no host/"),))
    assert values(lines, "host") == ["no host/"]


def test_a_path_may_be_a_url_of_the_site_and_of_no_other(server):
    lines, _ = echoed(server, f"http://localhost:{server.port}/echo?x=1")
    assert lines[0] == "POST /echo?x=1 HTTP/1.1"
    exchange = send(HttpProbe("GET", "http://example.org/"), server, CookieJar(), 10.0)
    assert (exchange.result, exchange.sent) == (Result.UNEXPECTED, None)
    assert "leads to another site" in exchange.detail


def test_what_was_sent_is_told_as_it_went_out(server):
    cookies = CookieJar()
    send(HttpProbe("GET", "/login"), server, cookies, 10.0)
    sent = send(HttpProbe("POST", "/echo?q=1", body=Body(b"x" * 100_000)), server, cookies, 10.0).sent
    assert (sent.line, len(sent.body), sent.body_size) == ("POST /echo?q=1", 1 << 16, 100_000)
    headers = dict(sent.headers)
    assert (headers["cookie"], headers["content-length"]) == ("session=abc", "100000")
    assert headers["host"] == f"localhost:{server.port}"


def test_a_header_that_cannot_be_sent_is_told(server):
    exchange = send(HttpProbe("GET", "/ok", headers=(("X", "a\r\nb"),)), server, CookieJar(), 10.0)
    assert exchange.result is Result.BROKEN
    assert "Illegal header value" in exchange.detail


@pytest.mark.parametrize("path", ["/a\nb", "/a\0b", "http://[::/"])
def test_a_path_that_is_none_is_told_and_nothing_is_sent(server, path):
    exchange = send(HttpProbe("GET", path), server, CookieJar(), 10.0)
    assert (exchange.result, exchange.sent) == (Result.UNEXPECTED, None)
    assert exchange.detail.startswith(f"not sent: {path!r} is no path: ")
