"""Walk through one site: ask for an address, read what it leads to, go on with the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from probes.crawl import robots
from probes.crawl.ask import Asker
from probes.crawl.document import read_document
from probes.crawl.model import Crawl, Kind, Reference, Step
from probes.crawl.order import Order, Why
from probes.crawl.text import text_of
from probes.crawl.urls import moved_to, normal_path, on_site, resolve
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import HttpProbe
from probes.exercise.site import Site

MOST_REFERENCES = 2000
"""Of one document that are looked at."""

_SITEMAP = "/sitemap.xml"


class Walk:
    """The crawl of one site."""

    def __init__(self, crawl: Crawl, site: Site, ask: Asker, *, asked: int = 0) -> None:
        """`asked`: how many of the crawl's addresses have been asked for already, of other sites."""
        self.order = Order(crawl)
        self.probes: list[HttpProbe] = []
        self.exchanges: list[Exchange] = []
        self.led = False
        """Whether a page, or a sitemap, led to another page."""
        self._site = site
        self._ask = ask
        self._left = crawl.pages - asked
        self._headers: tuple[tuple[str, str], ...] = ()
        if site.root.host != "localhost":
            self._headers = (("host", site.root.netloc.decode("ascii")),)

    def start(self, seen: Iterable[Exchange]) -> None:
        """Offer where the crawl begins. `seen`: answers of this site that are there already; the HTML
        pages among them are read as if the crawl had asked for them."""
        answers = tuple(seen)
        for one in answers:
            if one.sent and one.sent.line.startswith("GET "):
                self.order.visited(normal(one.sent.line.partition(" ")[2]))
        for one in answers:
            self.order.visited(normal(one.url))
        # what robots.txt asks for must be known before the first link is followed
        self.order.visited(robots.PATH)
        if self._left > 0:
            self._visit(Step(robots.PATH, Kind.ROBOTS, 0, ""))
        self.order.offer(Step("/", Kind.PAGE, 0, ""))
        named = [path for one in self.order.robots.sitemaps if (path := moved_to(self._site, one))]
        for path in named or [_SITEMAP]:
            self.order.offer(Step(path, Kind.SITEMAP, 0, robots.PATH if named else ""))
        for one in answers:
            self._read(Step(normal(one.url), Kind.PAGE, 0, ""), one)

    def run(self) -> None:
        """Until nothing is left, or a bound is met, or the container is dead."""
        while self._left > 0 and not self._dead and (step := self.order.next()):
            if not self._visit(step):
                self.order.again(step)
                return

    @property
    def _dead(self) -> bool:
        return bool(self.exchanges) and self.exchanges[-1].result is Result.DIED

    def _visit(self, step: Step) -> bool:
        """Ask for `step` and read the answer; False when the time is up."""
        probe = HttpProbe(
            "GET",
            step.path,
            port=self._site.target.container_port,
            headers=self._headers,
            tls=self._site.root.scheme == "https",
        )
        asked = self._ask(probe)
        if asked is None:
            return False
        probe, exchange = asked[0], replace(asked[1], found_on=step.page)
        self._left -= 1
        self.probes.append(probe)
        self.exchanges.append(exchange.shortened())
        arrived = normal(exchange.url) if exchange.url else step.path
        # what has been shown under another address already is not read again
        if arrived == step.path or not self.order.visited(arrived):
            self._read(step, exchange)
        return True

    def _read(self, step: Step, exchange: Exchange) -> None:
        """Offer what the answer leads to."""
        if exchange.status is None or exchange.status >= 300 or exchange.kind != "http":
            return
        if step.kind is Kind.ROBOTS:
            self.order.robots = robots.read_robots(text_of(exchange))
            return
        here = normal(exchange.url)
        url = f"{self._site.root}{here}"
        document = read_document(step.kind, exchange)
        base = (resolve(url, document.base) if document.base else None) or url
        for reference in dict.fromkeys(islice(document.references, MOST_REFERENCES)):
            path = self._path(step, reference, url, base)
            if path is None:
                continue
            if reference.query is not None:
                path = normal_path(path.partition("?")[0], reference.query)
            depth = step.depth + (reference.kind is Kind.PAGE)
            self.led = self.led or (reference.kind is Kind.PAGE and path != here)
            if reference.by_get:
                self.order.offer(Step(path, reference.kind, depth, here))
            else:
                self.order.leave_out(Why.DESTRUCTIVE, path, path)

    def _path(self, step: Step, reference: Reference, here: str, base: str) -> str | None:
        """Where `reference`, in the document `step` at `here`, leads on this site; None for nowhere."""
        if step.kind is Kind.SITEMAP:
            return moved_to(self._site, reference.text)
        # a form without an action leads to its own page, whatever <base> says
        own = reference.query is not None and not reference.text
        url = resolve(here if own else base, reference.text)
        path = on_site(self._site, url) if url else None
        if url and path is None:
            self.order.leave_out(Why.OTHER_SITE, url, url.split("/", 3)[2])
        return path


def normal(path: str) -> str:
    """Path and query as every other spelling of them is spelled."""
    before, _, query = path.partition("?")
    return normal_path(before, query)
