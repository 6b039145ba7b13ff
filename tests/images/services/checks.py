"""Services that speak no HTTP of documents: gRPC's health check, a WebSocket, plain TCP.

They are ready a second after they listen, which the HEALTHCHECK, by gRPC too, tells.
"""

from __future__ import annotations

from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from images.started import Check, Checks, Container, Image, contains, equal
from websockets.sync.client import connect

PROBE_ARGUMENTS = ("--probes", str(Path(__file__).with_name("probes.yaml")))
GRPC, CHAT, GREETING = 50051, 8765, 7025


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(GRPC) as site:
        site.eventually("services ready")
        with checks("gRPC's health check, of the server and of services"):
            equal(_health(site, ""), "SERVING")
            equal(_health(site, "tired"), "NOT_SERVING")
        with checks("a service that there is not"):
            equal(_health(site, "nobody"), "NOT_FOUND")
        with checks("health that is watched"), grpc.insecure_channel(f"{site.address}:{GRPC}") as channel:
            watched = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=10)
            equal(next(watched).status, health_pb2.HealthCheckResponse.SERVING)
            watched.cancel()
        with checks("the HEALTHCHECK"):
            equal(site.execute("python3", "health.py").stdout, "SERVING\n")
        with checks("it stops in good order"):
            equal(site.stop(), 0)
            contains(site.logs(), "services stopped")
    with image.start(CHAT) as site:
        _chat(checks, site)
    with image.start(GREETING) as site, checks("a greeting"), site.connect() as connection:
        connection.settimeout(10)
        connection.sendall(b"again\r\n")
        heard = b""
        while not heard.endswith(b"again\r\n"):
            heard += connection.recv(100)
        equal(heard, b"220 services\r\n250 again\r\n")
    return checks.results


def _health(site: Container, service: str) -> str:
    request = health_pb2.HealthCheckRequest(service=service)
    with grpc.insecure_channel(f"{site.address}:{site.port}") as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)
        except grpc.RpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def _chat(checks: Checks, site: Container) -> None:
    with connect(f"ws://{site.address}:{site.port}/other") as chat:
        with checks("messages"):
            chat.send("grüße")
            equal(chat.recv(10), "GRÜSSE")
        with checks("a long message, compressed"):
            chat.send("x" * 200_000)
            equal(chat.recv(10), "X" * 200_000)
    with checks("no WebSocket"):
        equal(site.get("/").status, 426)
