"""What was asked of the image: its lives, and the requests among their exchanges."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.exchange import Exchange

REFUSALS = frozenset({401, 403, 407, 429})
"""RFC 9110, sections 15.5.2 to 15.5.8; RFC 6585, section 4."""


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
    def is_refused(self) -> bool:
        """Whether it was not let in: what it asked for was not exercised."""
        return self.exchange.status in REFUSALS or self.exchange.led_to_login

    @property
    def reached(self) -> tuple[tuple[str, str], ...]:
        """What it reached, as (method, target): also where it was redirected to, by its own method and by
        GET. Of a request that was refused only what refused nothing."""
        places = (self.target, *self.exchange.redirects)
        if self.exchange.status in REFUSALS:
            places = places[:-1]
        elif self.exchange.led_to_login:
            places = places[-1:]
        return tuple(
            pair
            for place in places
            for pair in ((self.method, place), *((("GET", place),) if place != self.target else ()))
        )

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
