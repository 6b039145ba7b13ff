"""Crawls of real sites on loopback."""

import time
from dataclasses import replace
from http.cookiejar import CookieJar

import httpx
import pytest

from probes.crawl.ask import Asker
from probes.crawl.document import read_document
from probes.crawl.model import Crawl, Kind
from probes.crawl.order import Why
from probes.crawl.told import Told, notes
from probes.crawl.walk import Walk
from probes.exercise.exchange import BODY_HELD, Exchange, Result
from probes.exercise.http import send
from probes.exercise.model import HttpProbe
from probes.exercise.site import Site

SHOWN_BY_HOME = [
    "/style.css", "/favicon.ico", "/app.webmanifest", "/back.png", "/one.png", "/two.png", "/three.png",
    "/main.js",
]  # fmt: skip
SHOWN_BY_THOSE = ["/more.css", "/font.woff", "/icon.png", "/part.js", "/dot.png"]
ONE_LINK_AWAY = [
    "/about.html", "/deep/1", "/post/how-to-delete-a-file", "/missing", "/error", "/calendar/1",
    "/search?a=1&region=2&b=3", "/moved", "/loop", "/search?q=d%27%26e&s=y&go=Go", "/from-sitemap", "/?app=1",
]  # fmt: skip


def walked(target, seen=(), seconds=20.0, patience=5.0, **bounds):
    """A finished walk and the cookies of its conversation."""
    cookies, said = CookieJar(), []
    ask = Asker(
        lambda probe: send(probe, target, cookies, probe.timeout),
        seconds=seconds, patience=patience, say=said.append,
    )  # fmt: skip
    walk = Walk(Crawl(**bounds), Site(target, httpx.URL(f"http://localhost:{target.container_port}")), ask)
    seen = tuple(send(HttpProbe("GET", path), target, cookies, 5.0) for path in seen)
    walk.start(seen)
    walk.run()
    assert said == [f"crawl: GET {probe.path}" for probe in walk.probes] or ask.out_of_time
    return walk, ask, cookies


def paths(walk):
    return [probe.path for probe in walk.probes]


def told(walk, ask, **bounds):
    order = walk.order
    return notes(
        Crawl(**bounds),
        Told(tuple(walk.exchanges), order.left_out, order.waiting, ask.out_of_time),
    )


def test_pages_are_asked_for_breadth_first_in_document_order_and_what_they_show_with_them(tricky):
    walk, _, cookies = walked(tricky, depth=1)
    assert paths(walk) == ["/robots.txt", "/", "/map.xml.gz", *SHOWN_BY_HOME, *SHOWN_BY_THOSE, *ONE_LINK_AWAY]
    assert {cookie.name for cookie in cookies} == {"seen"}
    assert {probe.found_by for probe in walk.probes} == {"crawl"}
    assert {exchange.found_by for exchange in walk.exchanges} == {"crawl"}
    assert {probe.timeout for probe in walk.probes} == {5.0}
    assert {probe.port for probe in walk.probes} == {tricky.port}


def test_the_same_site_gives_the_same_probes(tricky):
    assert walked(tricky)[0].probes == walked(tricky)[0].probes


def test_what_is_broken_and_what_was_left_out_is_told(tricky):
    walk, ask, _ = walked(tricky, depth=1)
    assert [(one.probe, one.broken, one.found_on) for one in walk.exchanges if one.broken] == [
        ("GET /missing", "404", "/"), ("GET /error", "500", "/"), ("GET /loop", "broken", "/")
    ]  # fmt: skip
    assert told(walk, ask, depth=1) == (
        "crawl: 28 addresses asked for, 3 of them broken in the fat image already",
        "crawl: broken in the fat image already: GET /missing → 404, linked from /",
        "crawl: broken in the fat image already: GET /error → 500, linked from /",
        "crawl: broken in the fat image already: GET /loop → broken, linked from /",
        "crawl: left out: links that look as if they log out or take something away (--crawl-destructive "
        "follows them): 4, like /accounts/logout/, /sign-out, /items/deleteAll",
        "crawl: left out: links that robots.txt disallows (--crawl-ignore-robots follows them): 1, like "
        "/private/page",
        "crawl: left out: links beyond the depth of 1 (--crawl-depth): 5, like /base/relative, "
        "/same, /deep/x1",
        "crawl: left out: links to other sites: 2, like elsewhere.example, cdn.example",
    )


def test_a_crawl_that_was_kept_out_says_so():
    form = b"<form method=post><input name=p type=password></form>"
    led = Exchange(
        "GET /", "http", Result.ANSWERED, 200, url="/login?next=/", redirects=("/login?next=/",), body=form
    )
    shown = Exchange("GET /login", "http", Result.ANSWERED, 200, url="/login", body=form)
    refused = [Exchange("GET /a", "http", Result.ANSWERED, status, url="/a") for status in (401, 429, 429)]
    assert notes(Crawl(), Told((led, shown, *refused), {}, 0, False, lonely=True)) == (
        "crawl: 5 addresses asked for",
        "crawl: nothing links to another page: --http-probe PATH, or a sitemap.xml, names where to begin",
        "crawl: 1 address led to a form that asks for a password, like /login: steps that log in "
        "(--probes FILE), or --http-header, open what lies behind it",
        "crawl: 1 address answered 401, which asks for credentials: give them by --http-header, or log in by "
        "steps (--probes FILE)",
        "crawl: 2 addresses answered 429, too many requests: raise the limit for the run, or crawl less "
        "(--crawl-pages)",
    )


