"""Probes by gRPC, WebSocket and TCP of a container that becomes healthy late, hangs and dies."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from command_line import slim
from images.build import build

from probes.exercise.exchange import Result
from probes.exercise.model import GrpcHealthProbe, HealthProbe, TcpProbe, Together, UntilProbe, WebSocketProbe
from probes.exercise.parts import Expect, Until
from probes.exercise.runner import exercise, failures
from probes.exercise.session import Options

pytestmark = pytest.mark.engine

SERVICES = ("python3", "services.py")
HEALTH = HealthProbe(("python3", "health.py"))
CHECK = GrpcHealthProbe(port=50051)
CHAT = WebSocketProbe("/chat", ("one", "two"), port=8765)
GREETING = TcpProbe(7025, b"hello\r\n", expect=Expect(body=("250 hello",)))
EXPOSED = (7025, 8765, 50051)


def services(start, **options):
    session = start(*SERVICES, image="services", exposed=EXPOSED)
    return dataclasses.replace(session, options=dataclasses.replace(session.options, **options))


def test_they_are_probed_once_the_healthcheck_passes(start):
    session = dataclasses.replace(services(start), health=HEALTH)
    done = exercise((CHECK, CHAT, GREETING), session, health=HEALTH).exchanges
    assert [(one.kind, one.passed, one.body) for one in done] == [
        ("grpc", True, b"SERVING"),
        ("websocket", True, b"ONE\nTWO"),
        ("tcp", True, b"220 services\r\n250 hello"),
        ("health", True, b"SERVING\n"),
    ]
    assert any("tried 1 times, now: exit code" in said for said in start.said)
    assert start.marked == [CHECK.name, CHAT.name, GREETING.name, HEALTH.name]
    assert all(one.sent is not None for one in done)


def test_before_they_are_healthy_the_check_fails_by_name(start):
    late = UntilProbe(Until(log="services ready"))
    first, waited, then = exercise((CHECK, late, CHECK), services(start)).exchanges
    assert failures((first,)) == ("grpc health was answered, but not as expected: answered NOT_SERVING",)
    assert waited.passed and then.passed


def test_they_are_probed_at_the_same_time(start):
    session = dataclasses.replace(services(start), ready=Until(log="services ready"))
    done = exercise((Together((GREETING, CHAT, CHECK)),), session).exchanges
    assert [(one.kind, one.passed) for one in done] == [("tcp", True), ("websocket", True), ("grpc", True)]


def test_a_server_that_hangs_in_the_middle_of_a_frame_goes_on_for_others(start):
    hang = WebSocketProbe("/chat", ("one", "hang"), port=8765, timeout=0.7)
    hung, chat = exercise((hang, CHAT), services(start)).exchanges
    assert (hung.result, hung.body) == (Result.TIMED_OUT, b"ONE")
    assert failures((hung,)) == (
        "websocket /chat timed out: no answer within 0.7 s, cut off after 1 of 2 answers",
    )
    assert chat.passed


def test_a_message_that_kills_the_server_is_told_and_so_is_whatever_comes_after(start):
    die = WebSocketProbe("/chat", ("one", "die"), port=8765)
    done = exercise((CHAT, die, CHECK, GREETING), services(start)).exchanges
    assert [(one.result, one.exit_code) for one in done[1:]] == [(Result.DIED, 7)] * 3
    assert "services.py" in done[1].detail or "listening" in done[1].detail


def test_a_port_of_another_protocol_is_no_answer(start):
    session = dataclasses.replace(services(start), options=Options(probe_timeout=2, start_timeout=20))
    probes = (GrpcHealthProbe(port=7025), WebSocketProbe("/", port=7025), GrpcHealthProbe(port=8765))
    done = exercise(probes, session).exchanges
    assert [one.result for one in done] == [Result.BROKEN] * 3
    assert done[0].detail.startswith("what came is not HTTP/2")


def test_the_transcript_of_a_slim_run_holds_them(tmp_path: Path) -> None:
    probes = tmp_path / "probes.yaml"
    probes.write_text(
        "steps:\n"
        "  - grpc_health: {port: 50051}\n"
        "  - websocket: {path: /chat, port: 8765, send: [one]}\n"
        "  - tcp: {port: 7025, send: \"x\\r\\n\"}\n    expect: {body: ['250 x']}\n"
        "  - until: {port: 7025}\n"
    )
    arguments = ("--probes", str(probes), "--tag", "slim-result/services:kinds", "--json")
    done = slim("run", *arguments, build("services"), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verified"]
    assert [one["kind"] for one in report["probes"]] == ["grpc", "websocket", "tcp", "until", "health"]


def test_readiness_that_never_comes_ends_the_run_with_what_was_seen(tmp_path: Path) -> None:
    arguments = ("--ready-log", "never said", "--start-timeout", "3", "--http-probe", "/")
    done = slim("run", *arguments, build("services"), folder=tmp_path)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "never came true: the log says never said" in done.stderr
    assert "the last line was: services ready" in done.stderr
