"""Crawls of real applications in containers."""

from __future__ import annotations

import json
import os
from functools import partial

import pytest
from command_line import slim
from images.build import build
from images.started import docker

from probes.crawl.crawl import crawl
from probes.crawl.model import Crawl
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Result
from probes.exercise.model import HealthProbe, HttpProbe
from probes.exercise.perform import perform
from probes.exercise.runner import exercise, failures
from probes.exercise.session import Options

pytestmark = pytest.mark.engine

DJANGO = ("gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi")
SITE = """
import http.server, os

PAGES = {"/": "<a href=/die>x</a><a href=/after>y</a>", "/after": "never", "/gone": "<a href=/nowhere>z</a>"}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        body = PAGES.get(self.path, "no").encode()
        self.send_response(200 if self.path in PAGES else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def answers(generated):
    return [
        (probe.path, one.status) for probe, one in zip(generated.probes, generated.exchanges, strict=True)
    ]


def test_the_pages_and_assets_that_a_django_site_links_to_are_reached(start):
    conversation = Conversation(start(*DJANGO, image="django"))
    first = perform(HttpProbe("GET", "/"), conversation)
    found = crawl(Crawl(), conversation, first)
    statuses = dict(answers(found))
    assert {"/products/", "/products/?page=2", "/products/atlas/", "/sitemap.xml"} <= statuses.keys()
    assert any(path.startswith("/static/catalog/shop.") for path in statuses), "the style sheet"
    assert any(path.startswith("/static/catalog/dot.") for path in statuses), "what the style sheet loads"
    assert "/" not in statuses, "it has been asked for already"
    assert {path for path, status in statuses.items() if status != 200} == {"/robots.txt"}
    assert found.notes == (f"crawl: {len(statuses)} addresses asked for",)


def test_a_crawl_replays_as_the_probes_that_it_made_up(start):
    conversation = Conversation(start(*DJANGO, image="django"))
    found = crawl(Crawl(depth=1), conversation, ())
    assert found.probes[0].path == "/", "nothing was asked before, so the port was found by the crawl"
    again = Conversation(start(*DJANGO, image="django"))
    replayed = [one for probe in found.probes for one in perform(probe, again)]
    assert [(one.probe, one.status, one.body_sha256) for one in replayed] == [
        (one.probe, one.status, one.body_sha256) for one in found.exchanges
    ]
    assert {one.found_by for one in replayed} == {"crawl"}


def test_a_link_that_ends_the_container_ends_the_crawl(start):
    conversation = Conversation(start.python(SITE))
    found = crawl(Crawl(), conversation, perform(HttpProbe("GET", "/"), conversation))
    assert [one.result for one in found.exchanges][-1] is Result.DIED
    assert found.probes[-1].path == "/die"
    assert (
        "crawl: GET /die ended the container, and with it the crawl; --crawl-exclude leaves it out"
        in found.notes
    )


def test_nothing_that_listens_is_told(start):
    session = start("sleep", "60", options=Options(start_timeout=1))
    assert crawl(Crawl(), Conversation(session), ()).notes == (
        "crawl: nothing listens, so nothing was crawled",
    )


def test_slim_run_tells_broken_links_and_is_verified(tmp_path):
    tag = f"slim-test-crawl:{os.getpid()}"
    done = slim(
        *("run", build("flask-debian"), "--tag", tag),
        *("--http-probe", "/gone", "--http-crawl", "--crawl-exclude", "/die", "--port", "8000", "--json"),
        *("--entrypoint", "python3", "--", "-c", SITE),
        folder=tmp_path,
    )
    try:
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert [one["probe"] for one in report["probes"]] == [
            "GET /gone", "GET /robots.txt", "GET /", "GET /sitemap.xml", "GET /nowhere", "GET /after",
            "healthcheck",
        ]  # fmt: skip
        assert all(one["agrees"] for one in report["probes"])
        broken = "crawl: broken in the fat image already: GET /nowhere → 404, linked from /gone"
        assert broken in report["notes"]
        told = {"probe": "GET /nowhere", "outcome": "404", "page": "/gone", "found_by": "crawl", "run": ""}
        assert (report["broken"], report["warnings"]) == ([told], [])
    finally:
        docker("image", "rm", tag)


def test_a_container_that_the_crawl_ended_is_told_and_its_health_is_not_asked_for(start):
    done = exercise(
        (HttpProbe("GET", "/"),),
        start.python(SITE),
        health=HealthProbe(("true",)),
        generators=(partial(crawl, Crawl()), partial(crawl, Crawl())),
    )
    assert [one.probe for one in done.exchanges] == [
        "GET /",
        "GET /robots.txt",
        "GET /sitemap.xml",
        "GET /die",
    ]
    assert failures(done.exchanges) == ()
    assert [one.probe for one in done.exchanges if one.broken] == ["GET /die"]
    assert done.notes[-1] == "the container has ended: not all was crawled or called that was asked for"


def test_a_program_that_ends_is_not_crawled_and_that_is_told(start):
    done = exercise((), start("true"), generators=(partial(crawl, Crawl()),))
    assert [one.kind for one in done.exchanges] == ["exit"]
    assert done.notes == ("the container has ended: not all was crawled or called that was asked for",)


def test_each_site_of_a_server_is_crawled_by_its_port_its_name_and_with_tls(start):
    conversation = Conversation(start("nginx", "-g", "daemon off;", image="nginx-sites"))
    probes = (
        HttpProbe("GET", "/files/", port=80),
        HttpProbe("GET", "/", port=443, tls=True),
        HttpProbe("GET", "/", port=80, headers=(("host", "backend.test"),)),
    )
    found = crawl(
        Crawl(), conversation, tuple(one for probe in probes for one in perform(probe, conversation))
    )
    asked = [
        (probe.port, probe.tls, dict(probe.headers).get("host", ""), probe.path) for probe in found.probes
    ]
    assert asked == [
        (80, False, "", "/robots.txt"),
        (80, False, "", "/"),
        (80, False, "", "/sitemap.xml"),
        (80, False, "", "/files/notes.txt"),
        (443, True, "", "/robots.txt"),
        (443, True, "", "/sitemap.xml"),
        (80, False, "backend.test", "/robots.txt"),
        (80, False, "backend.test", "/sitemap.xml"),
    ]
    assert found.notes == ("crawl: 8 addresses asked for",)
