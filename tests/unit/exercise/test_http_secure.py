"""TLS and HTTP/2 with a real server, and with ones that only pretend."""

import ssl
import struct
import time
from http.cookiejar import CookieJar

import hpack
import pytest
from listening import listening

from probes.exercise.agreement import speaks_tls
from probes.exercise.exchange import Result
from probes.exercise.http import send
from probes.exercise.model import HttpProbe
from probes.exercise.parts import Body

TLS = {"tls": True}
BOTH = {"tls": True, "http2": True}
PLAIN2 = {"http2": True}


def ask(target, path="/x", method="GET", timeout=10.0, cookies=None, **more):
    return send(HttpProbe(method, path, **more), target, CookieJar() if cookies is None else cookies, timeout)


def first_line(exchange):
    return exchange.body.split(b"\n")[0].decode()


@pytest.mark.parametrize(("how", "version"), [(TLS, "1.1"), (BOTH, "2")])
def test_tls_with_a_self_signed_certificate_is_answered(tls_site, how, version):
    exchange = ask(tls_site, **how)
    assert (exchange.result, exchange.detail) == (Result.ANSWERED, "")
    assert first_line(exchange) == f"HTTP/{version} https GET /x"


def test_http2_is_spoken_with_prior_knowledge_where_there_is_no_tls(plain_site):
    assert first_line(ask(plain_site, **PLAIN2)) == "HTTP/2 http GET /x"
    assert first_line(ask(plain_site)) == "HTTP/1.1 http GET /x"


def test_a_body_cookies_and_a_redirect_go_over_http2(tls_site):
    cookies = CookieJar()
    exchange = ask(tls_site, "/away", "POST", cookies=cookies, body=Body(b"hello"), **BOTH)
    assert exchange.redirects == ("/here",)
    assert first_line(exchange) == "HTTP/2 https POST /here"
    assert exchange.body.endswith(b"\n\nhello")
    assert b"host: localhost:8443\n" in exchange.body
    assert b"cookie: seen=yes" in ask(tls_site, cookies=cookies, **BOTH).body


@pytest.mark.parametrize("how", [TLS, BOTH])
def test_a_large_body_goes_out_as_the_server_takes_it(tls_site, how):
    exchange = ask(tls_site, "/away", "POST", body=Body(b"x" * 1_000_000), **how)
    assert exchange.body.partition(b"\n\n")[2] == b"x" * 1_000_000


def test_an_early_refusal_of_a_large_body_is_heard_over_http1_alone(tls_site):
    body = Body(b"x" * 1_000_000)
    heard = ask(tls_site, "/refuse", "POST", body=body, **TLS)
    assert (heard.status, heard.body) == (413, b"too much")
    lost = ask(tls_site, "/refuse", "POST", body=body, timeout=3, **BOTH)
    assert lost.status is None
    assert lost.detail.endswith("comes before the whole body was read is heard only without http2")
    small = ask(tls_site, "/refuse", "POST", body=Body(b"x" * 1_000), **BOTH)
    assert (small.status, small.body) == (413, b"too much")


def test_a_certificate_that_is_not_valid_is_told_where_it_must_be(tls_site):
    exchange = ask(tls_site, verify=True, **TLS)
    assert (exchange.result, exchange.status) == (Result.UNEXPECTED, None)
    assert exchange.detail == "its certificate is not valid: self-signed certificate"


