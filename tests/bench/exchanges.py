"""What probes cost: exchanges of each kind, a crawl, an OpenAPI document, several lives.

    .venv/bin/python tests/bench/exchanges.py [--times N]

Needs an engine. Prints the tables of docs/benchmarks.md. The containers are not traced, but for lives,
which are whole runs of `slim run`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build

from probes.crawl.crawl import crawl
from probes.crawl.model import Crawl
from probes.exercise.conversation import Conversation
from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    TcpProbe,
    Together,
    WebSocketProbe,
)
from probes.exercise.parts import Expect
from probes.exercise.perform import perform
from probes.exercise.session import Options, Session
from probes.openapi.generator import openapi_generator
from probes.openapi.settings import OpenApi
from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec, Engine

SLOW = """
import http.server, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
KINDS: dict[str, tuple[str, Probe]] = {
    "http": ("flask-local", HttpProbe("GET", "/")),
    "tcp": ("services", TcpProbe(7025, b"hello\r\n", expect=Expect(body=("250 hello",)))),
    "websocket, two messages": ("services", WebSocketProbe("/chat", ("one", "two"), port=8765)),
    "grpc_health": ("services", GrpcHealthProbe(port=50051)),
    "exec": ("flask-local", ExecProbe("true")),
    "host": ("flask-local", HostProbe("true")),
}
LIVES = (0, 1, 3)
"""Beside the image's own command."""
TOGETHER = 32


@dataclass(frozen=True)
class Given:
    """One container to start."""

    recipe: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None


@contextlib.contextmanager
def conversation(engine: Engine, given: Given) -> Iterator[Conversation]:
    """With a container of the recipe that has listened; removed afterwards."""
    image = engine.find_image(build(given.recipe))
    container = engine.create_container(
        ContainerSpec(image=image.id, entrypoint=given.entrypoint, command=given.command or None),
        labels={"slim-bench": "1"},
    )
    try:
        container.start()
        options = Options(port=0 if given.recipe == "services" else 8000)
        yield Conversation(Session(engine, container, options=options, environment=dict(os.environ)))
    finally:
        container.remove()


def timed(probe: Probe, talk: Conversation) -> float:
    began = time.perf_counter()
    exchanges = perform(probe, talk)
    seconds = time.perf_counter() - began
    assert all(one.passed for one in exchanges), exchanges
    return seconds


def kinds(engine: Engine, times: int) -> None:
    print("| kind | one exchange, ms | slowest of ten, ms |\n|---|---|---|")
    for name, (recipe, probe) in KINDS.items():
        with conversation(engine, Given(recipe)) as talk:
            while not perform(probe, talk)[0].passed:
                time.sleep(0.1)  # the recipe services is ready a second after it listens
            seconds = sorted(timed(probe, talk) * 1e3 for _ in range(times))
        print(f"| {name} | {statistics.median(seconds):.1f} | {seconds[times * 9 // 10]:.1f} |", flush=True)


def together(engine: Engine) -> None:
    probe = HttpProbe("GET", "/")
    with conversation(engine, Given("flask-debian", ("-c", SLOW), ("python3",))) as talk:
        timed(probe, talk)
        one_by_one = sum(timed(probe, talk) for _ in range(TOGETHER))
        at_once = timed(Together((probe,) * TOGETHER), talk)
    print("| requests that take 50 ms each | one after the other, s | together, s |\n|---|---|---|")
    print(f"| {TOGETHER} | {one_by_one:.2f} | {at_once:.2f} |")


def generated(engine: Engine, times: int) -> None:
    print("| generator | image | exchanges | s | a second |\n|---|---|---|---|---|")
    asked = {
        "crawl": ("django", HttpProbe("GET", "/"), lambda talk, first: crawl(Crawl(), talk, first)),
        "openapi": ("fastapi", HttpProbe("GET", "/health"), openapi_generator(OpenApi(("/openapi.json",)))),
    }
    for name, (recipe, probe, generate) in asked.items():
        seconds, count = [], 0
        for _ in range(times):
            with conversation(engine, Given(recipe)) as talk:
                first = perform(probe, talk)
                began = time.perf_counter()
                count = len(generate(talk, first).exchanges)
                seconds.append(time.perf_counter() - began)
        median = statistics.median(seconds)
        print(f"| {name} | {recipe} | {count} | {median:.2f} | {count / median:.0f} |", flush=True)


def lives(times: int) -> None:
    print("| lives beside the image's own | slim run, s | for each more, s |\n|---|---|---|")
    alone = 0.0
    for number in LIVES:
        words = [w for n in range(number) for w in ("--run", f"l{n}: python3 -c pass")]
        with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
            command = [sys.executable, "-m", "slim", "run", build("flask-debian"), "--http-probe", "/"]
            seconds = []
            for _ in range(times):
                began = time.perf_counter()
                subprocess.run(
                    [*command, *words, "--quiet", "--tag", "slim-bench/lives:test"], cwd=folder, check=True
                )
                seconds.append(time.perf_counter() - began)
        median = statistics.median(seconds)
        alone = alone or median
        print(f"| {number} | {median:.2f} | {(median - alone) / max(number, 1):.2f} |", flush=True)
    subprocess.run(["docker", "image", "rm", "slim-bench/lives:test"], check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50, help="exchanges of each kind")
    times = parser.parse_args().times
    engine = connect()
    kinds(engine, times)
    together(engine)
    generated(engine, max(1, times // 15))
    lives(max(1, times // 15))


if __name__ == "__main__":
    main()
