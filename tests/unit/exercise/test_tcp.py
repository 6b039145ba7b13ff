import hashlib
import socket
import struct
import threading

from listening import listening, refused

from probes.exercise.awaited import STREAM_LIMIT
from probes.exercise.exchange import Result, Sent
from probes.exercise.model import TcpProbe
from probes.exercise.parts import Expect
from probes.exercise.tcp import send


def say(*pieces):
    def serve(connection):
        for piece in pieces:
            connection.sendall(piece)
        while connection.recv(100):  # stays open until the client has gone
            pass

    return serve


def answer(request, reply):
    def serve(connection):
        assert connection.recv(len(request), socket.MSG_WAITALL) == request
        connection.sendall(reply)
        connection.recv(1)

    return serve


def probe(data=b"", *expected, **more):
    return TcpProbe(7, data, expect=Expect(body=expected), **more)


def test_a_connection_is_an_answer_where_nothing_is_sent_nor_expected():
    with listening(say(b"220 ready\r\n")) as target:
        exchange = send(probe(), target, 5)
    assert (exchange.result, exchange.kind, exchange.body, exchange.passed) == (
        Result.ANSWERED, "tcp", b"", True
    )  # fmt: skip


def test_reading_ends_where_what_is_expected_was_found():
    with listening(answer(b"PING\r\n", b"+PONG\r\nand more by chance")) as target:
        exchange = send(probe(b"PING\r\n", r"\+PONG"), target, 5)
    assert (exchange.result, exchange.body, exchange.body_size) == (Result.ANSWERED, b"+PONG", 5)
    assert exchange.body_sha256 == hashlib.sha256(b"+PONG").hexdigest()
    assert exchange.sent == Sent(f"tcp {target.container_port}", (), b"PING\r\n", 6)
    assert exchange.seconds < 1


def test_all_that_is_expected_must_be_found_in_whatever_order_and_pieces():
    def serve(connection):
        for piece in (b"\xff one tw", b"o three"):
            connection.sendall(piece)
        connection.recv(1)

    with listening(serve) as target:
        exchange = send(probe(b"", "two", "one"), target, 5)
    assert exchange.body == b"\xff one two"


def test_without_expectations_an_answer_ends_when_the_peer_closes_or_falls_silent():
    with listening(lambda connection: connection.sendall(b"bye")) as target:
        closed = send(probe(b""), target, 5)
        assert closed.passed
    with listening(answer(b"x", b"hello")) as target:
        silent = send(probe(b"x"), target, 5)
    assert (silent.result, silent.body) == (Result.ANSWERED, b"hello")
    assert silent.seconds < 2


def test_what_is_missing_when_the_peer_closes_is_told():
    with listening(lambda connection: connection.sendall(b"-ERR no\r\n")) as target:
        exchange = send(probe(b"", "PONG", "ERR"), target, 5)
    assert (exchange.result, exchange.body) == (Result.UNEXPECTED, b"-ERR no\r\n")
    assert exchange.detail == "'PONG' was not found before the connection was closed"


def test_a_connection_that_is_closed_without_a_word_is_broken():
    with listening(lambda connection: connection.recv(100)) as target:
        exchange = send(probe(b"hello"), target, 5)
    assert (exchange.result, exchange.detail) == (
        Result.BROKEN, "the connection was closed without an answer"
    )  # fmt: skip


def test_a_reset_connection_is_broken():
    def serve(connection):
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with listening(serve) as target:
        exchange = send(probe(b"hello"), target, 5)
    assert (exchange.result, "reset by peer" in exchange.detail) == (Result.BROKEN, True)


def test_a_server_that_says_nothing_is_left_at_the_deadline():
    with listening(say()) as target:
        exchange = send(probe(b"hello", "hi"), target, 0.3)
    assert exchange.result is Result.TIMED_OUT
    assert exchange.detail == "'hi' was not found within 0.3 s, after 0 bytes"
    assert 0.2 < exchange.seconds < 2


def test_a_server_that_never_reads_is_left_at_the_deadline():
    over = threading.Event()
    with listening(lambda _: over.wait(20)) as target:
        exchange = send(probe(b"x" * (64 << 20)), target, 0.4)
        over.set()
    assert (exchange.result, exchange.sent.body_size) == (Result.TIMED_OUT, 64 << 20)
    assert len(exchange.sent.body) == 1 << 20


def test_an_endless_banner_is_cut_off():
    def serve(connection):
        while True:
            connection.sendall(b"banner " * 10_000)

    with listening(serve) as target:
        unmet = send(probe(b"", "prompt"), target, 20)
        plain = send(probe(b"x"), target, 20)
        met = send(probe(b"", "banner"), target, 20)
    assert (unmet.result, unmet.body_size) == (Result.UNEXPECTED, STREAM_LIMIT)
    assert unmet.detail == "'prompt' was not found; cut off after 1 MiB"
    assert (plain.result, plain.detail) == (Result.ANSWERED, "cut off after 1 MiB")
    assert met.body == b"banner"


def test_nobody_there_is_refused():
    target = refused()
    exchange = send(probe(b"hello"), target, 5)
    assert (exchange.result, exchange.body_sha256) == (Result.REFUSED, "")
    assert exchange.detail == f"{target.address}: Connection refused"
