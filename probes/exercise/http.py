"""Send an HTTP probe and record what comes back, whatever a server does.

A server may drip bytes for ever, send without end, reset or talk nonsense. Each
probe has one deadline over everything, bodies are streamed through a hash, and everything that
goes wrong is a `Result`.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar

import httpx

from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.http_connection import HTTP2_WINDOW, ToTarget
from probes.exercise.http_request import Outgoing, outgoing, sent
from probes.exercise.model import HttpProbe
from probes.exercise.site import Site, site_of
from probes.exercise.target import Target

BODY_KEPT = 1 << 20
"""Bytes of a body that an Exchange holds."""
BODY_LIMIT = 1 << 28
"""Bytes of a body that are read at the most."""
MAX_REDIRECTS = 10


def send(probe: HttpProbe, target: Target, cookies: CookieJar, timeout: float) -> Exchange:
    """Send `probe` to `target`, and follow redirects inside the site if it says so.

    TLS is spoken where the probe or the target says so. `cookies` are sent and updated: share it among
    the probes of one run. `timeout` in seconds is the deadline for everything together. The host that
    the server sees is `localhost` with the container's own port, unless the probe has a Host header.
    What the probe expects is not looked at. Raises nothing for what a server does.
    """
    tls = probe.tls or target.scheme == "https"
    visit = _Visit(probe, site_of(probe, target, tls=tls))
    started, begin = time.time(), time.monotonic()
    result, detail = asyncio.run(_send(visit, cookies, timeout))
    return Exchange(
        probe=probe.name,
        kind="http",
        result=result,
        status=visit.status,
        url=visit.path,
        redirects=tuple(visit.redirects),
        headers=visit.headers,
        body=bytes(visit.body),
        body_size=visit.body_size,
        body_sha256=visit.digest.hexdigest() if visit.status is not None else "",
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
        found_by=probe.found_by,
        sent=visit.sent,
        site=str(visit.site.root),
        port=target.container_port,
    )


@dataclass
class _Visit:
    """What came back so far; kept when the rest never comes."""

    probe: HttpProbe
    site: Site
    sent: Sent | None = None
    """The first request; those after redirects follow from it."""
    status: int | None = None
    path: str = ""
    answering: bool = False
    """Whether an answer to the last request has begun."""
    redirects: list[str] = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    body_size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def begin_request(self, request: httpx.Request, content: bytes | None) -> None:
        self.path = request.url.raw_path.decode("ascii")
        self.sent = self.sent or sent(request, content)
        self.answering = False

    def begin_answer(self, response: httpx.Response) -> None:
        self.answering = True
        self.status = response.status_code
        self.headers = tuple(response.headers.multi_items())
        self.body.clear()
        self.body_size = 0
        self.digest = hashlib.sha256()

    def progress(self) -> str:
        """How far it came, for people."""
        if self.answering:
            return f"after {self.body_size} bytes of the body"
        return f"before {self.path} was answered"

    def unheard(self) -> str:
        """What may have become of an answer that did not come, for people; see `ToTarget`."""
        size = self.sent.body_size if self.sent else 0
        if self.answering or not self.probe.http2 or size <= HTTP2_WINDOW:
            return ""
        return "; an answer that comes before the whole body was read is heard only without http2"

    def add(self, chunk: bytes) -> None:
        self.body_size += len(chunk)
        self.digest.update(chunk)
        self.body += chunk[: BODY_KEPT - len(self.body)]


async def _send(visit: _Visit, cookies: CookieJar, timeout: float) -> tuple[Result, str]:
    probe, site = visit.probe, visit.site
    tls = site.root.scheme == "https"
    transport = ToTarget(site.target, tls=tls, verify=probe.verify, http2=probe.http2)
    try:
        async with asyncio.timeout(timeout), transport:
            return await _follow(visit, transport, httpx.Cookies(cookies))
    except TimeoutError:
        late = f"no complete answer within {timeout:g} s, cut off {visit.progress()}"
        return Result.TIMED_OUT, late + visit.unheard()
    except httpx.ConnectError as error:
        if transport.connected:
            return _no_tls(error)
        return Result.REFUSED, f"{site.target.address}: {_spell(error)}"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Result.BROKEN, f"{visit.progress()}: {_spell(error)}{visit.unheard()}"


async def _follow(visit: _Visit, transport: ToTarget, cookies: httpx.Cookies) -> tuple[Result, str]:
    probe, site = visit.probe, visit.site
    try:
        start = site.url(probe.path)
    except httpx.InvalidURL as error:
        return Result.UNEXPECTED, f"not sent: {probe.path!r} is no path: {error}"
    if start is None:
        return Result.UNEXPECTED, f"not sent: {probe.path} leads to another site"
    step = outgoing(probe, start)
    while True:
        response, whole = await _step(visit, step, transport, cookies)
        location = response.headers.get("location") if response.has_redirect_location else None
        if location is None:
            return _judge(visit, response, whole)
        try:
            url, spelled = site.follow(step.url, location)
        except httpx.InvalidURL as error:
            return Result.BROKEN, f"redirects to {location[:200]!r}, which is no URL: {error}"
        if probe.follow and url and len(visit.redirects) == MAX_REDIRECTS:
            return Result.BROKEN, f"more than {MAX_REDIRECTS} redirects; the last leads to {url.path}"
        visit.redirects.append(spelled)
        if not probe.follow:
            return _judge(visit, response, whole)
        if url is None:
            return Result.ANSWERED, f"redirects to another site, {spelled}, which was not followed"
        step = step.redirected(url, response.status_code)


async def _step(
    visit: _Visit, step: Outgoing, transport: ToTarget, cookies: httpx.Cookies
) -> tuple[httpx.Response, bool]:
    """Send one request and read its answer; whether the body was read to its end."""
    request = step.request()
    cookies.set_cookie_header(request)
    visit.begin_request(request, step.content)
    response = await transport.handle_async_request(request)
    response.request = request
    try:
        visit.begin_answer(response)
        cookies.extract_cookies(response)
        return response, await _read(visit, response)
    finally:
        await response.aclose()


async def _read(visit: _Visit, response: httpx.Response) -> bool:
    """Read the body; False when it is longer than slim reads."""
    async for chunk in response.aiter_raw():
        visit.add(chunk[: BODY_LIMIT - visit.body_size])
        if visit.body_size >= BODY_LIMIT:
            return False
    return True


def _judge(visit: _Visit, response: httpx.Response, whole: bool) -> tuple[Result, str]:
    details = [] if whole else [f"the body was cut after {BODY_LIMIT >> 20} MiB"]
    if visit.probe.http2 and response.http_version != "HTTP/2":
        details.append(f"the server chose {response.http_version}, not the HTTP/2 that was offered")
    failed = response.status_code >= 500
    return Result.SERVER_ERROR if failed else Result.ANSWERED, "; ".join(details)


def _no_tls(error: Exception) -> tuple[Result, str]:
    """What came of a connection that was accepted, on which TLS could not be agreed upon."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Result.UNEXPECTED, f"its certificate is not valid: {cause.verify_message}"
    reason = cause.reason if isinstance(cause, ssl.SSLError) and cause.reason else _spell(error)
    return Result.BROKEN, f"no TLS connection: {reason}"


def _spell(error: Exception) -> str:
    return str(error) or type(error).__name__