def test_a_page_without_links_leads_nowhere_and_one_that_nobody_promised_is_not_broken(tricky):
    walk, _, _ = walked(tricky, exclude=("/map*",), seen=("/frame",))
    assert walk.led
    walk, _, _ = walked(tricky, exclude=("/", "/map*"), seen=("/frame",))
    assert not walk.led
    tried = Exchange("GET /", "http", Result.ANSWERED, 404, url="/", found_by="crawl")
    assert (tried.broken, replace(tried, found_on="/a").broken) == ("", "404")
    assert replace(tried, found_on="/a", found_by="").broken == "", "the user asked for it"


def test_a_base_a_frame_and_a_redirect_lead_on(tricky):
    walk, _, _ = walked(tricky)
    assert {"/base/relative", "/same", "/frame"} <= set(paths(walk))
    moved = walk.exchanges[paths(walk).index("/moved")]
    assert (moved.status, moved.url) == (200, "/about.html")


def test_destructive_and_disallowed_links_are_followed_when_asked_for(tricky):
    walk, _, _ = walked(tricky, depth=1, destructive=True, ignore_robots=True)
    assert {"/accounts/logout/", "/sign-out", "/items/deleteAll", "/private/page"} <= set(paths(walk))
    assert walk.order.left_out[Why.DESTRUCTIVE].examples == ["/item"], "its script sends another method"


def test_paths_are_excluded_by_glob(tricky):
    walk, _, _ = walked(tricky, depth=2, exclude=("/calendar/*", "*.png"))
    assert not any(path.startswith("/calendar") or path.endswith(".png") for path in paths(walk))
    assert walk.order.left_out[Why.EXCLUDED].count == 7


def test_a_calendar_ends(tricky):
    walk, _, _ = walked(tricky, depth=1000, pages=1000, exclude=("/deep/*",))
    calendar = [path for path in paths(walk) if path.startswith("/calendar/")]
    assert len([path for path in calendar if "?" not in path]) == 5
    assert len(calendar) == 10
    assert walk.order.left_out[Why.ALIKE].examples == ["/calendar/6"]
    assert walk.order.waiting == 0


def test_the_bound_on_pages_holds_and_is_told(tricky):
    walk, ask, _ = walked(tricky, pages=6)
    assert paths(walk) == ["/robots.txt", "/", "/map.xml.gz", *SHOWN_BY_HOME[:3]]
    assert "crawl: stopped at 6 (--crawl-pages); 20 found and not asked for" in told(walk, ask, pages=6)


def test_pages_that_probes_were_shown_are_where_it_starts_too(tricky):
    walk, _, _ = walked(tricky, seen=("/same", "/"), depth=1)
    assert "/" not in paths(walk) and "/same" not in paths(walk)
    assert "/frame" in paths(walk)
    assert set(SHOWN_BY_HOME) <= set(paths(walk))


def test_the_bound_on_time_holds_under_a_page_that_hangs(tricky):
    begin = time.monotonic()
    walk, ask, _ = walked(tricky, seen=("/", "/hangs/x"), seconds=0.5, patience=10.0, exclude=("/[!sf]*",))
    assert time.monotonic() - begin < 3
    assert "/slow" not in paths(walk), "what was broken off for the crawl's sake is no probe"
    assert ask.out_of_time
    assert "crawl: stopped after 0.5 s (--crawl-time); 2 found and not asked for" in told(
        walk, ask, seconds=0.5
    )


def test_a_page_that_hangs_takes_no_longer_than_a_probe(tricky):
    walk, _, _ = walked(tricky, seen=("/hangs/x",), patience=0.3, depth=1, exclude=("/?*.*", "/[!sf]*"))
    assert ("/slow", "timed out", "/hangs/x") in [
        (one.sent.line.removeprefix("GET ") if one.sent else "", one.broken, one.found_on)
        for one in walk.exchanges
    ]
    assert paths(walk)[-1] != "/slow" and "/frame" in paths(walk)


def test_a_hundred_thousand_links_cost_little(tricky):
    begin = time.monotonic()
    walk, _, _ = walked(tricky, seen=("/", "/many/1"), pages=20)
    assert time.monotonic() - begin < 3
    assert len(walk.probes) == 20
    assert walk.order.waiting < 2100


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_document_is_read_whatever_it_holds(kind):
    for body in (
        b"",
        b"\x00\xff\xfe<a href=x",
        b"<",
        b"{",
        b"[" * 100_000,
        b"\x1f\x8bnot gzip",
        b"\xff\xfea",
    ):
        for media_type in ("text/html; charset=zip", "text/css", "text/javascript", "x", ""):
            headers = (("content-type", media_type),)
            exchange = Exchange("GET /", "http", Result.ANSWERED, 200, url="/", headers=headers, body=body)
            assert all(isinstance(one.text, str) for one in read_document(kind, exchange).references)


def test_of_a_page_that_was_read_only_the_beginning_is_held(tricky):
    walk, _, _ = walked(tricky, pages=20, seen=("/leads-to/many",))
    assert any(exchange.body_size > BODY_HELD for exchange in walk.exchanges)
    assert max(len(exchange.body) for exchange in walk.exchanges) == BODY_HELD
