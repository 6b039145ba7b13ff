"""How an HTTP probe reaches its container: the address behind the name, TLS, HTTP/2."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from probes.exercise.target import Target

HTTP2_WINDOW = (1 << 16) - 1
"""Bytes of a body that a peer takes before it must read: RFC 9113, section 6.9.2."""


class ToTarget(httpx.AsyncBaseTransport):
    """Connects to the target whatever host the request names: cookies, redirects and the Host header
    see `localhost`, as a user's browser would.

    Over HTTP/2 the library hears no answer before it has sent the body: a server that answers without
    reading more of it than its window (HTTP2_WINDOW at first) times out, or is broken off by a server
    that closes the connection; over HTTP/1.1 it is heard."""

    def __init__(self, target: Target, *, tls: bool, verify: bool, http2: bool) -> None:
        self._target = target
        self._streams: list[Any] = []
        """The library's streams of all connections so far."""
        self.connected = False
        """Whether the container accepted the last TCP connection."""
        self._inner = httpx.AsyncHTTPTransport(
            verify=tls_context(verify=verify),
            trust_env=False,  # nothing is taken from the environment: no proxy stands between
            # RFC 9113: ALPN chooses with TLS (section 3.2), prior knowledge without (section 3.3).
            http1=tls or not http2,
            http2=http2,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(host=self._target.host, port=self._target.port)
        self.connected = False
        extensions = {**request.extensions, "sni_hostname": request.url.host, "trace": self._trace}
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
            )
        )

    async def aclose(self) -> None:
        """Close every connection: the library forgets one whose TLS handshake was cut off."""
        await self._inner.aclose()
        for stream in self._streams:
            await stream.aclose()

    async def _trace(self, event: str, told: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.connected = True
            self._streams.append(told["return_value"])


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """`verify`: as a careful client, with this machine's authorities (OpenSSL's SSL_CERT_FILE and
    SSL_CERT_DIR included). Else whatever the server offers will do: its certificate may be self-signed
    and its version and ciphers old, because it is the image's behaviour that is of interest."""
    if verify:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
