import gzip
import hashlib
import signal
import socket
import time
from http.cookiejar import CookieJar

import pytest

from probes.exercise import http
from probes.exercise.exchange import Result
from probes.exercise.http import send
from probes.exercise.model import HttpProbe
from probes.exercise.target import Target
from slim.errors import Interrupted


def get(server, path, method="GET", cookies=None, timeout=10.0):
    return send(HttpProbe(method, path), server, CookieJar() if cookies is None else cookies, timeout)


def test_a_page_is_recorded_with_its_hash(server):
    exchange = get(server, "/ok")
    assert (exchange.result, exchange.status, exchange.url) == (Result.ANSWERED, 200, "/ok")
    assert (exchange.body, exchange.body_size) == (b"fine", 4)
    assert exchange.body_sha256 == hashlib.sha256(b"fine").hexdigest()
    assert ("content-length", "4") in exchange.headers
    assert exchange.passed and exchange.started > 0 and exchange.seconds > 0


def test_not_found_is_an_answer_and_a_server_error_is_not(server):
    assert (get(server, "/missing").result, get(server, "/missing").status) == (Result.ANSWERED, 404)
    broken = get(server, "/error")
    assert (broken.result, broken.status, broken.body) == (Result.SERVER_ERROR, 500, b"oh")


def test_the_request_names_localhost_and_asks_for_no_encoding(server):
    text = get(server, "/echo", "POST").body.decode().lower()
    assert text.startswith("post /echo http/1.1\r\n")
    assert f"host: localhost:{server.port}\r\n" in text
    assert "accept-encoding: identity\r\n" in text
    assert "user-agent: slim/" in text


def test_the_host_header_has_the_containers_port_not_the_published_one(server):
    published = Target(server.host, server.port, 8000)
    assert b"Host: localhost:8000\r\n" in get(published, "/echo").body


@pytest.mark.parametrize("path", ["/to-ok", "/to-absolute", "/to-address"])
def test_a_redirect_inside_the_site_is_followed(server, path):
    exchange = get(server, path)
    assert (exchange.status, exchange.body) == (200, b"fine")
    assert exchange.redirects == (exchange.url,)
    assert exchange.url in ("/ok", "/ok?from=here")


@pytest.mark.parametrize(
    ("path", "where"),
    [("/outside", "http://example.org/elsewhere"), ("/to-other-port", "http://localhost:1/ok")],
)
def test_a_redirect_to_another_site_is_recorded_but_not_followed(server, path, where):
    exchange = get(server, path)
    assert (exchange.result, exchange.status, exchange.redirects) == (Result.ANSWERED, 302, (where,))
    assert where in exchange.detail


def test_a_redirect_loop_is_broken_off(server):
    exchange = get(server, "/loop")
    assert (exchange.result, len(exchange.redirects)) == (Result.BROKEN, 10)
    assert "more than 10 redirects" in exchange.detail


def test_a_redirect_to_nonsense_is_broken(server):
    assert get(server, "/to-nonsense").result is Result.BROKEN


def test_303_turns_a_post_into_a_get_and_307_does_not(server):
    assert get(server, "/see-other", "POST").body.startswith(b"GET /echo ")
    assert get(server, "/temporary", "POST").body.startswith(b"POST /echo ")


def test_cookies_are_shared_by_the_probes_of_a_run_and_by_redirects(server):
    cookies = CookieJar()
    assert b"session=abc" in get(server, "/login", cookies=cookies).body
    assert b"session=abc" in get(server, "/echo", cookies=cookies).body
    assert b"session=abc" not in get(server, "/echo").body


def test_cookies_that_make_no_sense_are_passed_over(server):
    cookies = CookieJar()
    assert get(server, "/odd-cookies", cookies=cookies).passed
    assert get(server, "/ok", cookies=cookies).passed


@pytest.mark.parametrize("path", ["/drip", "/drip-headers", "/silent", "/informing"])
def test_a_server_that_drips_for_ever_is_cut_off_at_the_deadline(server, path):
    begin = time.monotonic()
    exchange = get(server, path, timeout=0.5)
    assert exchange.result is Result.TIMED_OUT
    assert 0.4 < time.monotonic() - begin < 3
    assert "within 0.5 s" in exchange.detail
    assert (exchange.status == 200) == (path == "/drip")


@pytest.mark.parametrize("path", ["/reset", "/short"])
def test_a_body_that_ends_early_is_broken(server, path):
    exchange = get(server, path)
    assert (exchange.result, exchange.status, exchange.body) == (Result.BROKEN, 200, b"half")
    assert "after 4 bytes of the body" in exchange.detail


def test_a_redirect_to_an_applications_own_scheme_is_recorded(server):
    exchange = get(server, "/to-application")
    assert (exchange.result, exchange.redirects) == (Result.ANSWERED, ("myapp:callback?code=1",))


@pytest.mark.parametrize("path", ["/garbage", "/close", "/header-bomb", "/switch"])
def test_an_answer_that_is_not_http_is_broken_and_has_no_status(server, path):
    exchange = get(server, path)
    assert (exchange.result, exchange.status, exchange.body_sha256) == (Result.BROKEN, None, "")


def test_chunks_that_are_none_are_broken(server):
    exchange = get(server, "/bad-chunk")
    assert (exchange.result, exchange.status) == (Result.BROKEN, 200)
    assert "illegal chunk header" in exchange.detail


def test_an_unasked_encoding_is_kept_as_it_came(server):
    exchange = get(server, "/gzip")
    assert (exchange.result, exchange.body) == (Result.ANSWERED, b"not gzip at all")
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(exchange.body)


def test_a_large_body_is_hashed_whole_and_kept_in_part(server):
    exchange = get(server, "/big")
    assert (len(exchange.body), exchange.body_size) == (http.BODY_KEPT, 3 << 20)
    assert exchange.body_sha256 == hashlib.sha256(b"x" * (3 << 20)).hexdigest()


def test_an_endless_body_is_cut_and_says_so(server):
    exchange = get(server, "/endless", timeout=60)
    assert (exchange.result, exchange.body_size) == (Result.ANSWERED, http.BODY_LIMIT)
    assert exchange.detail == "the body was cut after 256 MiB"


def test_a_refused_connection_is_a_result():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    exchange = get(Target("127.0.0.1", port, port), "/")
    assert (exchange.result, exchange.status) == (Result.REFUSED, None)
    assert f"127.0.0.1:{port}" in exchange.detail


def test_an_interruption_comes_through_at_once(server):
    def interrupt(number, frame):
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    begin = time.monotonic()
    try:
        with pytest.raises(Interrupted):
            get(server, "/silent", timeout=20)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - begin < 2
