"""robots.txt: RFC 9309."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.crawl.urls import escaped

PATH = "/robots.txt"
NAME = "slim"
_MOST_RULES = 1000
_LONGEST = 500


@dataclass(frozen=True)
class _Rule:
    parts: tuple[str, ...]
    """What stands between the `*` of the pattern."""
    ends: bool
    """Whether the last part must be the path's end: `$`."""
    length: int
    allows: bool

    def matches(self, path: str) -> bool:
        """RFC 9309, section 2.2.3. The first place of a part is the best: nothing is tried twice."""
        first, *others = self.parts
        if not path.startswith(first):
            return False
        position = len(first)
        for part in others[:-1] if self.ends else others:
            position = path.find(part, position)
            if position < 0:
                return False
            position += len(part)
        if not self.ends:
            return True
        return path.endswith(others[-1], position) if others else position == len(path)


@dataclass(frozen=True)
class Robots:
    """What a site asks of crawlers like this one."""

    rules: tuple[_Rule, ...] = ()
    sitemaps: tuple[str, ...] = ()
    """URLs as they stand there."""

    def allows(self, path: str) -> bool:
        """RFC 9309, section 2.2.2: the longest rule that matches decides; of two, the one that allows."""
        matching = [rule for rule in self.rules if rule.matches(path)]
        best = max(matching, key=lambda rule: (rule.length, rule.allows), default=None)
        return best is None or best.allows


def read_robots(text: str) -> Robots:
    """The rules for slim, or for all where there are none for it."""
    groups: dict[str, list[_Rule]] = {}
    sitemaps: list[str] = []
    agents: list[str] = []
    naming = False
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            agents = [*agents, value.lower()] if naming else [value.lower()]
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow") and 0 < len(value) <= _LONGEST:
            for agent in agents:
                if len(groups[agent]) < _MOST_RULES:
                    groups[agent].append(_rule(value, key == "allow"))
        elif key == "sitemap" and value:
            sitemaps.append(value)
        naming = key == "user-agent" or (naming and not key)
    rules = groups.get(NAME, groups.get("*", []))
    return Robots(tuple(rules), tuple(dict.fromkeys(sitemaps)))


def _rule(value: str, allows: bool) -> _Rule:
    pattern = value.removesuffix("$")
    parts = tuple(escaped(part) for part in re.split(r"\*+", pattern))
    return _Rule(parts, value.endswith("$"), len(value), allows)
