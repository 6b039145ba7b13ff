"""The crawl: a generator of HTTP probes (see probes/exercise/generate.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from probes.crawl.ask import Asker
from probes.crawl.model import Crawl
from probes.crawl.order import LeftOut, Why
from probes.crawl.told import Told, notes
from probes.crawl.walk import Walk
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange
from probes.exercise.generate import Generated
from probes.exercise.model import HttpProbe
from probes.exercise.perform import perform
from probes.exercise.site import Site
from slim.errors import ExerciseError


@dataclass
class _Sum:
    """What all sites of one container add up to."""

    probes: list[HttpProbe] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    left_out: dict[Why, LeftOut] = field(default_factory=dict)
    waiting: int = 0
    led: bool = False


def crawl(options: Crawl, conversation: Conversation, so_far: tuple[Exchange, ...]) -> Generated:
    """Follow the links of each site that `so_far` was answered by, from `/` and from the pages in it.

    Breadth first and in document order, with the conversation's cookies. Where nothing was asked of
    HTTP yet, the port is found as for any probe. What a server does is in the exchanges and the
    notes; nothing is raised for it.
    """
    total, session = _Sum(), conversation.session
    ask = Asker(
        lambda probe: perform(probe, conversation)[0],
        seconds=options.seconds,
        patience=session.options.probe_timeout,
        say=session.say,
    )
    try:
        if not any(one.site for one in so_far):
            if not conversation.targets():
                return Generated(notes=("crawl: nothing listens, so nothing was crawled",))
            home = ask(HttpProbe("GET", "/"))
            if home is None or not home[1].site or home[1].status is None:
                return Generated(notes=("crawl: nothing answers HTTP, so nothing was crawled",))
            total.probes.append(home[0])
            total.exchanges.append(home[1])
        for site, pages in _sites(conversation, (*so_far, *total.exchanges)):
            walk = Walk(options, site, ask, asked=len(total.probes))
            walk.start(pages)
            walk.run()
            _add(total, walk)
    except ExerciseError as error:  # a port that answered before accepts no connections any more
        return Generated(tuple(total.probes), tuple(total.exchanges), (f"crawl: ended early: {error}",))
    told = Told(
        tuple(total.exchanges),
        total.left_out,
        total.waiting,
        ask.out_of_time,
        lonely=not total.led,
    )
    return Generated(tuple(total.probes), tuple(total.exchanges), notes(options, told))


def _sites(
    conversation: Conversation, exchanges: tuple[Exchange, ...]
) -> Iterator[tuple[Site, tuple[Exchange, ...]]]:
    """Each site that answered, in order, with its answers."""
    for root, port in dict.fromkeys((one.site, one.port) for one in exchanges if one.site):
        pages = tuple(
            one for one in exchanges if (one.site, one.port) == (root, port) and one.status is not None
        )
        targets = conversation.targets(port) if pages else ()
        if targets:
            yield Site(targets[0], httpx.URL(root)), pages


def _add(total: _Sum, walk: Walk) -> None:
    total.probes += walk.probes
    total.exchanges += walk.exchanges
    total.waiting += walk.order.waiting
    total.led = total.led or walk.led
    for why, left in walk.order.left_out.items():
        before = total.left_out.setdefault(why, LeftOut())
        before.count += left.count
        before.examples = (before.examples + left.examples)[:3]
