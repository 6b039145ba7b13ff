"""Did the probes reach next to nothing of what the image is for? Each way of it is a sentence.

A false alarm annoys and silence misleads: there is an alarm only where all that was asked of all lives
is of the kind that reaches nothing, or where nearly nothing was used. One good probe ends it; how far that
one reached, the share tells.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable

from probes.exercise.exchange import Exchange
from slim.coverage.application import Application
from slim.coverage.commands import ALIVE_PATHS, asks_about_itself, asks_whether_alive, programs, tells_usage
from slim.coverage.lives import Lived, Request, requests_of, requests_of_one
from slim.coverage.model import Counted, Shortfall
from slim.oci.entry import Kind
from slim.oci.path import printable
from slim.oci.tree import Tree

_ADD_REQUESTS = (
    "ask for what it serves: --http-probe PATH for each page, --http-crawl, --openapi, --probes FILE"
)
_NO_PROBE = frozenset({"start", "until"})
_MISSING = 404
_DOCUMENT = re.compile(rb"""["']?\b(openapi|swagger)["']?\s{0,20}:\s{0,20}["']?[23]\.""")
_FOR_CRAWLERS = frozenset({"/robots.txt", "/sitemap.xml"})
_SHOWN = re.compile(r"(image|font|text/css|(text|application)/(x-)?javascript)\b", re.IGNORECASE)
"""Media types of what is shown with a page."""
_LITTLE = 0.1
_MANY = 10
"""Of so many files of code, less than this share is next to nothing."""
_MAX_PAGES = 64
"""Answers that are compared with files of the image."""
_MAX_PAGE_BYTES = 1 << 24


def shortfalls(
    lives: tuple[Lived, ...], application: Application, modules: Counted, pages: Counted, tree: Tree
) -> tuple[Shortfall, ...]:
    """Why the probes reached next to nothing; empty where one of them may have reached more."""
    asked = tuple(life for life in lives if not life.idle or _probed(life)) or lives
    found = tuple(_of_life(life, application, pages, tree) for life in asked)
    told = tuple(one for one in found if one is not None)
    if told and len(told) == len(found):
        return tuple(dict.fromkeys(told))
    if application.opaque or modules.total < _MANY or modules.used >= _LITTLE * modules.total:
        return ()
    counts = f"{modules.used} of {modules.total} files of its code were used"
    return (Shortfall("files", counts, "exercise more of it: " + _ADD_REQUESTS),)


def may_have_sent(lives: tuple[Lived, ...]) -> bool:
    """Whether commands among the probes may have sent requests that no transcript holds."""
    return any(
        one.kind in ("exec", "host") and not _only_alive(one) and not _only_about(one, life)
        for life in lives
        for one in life.exchanges
    )


def _of_life(life: Lived, application: Application, pages: Counted, tree: Tree) -> Shortfall | None:
    exchanges = _probed(life)
    if not exchanges:
        return Shortfall(
            "unexercised",
            f"{_the(life)} was only started",
            "give it something to do: --http-probe, --exec-probe, --host-probe or --probes FILE",
        )
    if all(_only_alive(one) for one in exchanges):
        some = ", ".join(dict.fromkeys(_called(one) for one in exchanges))
        return Shortfall(
            "liveness",
            f"{_the(life)} was only asked whether it is alive ({some})",
            "ask for what it is there for: read and write something, by --http-probe, --exec-probe or "
            "--host-probe",
        )
    if all(_only_about(one, life) for one in exchanges):
        return Shortfall(
            "version",
            f"{_the(life)} only told its version or its usage",
            "run it on real input: `slim run IMAGE -- ARGUMENTS`, or --exec-probe COMMAND",
        )
    more = tuple(one for one in exchanges if not _only_alive(one))
    if all(one.kind == "http" for one in more):
        return _of_server(requests_of((Lived(life.argv, more),)), application, pages, tree)
    return None


def _probed(life: Lived) -> tuple[Exchange, ...]:
    """What was asked; not where a crawl found nothing, nor a robots.txt or OpenAPI document that was read to
    find more, unless that is all."""
    probed = tuple(one for one in life.exchanges if one.kind not in _NO_PROBE)
    return tuple(one for one in probed if not (one.found_by and _tells_nothing(one))) or probed


def _tells_nothing(one: Exchange) -> bool:
    return one.status == _MISSING or one.url in _FOR_CRAWLERS or _DOCUMENT.search(one.body[:500]) is not None


def _the(life: Lived) -> str:
    return f"the run {life.name}" if life.name else "the container"


def _only_alive(one: Exchange) -> bool:
    """Whether a probe asks for no more than a sign of life."""
    if one.kind == "tcp":
        return one.sent is None or not one.sent.body_size
    if one.kind == "http":
        return all(ALIVE_PATHS.fullmatch(request.path) for request in requests_of_one(one))
    if one.kind in ("exec", "host"):
        return asks_whether_alive(_line(one))
    return one.kind in ("health", "grpc")


def _only_about(one: Exchange, life: Lived) -> bool:
    """Whether a command tells about itself alone."""
    if one.kind == "exit":
        return asks_about_itself(shlex.join(life.argv), one) or tells_usage(one)
    return one.kind in ("exec", "host") and asks_about_itself(_line(one), one)


def _called(one: Exchange) -> str:
    """What a probe is called, without what may be secret."""
    if one.kind == "http":
        return ", ".join(f"{request.method} {printable(request.path)}" for request in requests_of_one(one))
    if one.kind in ("exec", "host"):
        return programs(_line(one))
    return "its HEALTHCHECK" if one.kind == "health" else one.kind


def _line(one: Exchange) -> str:
    return one.sent.line if one.sent else one.probe.removeprefix(f"{one.kind} ")


# -- a server that was sent HTTP requests --------------------------------------------------------


def _of_server(
    requests: tuple[Request, ...], application: Application, pages: Counted, tree: Tree
) -> Shortfall | None:
    checks: tuple[Callable[[], Shortfall | None], ...] = (
        lambda: _all_errors(requests),
        lambda: _all_redirects(requests),
        lambda: _all_static(requests, application, tree),
        lambda: _home_alone(requests, application, pages),
    )
    return next((found for check in checks if (found := check()) is not None), None)


def _all_errors(requests: tuple[Request, ...]) -> Shortfall | None:
    states = {one.exchange.status or 0 for one in requests}
    if min(states, default=0) < 400:
        return None
    some = ", ".join(str(state) for state in sorted(states))
    return Shortfall("errors", f"every request was answered with an error ({some})", _ADD_REQUESTS)


def _all_redirects(requests: tuple[Request, ...]) -> Shortfall | None:
    """Nothing but redirects, or every request but for that page's own led to one page: a login."""
    if all(300 <= (one.exchange.status or 0) < 400 for one in requests):
        return Shortfall("redirects", "every request was answered with a redirect alone", _ADD_REQUESTS)
    pages = tuple(one for one in requests if not _is_shown(one))
    ends = {one.exchange.url.partition("?")[0] for one in pages}
    led = tuple(one for one in pages if one.exchange.redirects)
    if len(ends) != 1 or not led or any(one.path not in ends for one in pages if one not in led):
        return None
    if len({one.path for one in led}) > 1 or led[0].exchange.led_to_login:
        return Shortfall(
            "redirects",
            f"every request was redirected to {ends.pop()}",
            "log in first: --probes FILE has steps that share a session",
        )
    return None


