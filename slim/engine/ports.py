"""Published ports, as `docker run -p` spells them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn

from slim.errors import UsageError

_SPEC = re.compile(
    r"""
    (?: (?: \[ (?P<ipv6> [^\]]* ) \] | (?P<ipv4> [^:\[\]]* ) ) : (?= [^:]* : ) )?
    (?: (?P<host> [\d-]* ) : )?
    (?P<container> [\d-]+ )
    (?: / (?P<protocol> [A-Za-z]+ ) )?
    """,
    re.VERBOSE,
)
_PROTOCOLS = ("tcp", "udp", "sctp")


@dataclass(frozen=True)
class PublishedPort:
    """One port of the container and where the user wants it on the engine's host."""

    container: int
    protocol: str
    """tcp, udp or sctp."""
    address: str = ""
    """IP address of the host; empty: all of them."""
    host: str = ""
    """Port, or `first-last` of which the engine takes a free one; empty: any free port."""

    @property
    def key(self) -> str:
        """As Docker's API names it: `80/tcp`."""
        return f"{self.container}/{self.protocol}"


def parse_port(value: str) -> tuple[PublishedPort, ...]:
    """`[[address:][host]:]container[/protocol]`; more than one where ranges are given.

    The grammar of docker run's -p: both sides may be ranges of the same length, and a range of
    the host may stand before one port of the container. Raises UsageError.
    """
    match = _SPEC.fullmatch(value.strip())
    if match is None:
        _refuse(value, "it is not [[ADDRESS:][HOST]:]CONTAINER[/PROTOCOL]")
    protocol = (match["protocol"] or "tcp").lower()
    if protocol not in _PROTOCOLS:
        _refuse(value, f"{protocol} is not one of {', '.join(_PROTOCOLS)}")
    address = _address(value, match["ipv6"], match["ipv4"])
    first, last = _range(value, match["container"])
    host = match["host"] or ""
    if host in ("", "0"):
        return tuple(PublishedPort(port, protocol, address) for port in range(first, last + 1))
    host_first, host_last = _range(value, host)
    if first == last:
        return (PublishedPort(first, protocol, address, _spell(host_first, host_last)),)
    if host_last - host_first != last - first:
        _refuse(value, "the two ranges have different lengths")
    return tuple(
        PublishedPort(port, protocol, address, str(host_first + port - first))
        for port in range(first, last + 1)
    )


def _address(value: str, ipv6: str | None, ipv4: str | None) -> str:
    text = ipv6 if ipv6 is not None else ipv4 or ""
    if not text and ipv6 is None:
        return ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        _refuse(value, f"{text!r} is not an IP address")
    if (address.version == 6) != (ipv6 is not None):
        _refuse(value, "only an IPv6 address stands in brackets")
    return text


def _range(value: str, text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        _refuse(value, f"{text!r} is not a port or a range of ports")
    low, high = int(first), int(last or first)
    if not (1 <= low <= high <= 65535):
        _refuse(value, f"{text} is not within 1 to 65535, or runs backwards")
    return low, high


def _spell(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _refuse(value: str, cause: str) -> NoReturn:
    raise UsageError(
        f"-p {value} is not a port to publish",
        cause=cause,
        remedy="write it as docker run does: -p 8080:80, -p 127.0.0.1:8080:80/tcp, -p 53/udp",
    )
