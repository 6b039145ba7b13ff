"""What was asked of the image: its lives, and the requests among their exchanges."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.exchange import Exchange


@dataclass(frozen=True)
class Lived:
    """One life of the fat image, after it."""

    argv: tuple[str, ...]
    """What the container started: entrypoint and command."""
    exchanges: tuple[Exchange, ...]
    name: str = ""
    idle: bool = False
    """Whether the user said that to start it is enough."""


@dataclass(frozen=True)
class Request:
    """One HTTP request that was answered."""

    method: str
    path: str
    """Without its query."""
    exchange: Exchange


def requests_of(lives: tuple[Lived, ...]) -> tuple[Request, ...]:
    """The HTTP requests that were answered, in order."""
    found = []
    for exchange in (one for life in lives for one in life.exchanges):
        if exchange.kind == "http" and exchange.status is not None:
            line = exchange.sent.line if exchange.sent else exchange.probe
            method, _, target = line.partition(" ")
            path = (target.split() or [exchange.url or "/"])[0]
            found.append(Request(method, path.partition("?")[0] or "/", exchange))
    return tuple(found)