def _is_shown(one: Request) -> bool:
    """Whether a crawl asked for it since a page shows it: its styles, scripts, images."""
    sort = next((value for name, value in one.exchange.headers if name.lower() == "content-type"), "")
    return bool(one.exchange.found_by) and not one.exchange.redirects and _SHOWN.match(sort) is not None


def _all_static(requests: tuple[Request, ...], application: Application, tree: Tree) -> Shortfall | None:
    """A server with code of its own of which every good answer is a file of the image as it is."""
    if application.opaque or len(requests) > _MAX_PAGES:
        return None
    good = tuple(one for one in requests if one.exchange.status == 200 and one.exchange.body_size)
    named = {one.exchange.body_sha256: one.path for one in good}
    sizes = {one.exchange.body_size for one in good}
    for path in application.files:
        entry = tree[path]
        if entry.kind is Kind.FILE and entry.size in sizes and entry.size <= _MAX_PAGE_BYTES:
            named.pop(hashlib.sha256(tree.read(path, _MAX_PAGE_BYTES)).hexdigest(), None)
    if not good or named:
        return None
    some = ", ".join(sorted({printable(one.path) for one in good})[:3])
    return Shortfall(
        "static",
        f"all that was answered is files as they are in the image ({some}): none of its code was asked",
        _ADD_REQUESTS,
    )


def _home_alone(requests: tuple[Request, ...], application: Application, pages: Counted) -> Shortfall | None:
    """A program whose files tell nothing, of which only the home page was asked for."""
    if not application.opaque or {one.path for one in requests} != {"/"}:
        return None
    if application.has_site and pages.used == pages.total and not application.modules:
        return None  # that page is all that there is
    return Shortfall("home", "only / was asked for", _ADD_REQUESTS)
