"""What a crawl tells people: how far it came, what was broken, what was left out and how to include it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from probes.crawl.model import Crawl
from probes.crawl.order import LeftOut, Why
from probes.exercise.exchange import Exchange, Result

MOST_BROKEN = 50
"""Broken links that are told one by one."""


@dataclass(frozen=True)
class Told:
    """What there is to tell."""

    exchanges: tuple[Exchange, ...]
    left_out: Mapping[Why, LeftOut]
    waiting: int
    """Addresses that were found and not asked for."""
    out_of_time: bool
    lonely: bool = False
    """Whether no page led anywhere."""


def notes(crawl: Crawl, told: Told) -> tuple[str, ...]:
    """One line each, the sum first."""
    return tuple(f"crawl: {line}" for line in _lines(crawl, told))


def _lines(crawl: Crawl, told: Told) -> Iterator[str]:
    asked = len(told.exchanges)
    broken = [one for one in told.exchanges if one.broken]
    bad = f", {len(broken)} of them broken in the fat image already" if broken else ""
    yield f"{_addresses(asked)} asked for{bad}"
    if told.lonely and not told.out_of_time:
        yield "nothing links to another page: --http-probe PATH, or a sitemap.xml, names where to begin"
    for one in broken[:MOST_BROKEN]:
        where = f", linked from {one.found_on}" if one.found_on else ""
        yield f"broken in the fat image already: {one.probe} → {one.broken}{where}"
    if len(broken) > MOST_BROKEN:
        yield f"broken in the fat image already: {len(broken) - MOST_BROKEN} more"
    yield from _kept_out(told.exchanges)
    yield from _bounds(crawl, told)
    for why, text in _LEFT_OUT.items():
        if (left := told.left_out.get(why)) and left.count:
            examples = ", ".join(dict.fromkeys(left.examples))
            yield f"left out: links {text.format(depth=crawl.depth)}: {left.count}, like {examples}"


def _kept_out(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    """That a site let the crawl in no farther, though each of its answers is a good one."""
    logins = [one for one in exchanges if one.led_to_login]
    if logins:
        login = logins[0].url.partition("?")[0]
        yield (
            f"{_addresses(len(logins))} led to a form that asks for a password, like {login}: "
            "steps that log in (--probes FILE), or --http-header, open what lies behind it"
        )
    for status, meaning in _REFUSALS.items():
        if refused := sum(one.status == status for one in exchanges):
            yield f"{_addresses(refused)} answered {status}, {meaning}"


_REFUSALS = {
    401: "which asks for credentials: give them by --http-header, or log in by steps (--probes FILE)",
    429: "too many requests: raise the limit for the run, or crawl less (--crawl-pages)",
}


def _addresses(count: int) -> str:
    return f"{count} address{'' if count == 1 else 'es'}"


def _bounds(crawl: Crawl, told: Told) -> Iterator[str]:
    if told.exchanges and told.exchanges[-1].result is Result.DIED:
        name = told.exchanges[-1].probe
        yield f"{name} ended the container, and with it the crawl; --crawl-exclude leaves it out"
    elif told.out_of_time:
        yield f"stopped after {crawl.seconds:g} s (--crawl-time); {told.waiting} found and not asked for"
    elif told.waiting:
        yield f"stopped at {crawl.pages} (--crawl-pages); {told.waiting} found and not asked for"


_LEFT_OUT = {
    Why.DESTRUCTIVE: "that look as if they log out or take something away (--crawl-destructive follows them)",
    Why.ROBOTS: "that robots.txt disallows (--crawl-ignore-robots follows them)",
    Why.EXCLUDED: "by --crawl-exclude",
    Why.ALIKE: "that differ only in numbers or queries from enough others",
    Why.DEEP: "beyond the depth of {depth} (--crawl-depth)",
    Why.OTHER_SITE: "to other sites",
}
