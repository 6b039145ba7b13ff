"""Which URLs belong to the container under test."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

import httpx

from probes.exercise.model import HttpProbe
from probes.exercise.target import Target

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
"""RFC 3986, section 3.1."""


@dataclass(frozen=True)
class Site:
    """The container's port as clients name it: `localhost`, or what a probe's Host header says."""

    target: Target
    root: httpx.URL
    """Scheme and authority."""

    def url(self, path: str) -> httpx.URL | None:
        """Where `path` leads: a path and query, or a URL of this site that an answer gave; None for
        one of another site. Raises httpx.InvalidURL."""
        if path.startswith("/"):
            return httpx.URL(str(self.root) + path)
        return self.follow(self.root.join("/"), path)[0]

    def follow(self, url: httpx.URL, location: str) -> tuple[httpx.URL | None, str]:
        """Where `location` leads from `url`, without its fragment, and how to spell that: path and query.
        None, and the URL, when it leaves the site. Raises httpx.InvalidURL."""
        scheme = _SCHEME.match(location)
        if scheme and scheme[1].lower() not in _DEFAULT_PORTS:
            return None, location  # an application's own, which need not be a hierarchical URL
        found = url.join(location).copy_with(fragment=None)
        if not self._holds(found):
            return None, str(found)
        inside = found.copy_with(scheme=self.root.scheme, host=self.root.host, port=self.root.port)
        return inside, inside.raw_path.decode("ascii")

    def _holds(self, url: httpx.URL) -> bool:
        """By any name of it that the server may know."""
        if url.scheme != self.root.scheme:
            return False
        port = _port(url)
        if url.host == self.root.host and port == _port(self.root):
            return True
        if port not in (self.target.container_port, self.target.port):
            return False
        if url.host in ("localhost", self.target.host):
            return True
        try:
            address = ipaddress.ip_address(url.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified


def site_of(probe: HttpProbe, target: Target, *, tls: bool) -> Site:
    """The site of `probe`: cookies, redirects and the name in TLS go by its Host header where it has
    one that is an authority (RFC 9110, section 7.2); any other is sent as it is."""
    scheme = "https" if tls else "http"
    root = httpx.URL(f"{scheme}://localhost:{target.container_port}")
    for name, value in probe.headers:
        if name.lower() == "host":
            try:
                named = httpx.URL(f"{scheme}://{value}")
            except httpx.InvalidURL:
                continue
            if named.host and named.raw_path == b"/" and not named.userinfo:
                root = named.copy_with(path="")
    return Site(target, root)


def _port(url: httpx.URL) -> int:
    return url.port or _DEFAULT_PORTS.get(url.scheme, 0)
