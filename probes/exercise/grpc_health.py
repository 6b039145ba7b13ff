"""Send a gRPC health check: grpc.health.v1.Health/Check.

Sources: gRPC's doc/health-checking.md (the service), src/proto/grpc/health/v1/health.proto (its
messages), doc/PROTOCOL-HTTP2.md (gRPC over HTTP/2) and the Protocol Buffers encoding guide.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
import time
import urllib.parse
from dataclasses import dataclass, field

import httpx

from probes.exercise.exchange import Exchange, Result, Sent
from probes.exercise.http_connection import ToTarget
from probes.exercise.model import GrpcHealthProbe
from probes.exercise.target import Target
from slim import __version__

PATH = "/grpc.health.v1.Health/Check"
SERVING = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
"""ServingStatus of health.proto."""
STATUS = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"),
    *("ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED"),
    *("OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
"""By number: gRPC's doc/statuscodes.md."""

_PREFIX = struct.Struct(">BI")
"""Of a message: whether it is compressed, and its length in bytes; PROTOCOL-HTTP2.md."""
_ANSWER_LIMIT = 1 << 16
"""Bytes; a health check's answer has seven."""
_SERVICE_TAG, _STATUS_TAG = 0x0A, 0x08
"""Field 1 as a length-delimited string, and field 1 as a varint."""


def send(probe: GrpcHealthProbe, target: Target, timeout: float) -> Exchange:
    """Ask `target` whether `probe.service` is served, `timeout` seconds for everything together.

    HTTP/2 with prior knowledge, or by ALPN with TLS, whose certificate is not verified. SERVING is an
    answer and is the body; any other serving status, and any gRPC status but OK, is not as expected
    and told by name. Raises nothing for what a server does.
    """
    check = _Check(probe, target)
    message = request_message(probe.service)
    started, begin = time.time(), time.monotonic()
    result, detail = asyncio.run(_bounded(check, message, timeout))
    return Exchange(
        probe=probe.name,
        kind="grpc",
        result=result,
        status=check.status,
        url=PATH,
        headers=check.headers,
        body=check.told.encode(),
        body_size=len(check.told),
        body_sha256=hashlib.sha256(check.told.encode()).hexdigest() if check.told else "",
        seconds=time.monotonic() - begin,
        started=started,
        detail=detail,
        sent=Sent(f"POST {PATH}", tuple(_HEADERS.items()), message, len(message)),
    )


_HEADERS = {
    "content-type": "application/grpc",
    "te": "trailers",
    "grpc-accept-encoding": "identity",
    "user-agent": f"slim/{__version__}",
}


def request_message(service: str) -> bytes:
    """HealthCheckRequest, with its prefix; the server as a whole has the empty name, which proto3
    leaves out."""
    name = service.encode("utf-8", "surrogatepass")
    message = bytes((_SERVICE_TAG,)) + _varint(len(name)) + name if name else b""
    return _PREFIX.pack(0, len(message)) + message


def serving_status(body: bytes) -> str | None:
    """The status in a HealthCheckResponse with its prefix, by name; None where there is no whole one.
    ValueError for bytes that are none."""
    if len(body) < _PREFIX.size:
        return None
    compressed, size = _PREFIX.unpack_from(body)
    message = body[_PREFIX.size : _PREFIX.size + size]
    if compressed:
        raise ValueError("the answer is compressed, which was not offered")
    if size > _ANSWER_LIMIT:
        raise ValueError(f"the answer is said to have {size} bytes")
    if len(message) < size:
        return None
    if not message:
        return SERVING[0]  # proto3 leaves a zero out
    if message[0] != _STATUS_TAG or len(message) < 2 or message[1] & 0x80:
        raise ValueError(f"the answer is no HealthCheckResponse: {message[:20].hex()}")
    return SERVING.get(message[1], str(message[1]))


@dataclass
class _Check:
    """What came back so far; kept when the rest never comes."""

    probe: GrpcHealthProbe
    target: Target
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytearray = field(default_factory=bytearray)
    told: str = ""
    """The serving status, once it is whole."""


async def _bounded(check: _Check, message: bytes, timeout: float) -> tuple[Result, str]:
    tls = check.probe.tls or check.target.scheme == "https"
    transport = ToTarget(check.target, tls=tls, verify=False, http2=True)
    url = f"{'https' if tls else 'http'}://localhost:{check.target.container_port}{PATH}"
    try:
        async with (
            asyncio.timeout(timeout),
            httpx.AsyncClient(
                transport=transport,
                headers=_HEADERS,
                timeout=None,  # noqa: S113 - the deadline above bounds everything
                trust_env=False,
            ) as client,
            client.stream("POST", url, content=message) as response,
        ):
            return await _read(check, response)
    except TimeoutError:
        where = f"in the middle of it, after {len(check.body)} bytes" if check.status else "before it began"
        return Result.TIMED_OUT, f"no answer within {timeout:g} s, cut off {where}"
    except httpx.ConnectError as error:
        return Result.REFUSED, f"{check.target.address}: {_spell(error)}"
    except (httpx.HTTPError, OSError, ValueError, KeyError) as error:
        return Result.BROKEN, _spell(error)


async def _read(check: _Check, response: httpx.Response) -> tuple[Result, str]:
    check.status = response.status_code
    check.headers = tuple(response.headers.multi_items())
    if response.http_version != "HTTP/2":
        return Result.BROKEN, f"the server speaks {response.http_version}, and gRPC needs HTTP/2"
    if response.status_code != 200:
        result = Result.SERVER_ERROR if response.status_code >= 500 else Result.UNEXPECTED
        return result, f"answered with HTTP status {response.status_code}"
    if (code := response.headers.get("grpc-status", "0")) != "0":
        return Result.UNEXPECTED, _refusal(code, response.headers.get("grpc-message", ""))
    if not response.headers.get("content-type", "").startswith("application/grpc"):
        kind = response.headers.get("content-type", "nothing")
        return Result.UNEXPECTED, f"answered with {kind}, which is not application/grpc"
    async for chunk in response.aiter_raw():
        check.body += chunk
        if told := serving_status(bytes(check.body)):
            check.told = told
            break
    if not check.told:
        return Result.BROKEN, f"the answer ended after {len(check.body)} bytes, without a serving status"
    if check.told != "SERVING":
        return Result.UNEXPECTED, f"answered {check.told}"
    return Result.ANSWERED, ""


def _refusal(code: str, message: str) -> str:
    """A gRPC status for people; its message is percent-encoded (PROTOCOL-HTTP2.md)."""
    name = STATUS[int(code)] if code.isdigit() and int(code) < len(STATUS) else "?"
    told = urllib.parse.unquote(message)
    return f"answered with gRPC status {code} {name}" + (f": {told}" if told else "")


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _spell(error: Exception) -> str:
    return str(error) or type(error).__name__
