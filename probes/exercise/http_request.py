"""HTTP requests as values: what a probe asks for, and what is asked after a redirect."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import httpx

from probes.exercise.exchange import Sent
from probes.exercise.model import HttpProbe, WebSocketProbe
from probes.exercise.parts import Body, Upload
from probes.exercise.session import Session
from slim import __version__

BODY_SENT_KEPT = 1 << 16
"""Bytes of a request's body that a Sent holds."""

_DEFAULTS = (
    ("user-agent", f"slim/{__version__}"),
    ("accept", "*/*"),
    ("accept-encoding", "identity"),  # so that bodies compare
)
_OF_A_BODY = frozenset(
    {
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
        "transfer-encoding",
    }
)
"""Headers that say something about a body, and go where it goes: WHATWG Fetch, request-body-header name."""
_BOUNDARY = "slim-boundary-"
"""With a number behind it. The same for each request, so that a body is the same in each run."""


@dataclass(frozen=True)
class Outgoing:
    """One request, ready to be sent."""

    method: str
    url: httpx.URL
    """With the host that the server sees."""
    headers: tuple[tuple[str, str], ...]
    content: bytes | None = None

    def redirected(self, url: httpx.URL, status: int) -> Outgoing:
        """The request that follows an answer of `status` which leads to `url`.

        RFC 9110, sections 15.4.2 to 15.4.9, as browsers do it: 303 makes a GET of all but HEAD, 301
        and 302 of POST, and those lose the body; 307 and 308 repeat the request as it was.
        """
        if (status == 303 and self.method != "HEAD") or (status in (301, 302) and self.method == "POST"):
            kept = tuple(pair for pair in self.headers if pair[0].lower() not in _OF_A_BODY)
            return Outgoing("GET", url, kept)
        return replace(self, url=url)

    def request(self) -> httpx.Request:
        """For the library, which adds Host and Content-Length where they are missing."""
        raw = [(_encode(name), _encode(value)) for name, value in self.headers]
        return httpx.Request(self.method, self.url, headers=raw, content=self.content)


def headers_of(probe: HttpProbe | WebSocketProbe, session: Session) -> tuple[tuple[str, str], ...]:
    """The headers of `probe`, after those that the user wants on every request: its own ones win."""
    own = {name.lower() for name, _ in probe.headers}
    if isinstance(probe, HttpProbe) and probe.auth:
        own.add("authorization")
    more = (pair for pair in session.options.headers if pair[0].lower() not in own)
    return (*more, *probe.headers)


def outgoing(probe: HttpProbe, url: httpx.URL) -> Outgoing:
    """The first request of `probe`: its own headers take the place of those that slim would send."""
    content, media_type = encode_body(probe.body)
    headers = [*_DEFAULTS]
    if media_type:
        headers.append(("content-type", media_type))
    if probe.auth:
        headers.append(("authorization", basic(*probe.auth)))
    own = {name.lower() for name, _ in probe.headers}
    kept = tuple(pair for pair in headers if pair[0] not in own)
    return Outgoing(probe.method, url, (*kept, *probe.headers), content)


def sent(request: httpx.Request, content: bytes | None) -> Sent:
    """`request` as it goes over the wire, cookies and all."""
    return Sent(
        line=f"{request.method} {request.url.raw_path.decode('ascii')}",
        headers=tuple(request.headers.multi_items()),
        body=(content or b"")[:BODY_SENT_KEPT],
        body_size=len(content or b""),
    )


def basic(user: str, password: str) -> str:
    """The Authorization of RFC 7617, in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def encode_body(body: Body | None) -> tuple[bytes | None, str]:
    """The bytes of `body` and its Content-Type, which may be empty; None where there is none.

    Fields become application/x-www-form-urlencoded, with uploads multipart/form-data (RFC 7578).
    """
    if body is None:
        return None, ""
    if body.uploads:
        boundary = _boundary(body)
        return _multipart(body, boundary), f"multipart/form-data; boundary={boundary}"
    if body.fields:
        form = urlencode(body.fields, encoding="utf-8", errors="surrogateescape")
        return form.encode("ascii"), "application/x-www-form-urlencoded"
    return body.content, body.media_type


def _multipart(body: Body, boundary: str) -> bytes:
    parts = [_part(boundary, f'name="{_quote(name)}"', "", _encode(value)) for name, value in body.fields] + [
        _upload(boundary, upload) for upload in body.uploads
    ]
    return b"".join(parts) + f"--{boundary}--\r\n".encode("ascii")


def _upload(boundary: str, upload: Upload) -> bytes:
    where = f'name="{_quote(upload.field)}"; filename="{_quote(upload.filename)}"'
    return _part(boundary, where, upload.media_type, upload.content)


def _part(boundary: str, where: str, media_type: str, content: bytes) -> bytes:
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f"--{boundary}\r\nContent-Disposition: form-data; {where}\r\n{kind}\r\n"
    return _encode(head) + content + b"\r\n"


def _quote(name: str) -> str:
    """A field's or file's name between quotes: WHATWG HTML, multipart/form-data encoding algorithm."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(body: Body) -> str:
    """The first boundary that stands in none of the parts: RFC 2046, section 5.1.1."""
    number = 1
    texts = [_encode(value) for _, value in body.fields] + [upload.content for upload in body.uploads]
    while any(f"{_BOUNDARY}{number}".encode("ascii") in text for text in texts):
        number += 1
    return f"{_BOUNDARY}{number}"


def _encode(text: str) -> bytes:
    """Text of a probe as bytes: UTF-8, and what was no text in a file as it was there."""
    return text.encode("utf-8", "surrogateescape")
