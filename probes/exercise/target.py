"""Where HTTP requests go: which port of the container, and which address leads there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from probes.exercise.listeners import Listener
from probes.exercise.model import Probe, Together, UntilProbe
from probes.exercise.parts import Until
from probes.exercise.session import Session
from slim.engine.interface import ContainerState

_CONNECT_SECONDS = 2.0
"""For one address: a container's is on this machine or behind a port that the engine forwards."""
_FAREWELL_SECONDS = 0.1
"""How long a server may take to greet, or to see that its client has nothing to say."""
_GREETING = 1 << 16
"""Bytes of a greeting."""


@dataclass(frozen=True)
class Target:
    """A TCP port of the container and an address of it that accepts connections from here."""

    host: str
    port: int
    """Where to connect: differs from `container_port` when that is published."""
    container_port: int
    scheme: str = "http"
    """`https` where it was found to speak nothing but TLS."""

    @property
    def address(self) -> str:
        """`172.17.0.2:8000`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.address}"


@dataclass(frozen=True)
class Choice:
    """The ports to try, given what listens."""

    ports: tuple[int, ...]
    """Lowest first; all listen on an address that is not loopback."""
    settle: float
    """Seconds for which the choice must stay the same before it is acted upon: other ports
    may be about to listen."""
    unreachable: tuple[Listener, ...] = ()
    """Listeners on the wanted ports that only the container itself can reach."""


_TOGETHER = 0.1
"""A program that opens several ports does it in one go."""
_OTHER_EXPOSED = 0.5
"""Several EXPOSEd ports may belong to several programs; a base image's may belong to none."""
_NOT_EXPOSED = 3.0
"""What listens is not EXPOSEd: a management port that is opened first, or a wrong EXPOSE."""


def choose(found: tuple[Listener, ...], port: int, exposed: tuple[int, ...], *, shared: bool) -> Choice:
    """Which ports to try: `port` when it is given, else those of `exposed` that listen, else all
    that listen. `shared`: the container shares this machine's network, so loopback is reachable."""
    reachable = {one.port for one in found if shared or not one.loopback}
    hidden = tuple(one for one in found if one.port not in reachable)
    if port:
        wanted = tuple(one for one in hidden if one.port == port)
        return Choice((port,) if port in reachable else (), 0.0, wanted)
    if ports := tuple(sorted(reachable & set(exposed))):
        return Choice(ports, 0.0 if len(ports) == len(set(exposed)) else _OTHER_EXPOSED)
    if reachable:
        return Choice(tuple(sorted(reachable)), _NOT_EXPOSED if exposed else _TOGETHER)
    return Choice((), 0.0, hidden)


def connect(session: Session, state: ContainerState, port: int, found: tuple[Listener, ...]) -> Target | None:
    """The first address of the container's `port` that accepts a TCP connection (which is closed
    again at once); None when all refuse, reset or stay silent."""
    for host, number in _addresses(session, state, port, found):
        if accepts(host, number):
            return Target(host, number, port)
    return None


def accepts(host: str, port: int) -> bool:
    """Whether a TCP connection is accepted there. It is ended in good order: a client that goes away at once
    resets what a server says first (SMTP, MySQL), and the server may log that as an error."""
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as connection:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(_FAREWELL_SECONDS)
                connection.recv(_GREETING)
            return True
    except OSError:
        return False


def named_ports(probes: Iterable[Probe], ready: Until | None = None) -> frozenset[int]:
    """The container's TCP ports that `probes` and `ready` name: an engine that is not of this machine
    must publish them."""
    found = {ready.port} if ready else set()
    for probe in probes:
        for one in probe.probes if isinstance(probe, Together) else (probe,):
            found.add(one.until.port if isinstance(one, UntilProbe) else getattr(one, "port", 0))
    return frozenset(found - {0})


def published_ports(
    session: Session, state: ContainerState, found: Iterable[Listener]
) -> tuple[tuple[int, int], ...]:
    """(the container's port, where it is reached from here) of each of the listeners `found` that can
    be reached at all, lowest first; no connection is made."""
    listening = tuple(found)
    reached: dict[int, int] = {}
    for port in sorted({one.port for one in listening}):
        address = next(_addresses(session, state, port, listening), None)
        if address is not None:
            reached[port] = address[1]
    return tuple(reached.items())


def shares_host_network(session: Session) -> bool:
    """Whether the container's loopback address is this machine's."""
    return session.network == "host" and session.engine.info.local


def _addresses(
    session: Session, state: ContainerState, port: int, found: tuple[Listener, ...]
) -> Iterator[tuple[str, int]]:
    """Where `port` may be reached, best first: the container's own addresses on a local engine,
    IPv4 before IPv6, then the published port."""
    bound = {one.address for one in found if one.port == port}
    own: tuple[str, ...] = ()
    if shares_host_network(session):
        own = ("127.0.0.1", "::1", *sorted(address for address in bound if not _is_any(address)))
    elif session.engine.info.local:
        own = tuple(sorted(state.addresses, key=lambda address: ":" in address))
    special = {address for address in bound if not _is_any(address)}
    any_address = len(special) < len(bound)
    for address in dict.fromkeys(own):
        if any_address or address in special:
            yield address, port
    if published := state.published.get(port):
        host, number = published
        yield ("127.0.0.1" if not host or host == "0.0.0.0" else "::1" if host == "::" else host), number  # noqa: S104 - compared, not bound


def _is_any(address: str) -> bool:
    return ipaddress.ip_address(address).is_unspecified
