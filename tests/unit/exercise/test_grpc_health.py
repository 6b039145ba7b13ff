import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from listening import listening, refused

from probes.exercise.exchange import Result
from probes.exercise.grpc_health import PATH, send
from probes.exercise.grpc_message import SERVING, STATUS, request_message, serving_status
from probes.exercise.model import GrpcHealthProbe
from probes.exercise.target import Target


@contextlib.contextmanager
def grpc_server(*services, credentials=None):
    """A real gRPC server with `services` registered; its target."""
    server = grpc.server(ThreadPoolExecutor(2))
    for service in services:
        health_pb2_grpc.add_HealthServicer_to_server(service, server)
    if credentials:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield Target("127.0.0.1", port, port)
    finally:
        server.stop(None).wait()


@pytest.fixture(scope="module")
def served():
    service = health.HealthServicer()
    service.set("shop", health_pb2.HealthCheckResponse.SERVING)
    service.set("tired", health_pb2.HealthCheckResponse.NOT_SERVING)
    service.set("odd", health_pb2.HealthCheckResponse.UNKNOWN)
    with grpc_server(service) as target:
        yield target


def ask(target, service="", timeout=5.0, **more):
    return send(GrpcHealthProbe(service, **more), target, timeout)


@pytest.mark.parametrize("service", ["", "shop"])
def test_serving_passes(served, service):
    exchange = ask(served, service)
    assert (exchange.result, exchange.passed, exchange.status) == (Result.ANSWERED, True, 200)
    assert (exchange.kind, exchange.body, exchange.url) == ("grpc", b"SERVING", PATH)
    assert exchange.sent.line == f"POST {PATH}"
    assert ("content-type", "application/grpc") in exchange.headers
    assert exchange.seconds < 3


@pytest.mark.parametrize(
    ("service", "detail"),
    [
        ("tired", "answered NOT_SERVING"),
        ("odd", "answered UNKNOWN"),
        ("nobody", "answered with gRPC status 5 NOT_FOUND"),
    ],
)
def test_anything_else_fails_by_name(served, service, detail):
    exchange = ask(served, service)
    assert (exchange.result, exchange.passed, exchange.detail) == (Result.UNEXPECTED, False, detail)


def test_a_server_without_the_service_says_unimplemented():
    with grpc_server() as target:
        exchange = ask(target)
    assert exchange.result is Result.UNEXPECTED
    assert exchange.detail == "answered with gRPC status 12 UNIMPLEMENTED: Method not found!"


def test_a_check_that_hangs_is_left_at_the_deadline():
    class Hanging(health_pb2_grpc.HealthServicer):
        def Check(self, _, context):
            over = threading.Event()
            context.add_callback(over.set)
            over.wait(20)

    with grpc_server(Hanging()) as target:
        exchange = ask(target, timeout=0.5)
    assert (exchange.result, exchange.status) == (Result.TIMED_OUT, None)
    assert exchange.detail == "no answer within 0.5 s, cut off before it began"
    assert exchange.seconds < 2


def by_hand(headers, data=b"", end=False):
    """An HTTP/2 server that answers its first request as it is told."""

    def serve(connection):
        http2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http2.initiate_connection()
        connection.sendall(http2.data_to_send())
        while received := connection.recv(65536):
            for event in http2.receive_data(received):
                if isinstance(event, RequestReceived):
                    http2.send_headers(event.stream_id, headers, end_stream=end and not data)
                    if data:
                        http2.send_data(event.stream_id, data, end_stream=end)
            connection.sendall(http2.data_to_send())

    return serve


OK = ((":status", "200"), ("content-type", "application/grpc"))


def test_a_server_that_hangs_in_the_middle_of_its_answer_is_left_at_the_deadline():
    with listening(by_hand(OK, b"\0\0\0\0")) as target:
        exchange = ask(target, timeout=0.5)
    assert (exchange.result, exchange.status) == (Result.TIMED_OUT, 200)
    assert exchange.detail == "no answer within 0.5 s, cut off in the middle of it, after 4 bytes"