def test_a_certificate_that_this_machine_trusts_is_valid_for_its_names_only(
    tls_site, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert ask(tls_site, verify=True, **TLS).status == 200
    other = ask(tls_site, verify=True, headers=(("Host", "shop.example"),), **TLS)
    assert other.result is Result.UNEXPECTED
    assert "Hostname mismatch" in other.detail


def test_tls_on_a_plain_port_and_plain_on_a_tls_port_are_broken(tls_site, plain_site):
    wrong = ask(plain_site, **TLS)
    assert (wrong.result, wrong.detail) == (Result.BROKEN, "no TLS connection: WRONG_VERSION_NUMBER")
    assert ask(tls_site).result is Result.BROKEN
    assert (speaks_tls(tls_site), speaks_tls(plain_site)) == (True, False)


def test_a_server_that_hangs_in_the_handshake_is_no_tls_server_and_is_left_at_the_deadline():
    with listening(lambda connection: (connection.recv(1 << 16), time.sleep(20))) as target:
        begin = time.monotonic()
        exchange = ask(target, timeout=0.3, **TLS)
        assert (exchange.result, speaks_tls(target)) == (Result.TIMED_OUT, False)
        assert time.monotonic() - begin < 5


@pytest.mark.parametrize("answer", [b"", b"\x15\x03\x01\x00\x02\x02\x28", b"\xa5" * 5000])
def test_garbage_in_the_handshake_is_broken(answer):
    with listening(lambda connection: (connection.recv(1 << 16), connection.sendall(answer))) as target:
        exchange = ask(target, **TLS)
        assert (exchange.result, exchange.status) == (Result.BROKEN, None)
        assert exchange.detail.startswith("no TLS connection: ")


def frame(kind, flags, stream, payload=b""):
    """A frame of RFC 9113, section 4.1."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def head(*pairs, flags=4):
    """A HEADERS frame; flag 4: END_HEADERS."""
    return frame(1, flags, 1, hpack.Encoder().encode(pairs))


DATA, RST, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 3, 4, 6, 7, 9
OK = head((":status", "200"))
HALF = OK + frame(DATA, 0, 1, b"half")

BROKEN = {
    "goaway before": (frame(GOAWAY, 0, 0, struct.pack(">II", 0, 11)), None),
    "goaway in the body": (HALF + frame(GOAWAY, 0, 0, struct.pack(">II", 1, 2)), 200),
    "reset before": (frame(RST, 0, 1, struct.pack(">I", 7)), None),
    "reset in the body": (HALF + frame(RST, 0, 1, struct.pack(">I", 2)), 200),
    "closed before": (b"", None),
    "closed in the body": (HALF, 200),
    "no compressed headers": (frame(1, 4, 1, b"\xff" * 6), None),
    "no number as status": (head((":status", "abc"), flags=5), None),
    "data before headers": (frame(DATA, 1, 1, b"half"), None),
    "a frame that is too large": (b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"a" * 10_000, None),
    "a header bomb": (head(*((f"x{n}", "y" * 999) for n in range(99))), None),
    "endless continuation": (head((":status", "200"), flags=0) + frame(CONTINUATION, 0, 1, b"") * 9999, None),
    "HTTP/1.1": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", None),
}


def answering(frames, *, close=True):
    def serve(connection):
        connection.recv(1 << 16)
        connection.sendall(frames)
        if not close:
            time.sleep(20)

    return listening(serve)


@pytest.mark.parametrize("case", BROKEN)
def test_http2_that_breaks_off_or_is_none_is_broken(case):
    frames, status = BROKEN[case]
    with answering(frame(SETTINGS, 0, 0) + frames) as target:
        exchange = ask(target, **PLAIN2)
    assert (exchange.result, exchange.status) == (Result.BROKEN, status)
    assert exchange.body == (b"half" if status else b"")
    assert exchange.detail


@pytest.mark.parametrize("frames", [b"", HALF, frame(PING, 0, 0, b"12345678") * 1000])
def test_http2_that_hangs_is_left_at_the_deadline(frames):
    with answering(frame(SETTINGS, 0, 0) + frames, close=False) as target:
        exchange = ask(target, timeout=0.3, **PLAIN2)
    assert exchange.result is Result.TIMED_OUT


def test_a_server_that_declines_http2_is_told(tls_http1):
    exchange = ask(tls_http1, **BOTH)
    assert exchange.status == 200
    assert exchange.detail == "the server chose HTTP/1.1, not the HTTP/2 that was offered"


@pytest.fixture
def tls_http1(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1 << 16)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with listening(serve) as target:
        yield target
