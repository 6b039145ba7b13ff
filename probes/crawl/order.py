"""In which order addresses are asked for, and which are left out and why.

Breadth first, and in the order in which documents name them. What could go on for ever (calendars,
pages of pages, session ids, filters) is bounded by how many addresses of one pattern are asked for.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from itertools import pairwise

from probes.crawl.model import Crawl, Kind, Step
from probes.crawl.robots import Robots

ALIKE_PAGES = 5
"""Pages whose paths differ in nothing but numbers."""
ALIKE_QUERIES = 3
"""Queries of one path that differ in nothing but numbers."""
QUERIES = 12
"""Queries of one path."""
ALIKE_ASSETS = 25
"""Assets of one folder and one extension."""
SITEMAPS = 10

_NUMBER = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[a-z]*[0-9])[0-9a-f]{8,}\b|[0-9]+", re.I
)
"""Digits, a UUID, or a hexadecimal id."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DESTRUCTIVE = frozenset(
    {
        "logout", "logoff", "signout", "signoff", "delete", "remove", "destroy", "erase", "wipe", "purge",
        "unsubscribe", "deactivate", "uninstall", "shutdown", "terminate", "kill", "revoke",
    }
)  # fmt: skip
_TWO_WORDS = frozenset({("log", "out"), ("log", "off"), ("sign", "out"), ("sign", "off"), ("shut", "down")})
_LONGEST_COMMAND = 3
"""Words: `delete-my-account` may do it, `how-to-delete-a-file` only tells of it."""


class Why(Enum):
    """Why an address was not asked for."""

    DESTRUCTIVE = "destructive"
    ROBOTS = "robots.txt"
    EXCLUDED = "excluded"
    ALIKE = "alike"
    DEEP = "too deep"
    OTHER_SITE = "another site"


@dataclass
class LeftOut:
    """The addresses that were left out for one reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    """The first few."""

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.examples) < 3 and path not in self.examples:
            self.examples.append(path)


class Order:
    """What is still to be asked of one site."""

    def __init__(self, crawl: Crawl) -> None:
        self.robots = Robots()
        self.left_out: dict[Why, LeftOut] = {why: LeftOut() for why in Why}
        self._crawl = crawl
        self._known: set[str] = set()
        self._alike: Counter[tuple[str, ...]] = Counter()
        self._waiting: dict[int, deque[Step]] = {}

    def offer(self, step: Step) -> None:
        """Ask for `step` in its turn, unless it is known or there is a reason against it."""
        if step.path in self._known:
            return
        self._known.add(step.path)
        if why := self._against(step):
            self.left_out[why].add(step.path)
        else:
            self._waiting.setdefault(step.depth, deque()).append(step)

    def leave_out(self, why: Why, link: str, told: str) -> None:
        """Count `link`, which is never asked for, once; `told` is how people are told of it."""
        if (key := f"{why.value} {link}") not in self._known:
            self._known.add(key)
            self.left_out[why].add(told)

    def visited(self, path: str) -> bool:
        """Note that `path` has been shown, by a redirect or a probe; whether it was known before."""
        before = path in self._known
        self._known.add(path)
        return before

    def next(self) -> Step | None:
        """The first of those that are the least deep; None when nothing is left."""
        depth = min((depth for depth, steps in self._waiting.items() if steps), default=None)
        return None if depth is None else self._waiting[depth].popleft()

    def again(self, step: Step) -> None:
        """Put back what `next` gave."""
        self._waiting[step.depth].appendleft(step)

    @property
    def waiting(self) -> int:
        return sum(len(steps) for steps in self._waiting.values())

    def _against(self, step: Step) -> Why | None:
        if any(fnmatchcase(step.path, glob) for glob in self._crawl.exclude):
            return Why.EXCLUDED
        if step.kind is Kind.PAGE and step.page:
            # What a page shows, it shows to whoever may see the page: only pages are asked about.
            if not self._crawl.destructive and looks_destructive(step.path):
                return Why.DESTRUCTIVE
            if not self._crawl.ignore_robots and not self.robots.allows(step.path):
                return Why.ROBOTS
        if step.depth > self._crawl.depth:
            return Why.DEEP
        return None if self._fits(step) else Why.ALIKE

    def _fits(self, step: Step) -> bool:
        """Whether there are not yet too many like it; counts it."""
        bounds = patterns(step)
        if any(self._alike[pattern] >= most for pattern, most in bounds.items()):
            return False
        self._alike.update(bounds.keys())
        return True


def patterns(step: Step) -> dict[tuple[str, ...], int]:
    """What `step` has in common with others, and how many of those are asked for."""
    path, _, query = step.path.partition("?")
    if step.kind in (Kind.SITEMAP, Kind.ROBOTS):
        return {(step.kind.value,): SITEMAPS}
    if step.kind is not Kind.PAGE:
        folder, _, name = path.rpartition("/")
        return {("asset", folder, name.rpartition(".")[2]): ALIKE_ASSETS}
    found: dict[tuple[str, ...], int] = {}
    if (shape := numberless(path)) != path:
        # Queries are bounded for each path by themselves.
        found[("page", shape, "?" if query else "")] = ALIKE_PAGES
    if query:
        found["query", path, numberless(query)] = ALIKE_QUERIES
        found["queries", path] = QUERIES
    return found


def numberless(text: str) -> str:
    """`text` with its numbers and ids made equal."""
    return _NUMBER.sub("0", text)


def looks_destructive(path: str) -> bool:
    """Whether a word of the path or the query says that asking for it logs out or takes something away."""
    for segment in re.split(r"[/?&=;]", path):
        words = [word.lower() for word in _WORD.findall(segment)]
        if len(words) <= _LONGEST_COMMAND and (
            not _DESTRUCTIVE.isdisjoint(words) or not _TWO_WORDS.isdisjoint(pairwise(words))
        ):
            return True
    return False
