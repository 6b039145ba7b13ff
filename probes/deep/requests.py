"""Odd requests to a site that has answered: what error pages, renderers and translations are for.

Pure: the same answers give the same requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

import httpx

from probes.deep.model import FOUND_BY, Deep
from probes.exercise.exchange import Exchange
from probes.exercise.model import HttpProbe, TcpProbe
from probes.exercise.parts import Body

_PAGES = ("text/html", "application/json", "application/xhtml+xml", "text/plain", "application/xml", "")
"""Media types of what an application makes; others are most often files."""
_NOWHERE = "slim-no-such-path"
_COOKIE = "sessionid"
"""Where the site set none."""
_GARBAGE = "slim-garbage%00.-"
_LONG = 9000
"""Bytes of a header that most servers refuse: they read lines of 8190 at the most (Apache's
LimitRequestFieldSize, nginx's large_client_header_buffers, gunicorn's limit_request_field_size)."""


def odd_requests(
    exchanges: Iterable[Exchange], bounds: Deep, *, posts: bool
) -> tuple[HttpProbe | TcpProbe, ...]:
    """What to ask each site that answered one of `exchanges`. `posts`: whether POST without a body may
    be sent where GET was answered, since nothing outlives the container."""
    answered = tuple(one for one in exchanges if one.kind == "http" and one.site and one.status and one.sent)
    found: list[HttpProbe | TcpProbe] = []
    for site, port in dict.fromkeys((one.site, one.port) for one in answered):
        own = tuple(one for one in answered if (one.site, one.port) == (site, port))
        found += _to_site(_Site(site, port), own, bounds, posts=posts)
    return tuple(dict.fromkeys(found))


class _Site:
    """Makes probes of one site."""

    def __init__(self, root: str, port: int) -> None:
        url = httpx.URL(root)
        self._port = port
        self._tls = url.scheme == "https"
        self._host = () if url.host == "localhost" else (("host", url.netloc.decode("ascii")),)

    def ask(
        self, method: str, path: str, title: str = "", *headers: tuple[str, str], body: Body | None = None
    ) -> HttpProbe:
        return HttpProbe(
            method,
            path,
            port=self._port,
            headers=(*self._host, *headers),
            body=body,
            tls=self._tls,
            title=f"{method} {path[:60]} {title}".rstrip(),
            found_by=FOUND_BY,
        )

    def raw(self, title: str, text: bytes) -> tuple[TcpProbe, ...]:
        """What the library would not send; nothing under TLS, which is not spoken there."""
        return () if self._tls else (TcpProbe(self._port, text, title=title),)


def _to_site(
    site: _Site, answered: tuple[Exchange, ...], bounds: Deep, *, posts: bool
) -> Iterator[HttpProbe | TcpProbe]:
    paths = _pages(answered)
    first = paths[0] if paths else "/"
    for folder in _folders(paths)[: bounds.folders]:
        yield site.ask("GET", f"{folder}{_NOWHERE}")
    yield site.ask("GET", f"/{_NOWHERE}", "as JSON", ("accept", "application/json"))
    yield site.ask("GET", "/%2e%2e/%2e%2e/etc/passwd")
    yield site.ask("GET", f"{first}?slim=%ff%00&slim[=%&=&page=-1")
    yield site.ask("GET", first, "with a long header", ("x-slim", "x" * _LONG))
    yield site.ask("GET", first, "with garbage cookies", ("cookie", _garbage(answered)))
    yield site.ask("GET", first, "with bad credentials", ("authorization", "Basic c2xpbTpzbGlt"))
    yield site.ask("TRACE", first)
    yield site.ask("SLIM", first)
    yield from site.raw("GET without a Host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    yield from site.raw("no HTTP", b"slim\r\n\r\n")
    for one in _documents(answered)[: bounds.paths]:
        yield site.ask(*one, "with malformed JSON", body=Body(b'{"slim": ', "application/json"))
    for path in paths[: bounds.paths]:
        yield site.ask("OPTIONS", path)
        yield site.ask("GET", path, "in German", ("accept-language", "de"))
        yield site.ask("GET", path, "as JSON", ("accept", "application/json"))
        yield site.ask("GET", path, "as XML", ("accept", "application/xml;q=0.9"))
        if posts:
            yield site.ask("POST", path, "without a body", ("content-length", "0"))


def _pages(answered: tuple[Exchange, ...]) -> tuple[str, ...]:
    """The paths that GET was answered at, without their queries; what an application made first."""
    good = [one for one in answered if _line(one)[0] == "GET" and one.status and one.status < 400]
    made = [one for one in good if _media_type(one) in _PAGES]
    return tuple(dict.fromkeys(urlsplit(_line(one)[1]).path or "/" for one in (*made, *good)))


def _folders(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `paths`, the root first: another part of the application may answer in each."""
    return tuple(dict.fromkeys(("/", *(path.rpartition("/")[0] + "/" for path in paths))))


def _documents(answered: tuple[Exchange, ...]) -> tuple[tuple[str, str], ...]:
    """Method and path of what JSON was sent to."""
    return tuple(dict.fromkeys(_line(one) for one in answered if _sends_json(one)))


def _sends_json(one: Exchange) -> bool:
    if one.sent is None or not one.sent.body:
        return False
    try:
        json.loads(one.sent.body)
    except ValueError:
        return False
    return any(name.lower() == "content-type" and "json" in value for name, value in one.sent.headers)


def _line(one: Exchange) -> tuple[str, str]:
    method, _, path = one.sent.line.partition(" ") if one.sent else ("", "", "")
    return method, path


def _media_type(one: Exchange) -> str:
    for name, value in one.headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _garbage(answered: tuple[Exchange, ...]) -> str:
    """A Cookie header with nonsense in each of the site's cookies."""
    names: dict[str, None] = {}
    for name, value in (pair for one in answered for pair in one.headers):
        if name.lower() == "set-cookie":
            try:
                names.update(dict.fromkeys(SimpleCookie(value)))
            except CookieError:
                continue
    return "; ".join(f"{name}={_GARBAGE}" for name in names or (_COOKIE,))
