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
    """Whether to start it is enough where nothing of it can be exercised: then it is no shortfall beside
    others."""


@dataclass(frozen=True)
class Request:
    """One HTTP request that was answered."""

    method: str
    target: str
    """As it was sent: path and query."""
    exchange: Exchange

    @property
    def path(self) -> str:
        """Without its query."""
        return self.target.partition("?")[0] or "/"


def requests_of(lives: tuple[Lived, ...]) -> tuple[Request, ...]:
    """The HTTP requests that were answered, in order."""
    return tuple(one for life in lives for exchange in life.exchanges for one in requests_of_one(exchange))


def requests_of_one(exchange: Exchange) -> tuple[Request, ...]:
    """As `requests_of`: one request, or none."""
    if exchange.kind != "http" or exchange.status is None:
        return ()
    line = exchange.sent.line if exchange.sent else exchange.probe
    method, _, target = line.partition(" ")
    return (Request(method, (target.split() or [exchange.url or "/"])[0], exchange),)
