import contextlib
import http
import ssl
import threading
from http.cookiejar import CookieJar

import pytest
from listening import listening, refused
from websockets.sync.server import serve

from probes.exercise.exchange import Result
from probes.exercise.model import HttpProbe, WebSocketProbe
from probes.exercise.parts import Expect
from probes.exercise.target import Target
from probes.exercise.websocket import send


@contextlib.contextmanager
def serving(handler, **options):
    """A real server of the `websockets` library; its target."""
    with serve(handler, "127.0.0.1", 0, **options) as server:
        port = server.socket.getsockname()[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Target("127.0.0.1", port, port)
        server.shutdown()


def shout(connection):
    for message in connection:
        connection.send(message.upper())


def ask(target, *messages, path="/chat", cookies=None, timeout=5.0, **more):
    probe = WebSocketProbe(path, messages, **more)
    return send(probe, target, CookieJar() if cookies is None else cookies, timeout)


def test_each_message_has_an_answer_and_the_answers_are_the_body():
    with serving(shout) as target:
        exchange = ask(target, "one", "två")
    assert (exchange.result, exchange.kind, exchange.status) == (Result.ANSWERED, "websocket", 101)
    assert (exchange.body.decode(), exchange.body_size, exchange.url) == ("ONE\nTVÅ", 8, "/chat")
    assert (exchange.sent.line, exchange.sent.body) == ("WEBSOCKET /chat", "one\ntvå".encode())
    assert ("upgrade", "websocket") in exchange.headers
    assert exchange.seconds < 1


def test_without_messages_the_handshake_is_the_answer():
    with serving(shout) as target:
        exchange = ask(target)
    assert (exchange.passed, exchange.status, exchange.body) == (True, 101, b"")


def test_reading_goes_on_until_what_is_expected_was_found():
    def greet(connection):
        for word in ("hello", "wait", "ready", "never read"):
            connection.send(word)
        shout(connection)

    with serving(greet) as target:
        exchange = ask(target, "x", expect=Expect(body=("ready",)))
        silent = ask(target, expect=Expect(body=("nowhere",)), timeout=0.4)
    assert (exchange.result, exchange.body) == (Result.ANSWERED, b"hello\nwait\nready")
    assert silent.result is Result.TIMED_OUT
    assert silent.detail == "'nowhere' was not found within 0.4 s, cut off after 4 of 0 answers"


def test_the_server_sees_localhost_headers_cookies_and_the_subprotocol():
    seen = {}

    def remember(connection, request):
        seen.clear()
        seen.update({name.lower(): value for name, value in request.headers.raw_items()})
        seen["path"] = request.path

    def set_cookie(connection, request, response):
        response.headers["Set-Cookie"] = "second=2; Path=/"
        return response

    cookies = CookieJar()
    headers = (("Authorization", "Bearer t"), ("Sec-WebSocket-Protocol", "a, chat"), ("Origin", "http://o"))
    options = {"subprotocols": ["chat"], "process_request": remember, "process_response": set_cookie}
    with serving(shout, **options) as target:
        published = Target(target.host, target.port, 8000)
        first = ask(published, path="/x?y=1", cookies=cookies, headers=headers)
        assert (seen["host"], seen["path"], seen["authorization"]) == ("localhost:8000", "/x?y=1", "Bearer t")
        assert (seen["origin"], seen["user-agent"].partition("/")[0]) == ("http://o", "slim")
        assert ("sec-websocket-protocol", "chat") in first.headers
        assert "cookie" not in seen
        other = (("Host", "shop.example"), ("User-Agent", "me"), headers[1])
        again = ask(published, cookies=cookies, headers=other)
        assert (seen["host"], seen["user-agent"]) == ("shop.example", "me")
        assert "cookie" not in seen, "another site"
        assert again.passed
        ask(published, cookies=cookies, headers=headers[1:2])
        assert seen["cookie"] == "second=2"


@pytest.mark.parametrize(
    ("status", "expected", "result"),
    [
        (403, (), Result.UNEXPECTED),
        (403, (403,), Result.ANSWERED),
        (503, (), Result.SERVER_ERROR),
        (302, (), Result.UNEXPECTED),
    ],
)
def test_another_status_than_101_is_told(status, expected, result):
    def refuse(connection, request):
        response = connection.respond(http.HTTPStatus(status), "no entry")
        response.headers["Location"] = "/elsewhere"
        return response

    with serving(shout, process_request=refuse) as target:
        exchange = ask(target, "x", expect=Expect(status=expected))
    assert (exchange.result, exchange.status, exchange.body) == (result, status, b"no entry")
    assert exchange.detail == f"the handshake was answered with status {status}"


def test_a_server_that_closes_before_it_has_answered_all_is_broken():
    def once(connection):
        connection.send(connection.recv())
        connection.close(4001, "enough")

    with serving(once) as target:
        exchange = ask(target, "one", "two")
        unmet = ask(target, "one", expect=Expect(body=("two",)))
    assert (exchange.result, exchange.status, exchange.body) == (Result.BROKEN, 101, b"one")
    assert exchange.detail == "after 1 of 2 answers: the server closed it with code 4001 enough"
    assert (unmet.result, unmet.detail) == (
        Result.UNEXPECTED, "'two' was not found: the server closed it with code 4001 enough"
    )  # fmt: skip


HANDSHAKE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)


