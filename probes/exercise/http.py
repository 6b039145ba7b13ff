"""Send an HTTP probe and record what comes back, whatever a server does.

A server may drip bytes for ever, send without end, reset or talk nonsense. Each
probe has one deadline over everything, bodies are streamed through a hash, and everything that
goes wrong is a `Result`.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar

import httpx

from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import HttpProbe
from probes.exercise.target import Target
from slim import __version__

BODY_KEPT = 1 << 20
"""Bytes of a body that an Exchange holds."""
BODY_LIMIT = 1 << 28
"""Bytes of a body that are read at the most."""
MAX_REDIRECTS = 10

_HEADERS = {
    "user-agent": f"slim/{__version__}",
    "accept": "*/*",
    "accept-encoding": "identity",  # so that bodies compare
}


def send(probe: HttpProbe, target: Target, cookies: CookieJar, timeout: float) -> Exchange:
    """Send `probe` to `target` and follow redirects inside the site.

    `cookies` are sent and updated: share it among the probes of one run. `timeout` in seconds is the
    deadline for everything together. The host that the server sees is `localhost` with the
    container's own port. Raises nothing for what a server does.
    """
    visit = _Visit(probe, target)
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
    )


@dataclass
class _Visit:
    """What came back so far; kept when the rest never comes."""

    probe: HttpProbe
    target: Target
    status: int | None = None
    path: str = ""
    answering: bool = False
    """Whether an answer to the last request has begun."""
    redirects: list[str] = field(default_factory=list)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    body_size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def site(self) -> str:
        return f"http://localhost:{self.target.container_port}"

    def begin_request(self, path: str) -> None:
        self.path = path
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

    def add(self, chunk: bytes) -> None:
        self.body_size += len(chunk)
        self.digest.update(chunk)
        self.body += chunk[: BODY_KEPT - len(self.body)]


class _ToTarget(httpx.AsyncBaseTransport):
    """Connects to the target whatever host the request names: cookies, redirects and the Host header
    see `localhost`, as a user's browser would."""

    def __init__(self, target: Target) -> None:
        self._target = target
        # No TLS here, so no certificates need be loaded; nothing is taken from the environment.
        self._inner = httpx.AsyncHTTPTransport(verify=False, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(host=self._target.host, port=self._target.port)
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _send(visit: _Visit, cookies: CookieJar, timeout: float) -> tuple[Result, str]:
    try:
        async with (
            asyncio.timeout(timeout),
            httpx.AsyncClient(
                transport=_ToTarget(visit.target),
                cookies=cookies,
                headers=_HEADERS,
                timeout=None,  # noqa: S113 - the deadline above bounds everything
                trust_env=False,
            ) as client,
        ):
            return await _follow(visit, client)
    except TimeoutError:
        return Result.TIMED_OUT, f"no complete answer within {timeout:g} s, cut off {visit.progress()}"
    except httpx.ConnectError as error:
        return Result.REFUSED, f"{visit.target.address}: {_spell(error)}"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Result.BROKEN, f"{visit.progress()}: {_spell(error)}"


async def _follow(visit: _Visit, client: httpx.AsyncClient) -> tuple[Result, str]:
    method, url = visit.probe.method, httpx.URL(visit.site + visit.probe.path)
    while True:
        visit.begin_request(url.raw_path.decode("ascii"))
        request = client.build_request(method, url)
        response = await client.send(request, stream=True)
        try:
            visit.begin_answer(response)
            whole = await _read(visit, response)
        finally:
            await response.aclose()
        location = response.headers.get("location") if response.has_redirect_location else None
        if location is None:
            return _judge(visit, whole)
        url = url.join(location).copy_with(fragment=None)
        if not _inside(url, visit.target):
            visit.redirects.append(str(url))
            return Result.ANSWERED, f"redirects to another site, {url}, which was not followed"
        if len(visit.redirects) == MAX_REDIRECTS:
            return Result.BROKEN, f"more than {MAX_REDIRECTS} redirects; the last leads to {url.path}"
        url = url.copy_with(host="localhost", port=visit.target.container_port)
        visit.redirects.append(url.raw_path.decode("ascii"))
        method = _next_method(method, response.status_code)


async def _read(visit: _Visit, response: httpx.Response) -> bool:
    """Read the body; False when it is longer than slim reads."""
    async for chunk in response.aiter_raw():
        visit.add(chunk[: BODY_LIMIT - visit.body_size])
        if visit.body_size >= BODY_LIMIT:
            return False
    return True


def _judge(visit: _Visit, whole: bool) -> tuple[Result, str]:
    detail = "" if whole else f"the body was cut after {BODY_LIMIT >> 20} MiB"
    if visit.status is not None and visit.status >= 500:
        return Result.SERVER_ERROR, detail
    return Result.ANSWERED, detail


def _next_method(method: str, status: int) -> str:
    """The method after a redirect: RFC 9110, sections 15.4.2 to 15.4.4, as browsers do it."""
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        return "GET"
    return method


def _inside(url: httpx.URL, target: Target) -> bool:
    """Whether a redirect stays on the site, by any name of it that the server may know."""
    if url.scheme != "http" or (url.port or 80) not in (target.container_port, target.port):
        return False
    if url.host in ("localhost", target.host):
        return True
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _spell(error: Exception) -> str:
    return str(error) or type(error).__name__
