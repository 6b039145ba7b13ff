"""`--http-header`: what every request has."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from pathlib import Path

import pytest
from command_line import slim
from images.build import build
from images.started import docker

from probes.crawl.crawl import crawl
from probes.crawl.model import Crawl
from probes.exercise.model import HttpProbe
from probes.exercise.parts import Until
from probes.exercise.runner import exercise

pytestmark = pytest.mark.engine

CLOSED = """
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["X-Api-Key"] == "k3y" or self.headers["X-Api-Key"] == "own"
        body = b"<a href=/next>" + self.headers["X-Api-Key"].encode() if allowed else b"no"
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def with_key(session):
    options = dataclasses.replace(session.options, headers=(("x-api-key", "k3y"),))
    return dataclasses.replace(session, options=options, ready=Until(http="/"))


def test_readiness_probes_and_crawls_have_it_and_a_probe_s_own_wins(start):
    own = HttpProbe("GET", "/own", headers=(("X-API-Key", "own"),))
    probes = (HttpProbe("GET", "/"), own)
    done = exercise(probes, with_key(start.python(CLOSED)), generators=(partial(crawl, Crawl()),))
    told = [(one.sent.line, one.status, one.body.partition(b">")[2]) for one in done.exchanges]
    assert told == [
        ("GET /", 200, b"k3y"),
        ("GET /own", 200, b"own"),
        ("GET /robots.txt", 200, b"k3y"),
        ("GET /sitemap.xml", 200, b"k3y"),
        ("GET /next", 200, b"k3y"),
    ]
    assert done.probes[:2] == probes, "it is no part of the probes: the replay is given it again"


def test_the_home_page_that_is_found_out_has_it(start):
    done = exercise((), with_key(start.python(CLOSED)))
    assert [(one.probe, one.status) for one in done.exchanges] == [("GET /", 200)]


def test_it_is_sent_to_both_images_and_masked(tmp_path: Path) -> None:
    tag = "slim-result/http-header:test"
    given = ("--http-header", "X-Api-Key: k3y-of-ada", "--http-header", "X-Tenant: acme")
    done = slim("run", "--tag", tag, build("flask-debian"), "--http-probe", "/", *given, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (output,) = tmp_path.glob("*.slim")
    (life,) = json.loads((output / "transcript.json").read_text())["runs"]
    for image in ("fat", "slim"):
        headers = dict(life["probes"][0][image]["sent"]["headers"])
        assert (headers["x-api-key"], headers["x-tenant"]) == ("***", "acme")
    assert not [path for path in output.iterdir() if "k3y-of-ada" in path.read_text()]
    docker("image", "rm", tag)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Authorization Bearer abc", "--http-header is no header"),
        ("X Key: abc", "--http-header 'X Key' is no header"),
        ("X-Key: ${abc}", "--http-header knows no variables"),
    ],
)
def test_what_is_none_is_refused_and_its_value_not_told(text: str, told: str, tmp_path: Path) -> None:
    done = slim("run", "no-such-image", "--http-header", text, folder=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "abc" not in done.stderr