def after_handshake(tail, stay=True):
    """A server by hand, whose frames may be anything."""
    from websockets.utils import accept_key

    def serve(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        lines = dict(line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if line)
        connection.sendall(HANDSHAKE % accept_key(lines["Sec-WebSocket-Key"]).encode() + tail)
        while stay and connection.recv(4096):
            pass

    return serve


def test_a_server_that_hangs_in_the_middle_of_a_frame_is_left_at_the_deadline():
    with listening(after_handshake(b"\x81\x05he")) as target:
        exchange = ask(target, "hello", timeout=0.4)
    assert (exchange.result, exchange.status) == (Result.TIMED_OUT, 101)
    assert exchange.detail == "no answer within 0.4 s, cut off after 0 of 1 answers"
    assert exchange.seconds < 1


def test_a_server_that_does_not_answer_the_closing_handshake_is_not_waited_for():
    with listening(after_handshake(b"\x81\x02hi")) as target:
        exchange = ask(target, "hello", timeout=20)
    assert (exchange.result, exchange.body) == (Result.ANSWERED, b"hi")
    assert exchange.seconds < 3


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        (b"\x81\x05he", "closed without a closing handshake"),
        (b"\xf3\x00", "invalid opcode"),
        (b"\x81\x7f\x00\x00\x00\x10\x00\x00\x00\x00", "exceeds"),
    ],
)
def test_frames_that_break_off_are_nonsense_or_huge_are_broken(tail, told):
    with listening(after_handshake(tail, stay=False)) as target:
        exchange = ask(target, "hello")
    assert exchange.result is Result.BROKEN
    assert told in exchange.detail


def test_what_is_no_http_is_broken_and_has_no_status():
    with listening(lambda connection: connection.sendall(b"-ERR unknown\r\n")) as target:
        exchange = ask(target, "hello")
    assert (exchange.result, exchange.status) == (Result.BROKEN, None)
    assert exchange.detail.startswith("before the handshake was answered: did not receive a valid HTTP")


def test_an_endless_flood_is_cut_off():
    def flood(connection):
        with contextlib.suppress(Exception):
            while True:
                connection.send("x" * 100_000)

    with serving(flood) as target:
        exchange = ask(target, expect=Expect(body=("never",)), timeout=20)
    assert (exchange.result, exchange.detail) == (Result.UNEXPECTED, "'never' was not found in 1 MiB")
    assert len(exchange.body) == 1 << 20


def test_nobody_there_is_refused():
    target = refused()
    exchange = ask(target)
    assert (exchange.result, exchange.status) == (Result.REFUSED, None)
    assert exchange.detail.startswith(f"{target.address}: ")


def test_a_self_signed_certificate_of_another_name_will_do(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(shout, ssl=context) as target:
        secure = ask(target, "one", tls=True)
        assert (secure.result, secure.body) == (Result.ANSWERED, b"ONE")
    with serving(shout) as target:
        plain = ask(target, "one", tls=True, timeout=5)
        assert plain.result is Result.BROKEN


def test_cookies_of_http_probes_go_with_the_handshake(server):
    from probes.exercise.http import send as send_http

    cookies = CookieJar()
    send_http(HttpProbe("GET", "/login"), server, cookies, 5)
    with serving(lambda one: one.send(one.request.headers.get("Cookie", ""))) as target:
        asked = Target(target.host, target.port, server.container_port)
        exchange = ask(asked, cookies=cookies, expect=Expect(body=("session=abc",)))
    assert exchange.passed