@pytest.mark.parametrize(
    ("headers", "data", "result", "detail"),
    [
        (OK, b"\0\0", Result.BROKEN, "the answer ended after 2 bytes, without a serving status"),
        (OK, b"\0\0\0\0\2\x10\1", Result.BROKEN, "the answer is no HealthCheckResponse: 1001"),
        (OK, b"\0\xff\xff\xff\xff", Result.BROKEN, "the answer is said to have 4294967295 bytes"),
        (OK, b"\1\0\0\0\0", Result.BROKEN, "the answer is compressed, which was not offered"),
        (
            ((":status", "200"), ("content-type", "text/html")), b"hi", Result.UNEXPECTED,
            "answered with text/html, which is not application/grpc",
        ),
        (((":status", "404"),), b"", Result.UNEXPECTED, "answered with HTTP status 404"),
        (((":status", "502"),), b"", Result.SERVER_ERROR, "answered with HTTP status 502"),
        (
            (*OK, ("grpc-status", "14"), ("grpc-message", "too %C3%A9 busy")), b"", Result.UNEXPECTED,
            "answered with gRPC status 14 UNAVAILABLE: too é busy",
        ),
        ((*OK, ("grpc-status", "99")), b"", Result.UNEXPECTED, "answered with gRPC status 99 ?"),
    ],
)  # fmt: skip
def test_answers_that_are_no_health_are_told(headers, data, result, detail):
    with listening(by_hand(headers, data, end=True)) as target:
        exchange = ask(target)
    assert (exchange.result, exchange.detail) == (result, detail)


def test_a_server_that_speaks_http_1_is_no_grpc_server(server):
    exchange = ask(server, timeout=5)
    assert (exchange.result, exchange.status) == (Result.BROKEN, None)
    assert exchange.seconds < 2


@pytest.mark.parametrize("banner", [b"220 services ready\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_speaks_first_and_stays_is_told_at_once(banner):
    def serve(connection):
        connection.sendall(banner)
        while connection.recv(100):
            pass

    with listening(serve) as target:
        exchange = ask(target, timeout=5)
    assert (exchange.result, exchange.detail) == (
        Result.BROKEN, f"what came is not HTTP/2: it begins with {banner[:9]!r}"
    )  # fmt: skip
    assert exchange.seconds < 2


def test_an_endless_stream_is_cut_off():
    def serve(connection):
        connection.sendall(b"\0\0\0\4\0\0\0\0\0")
        while True:
            connection.sendall(b"\x10\0\0" + b"\0" * 100_000)  # a frame of a MiB, and its beginning

    with listening(serve) as target:
        exchange = ask(target, timeout=20)
    assert exchange.result is Result.BROKEN
    assert exchange.seconds < 5


def test_nobody_there_is_refused():
    target = refused()
    exchange = ask(target)
    assert (exchange.result, exchange.status) == (Result.REFUSED, None)
    assert exchange.detail.startswith(f"{target.address}: ")


def test_tls_with_a_self_signed_certificate_of_another_name_will_do(certificate):
    chain, key = (path.read_bytes() for path in certificate)
    credentials = grpc.ssl_server_credentials(((key, chain),))
    with grpc_server(health.HealthServicer(), credentials=credentials) as target:
        assert ask(target, tls=True).passed
        assert not ask(target).passed


@pytest.mark.parametrize("service", ["", "shop.v1.Shop", "å" * 100])
def test_messages_are_those_of_the_generated_code(service):
    message = health_pb2.HealthCheckRequest(service=service).SerializeToString()
    assert request_message(service) == b"\0" + len(message).to_bytes(4, "big") + message


def test_names_are_those_of_the_generated_code():
    statuses = health_pb2.HealthCheckResponse.ServingStatus
    assert {number: name for name, number in statuses.items()} == SERVING
    assert [code.name for code in sorted(grpc.StatusCode, key=lambda one: one.value[0])] == list(STATUS)
    for number, name in SERVING.items():
        message = health_pb2.HealthCheckResponse(status=number).SerializeToString()
        assert serving_status(b"\0" + len(message).to_bytes(4, "big") + message) == name
