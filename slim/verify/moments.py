"""Times that a run prints: whether they are its own, and in which zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

Clocks = tuple[float, ...]
"""When each of the fat runs was, and last the slim one; seconds since the epoch, 0: not known."""

_DAY = 86400.0
_NEAR = 900.0
"""Seconds between a run and what it prints as the time of day."""
_SAME_ZONE = 1700.0
"""Seconds by which slim may be farther from its clock than the fat runs: less than zones differ in."""
_FARTHEST_ZONE = 15 * 3600.0
_FARTHEST = 400 * _DAY
"""Seconds from now of a number that tells a time: one that expires; farther ones are ids."""
EPOCH = re.compile(r"(1[5-9]\d{8}|[2-3]\d{9})(?:\.\d+|\d{3}|\d{6}|\d{9})?\Z")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?([ap])\.?m)?", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)(?!\d)")
_NAMED = re.compile(
    r"(?:(?<!\d)(\d{1,2})[/ -])?(?<![A-Za-z])([A-Z][a-z]{2})[a-z]*\.?[/ -]+(?:(\d{1,2})(?!\d))?"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ZONE = re.compile(r"(?:Z|[A-Z]{3,4}|[+-]\d\d:?\d\d)(?= \d{4}\Z|\Z)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_own_time(token: str, clock: float) -> bool:
    """Whether `token` tells the time `clock`, in whatever zone (of whole quarters of an hour)."""
    apart = _away(token, clock) if clock else None
    if apart is None or abs(apart) > _FARTHEST_ZONE + _DAY:
        return False
    if EPOCH.match(token):
        return abs(apart) < _NEAR
    return not _CLOCK.search(token) or min(apart % _NEAR, -apart % _NEAR) <= 120


def strays(seen: Sequence[str], found: str, clocks: Clocks) -> bool:
    """Whether the values `seen` are all as far from the clock of a fat run, as what tells the time in one
    zone is, and `found` is not as far from that of the slim run: no time of now, or in another zone."""
    if not all(clocks):
        return False
    *fats, slim = clocks
    apart = [one for clock in fats if (one := _of_the_clock(seen, clock, fats)) is not None]
    if not apart or (not _dated(found) and any(_near(found, slim, one, slim) for one in seen)):
        return False  # a duration of so many minutes may look as a time of day
    own = _away(found, slim)
    if own is None or _zone(found) not in map(_zone, seen):
        return True
    return not any(_as_far(own, one, found, _SAME_ZONE) for one in apart)


def _of_the_clock(seen: Sequence[str], clock: float, fats: Sequence[float]) -> float | None:
    """How far the first of `seen` is from `clock`, if all others are as far from one of `fats`."""
    first, *others = seen
    apart = _away(first, clock)
    if apart is None:
        return None
    if not _dated(first):
        if min(apart % 1800, -apart % 1800) > 120:
            return None
    elif not others and abs(apart) > _FARTHEST_ZONE + (0 if _CLOCK.search(first) else _DAY):
        return None
    for one in others:
        ways = [_away(one, each) for each in fats]
        if not any(way is not None and _as_far(way, apart, one, _NEAR) for way in ways):
            return None
    return apart


def _near(token: str, clock: float, other: str, its: float) -> bool:
    one, two = _away(token, clock), _away(other, its)
    return one is not None and two is not None and _as_far(one, two, token, _SAME_ZONE)


def _as_far(one: float, other: float, token: str, slack: float) -> bool:
    apart = abs(one - other)
    if not _dated(token):
        apart = min(apart % _DAY, -apart % _DAY)
    return apart <= (slack if EPOCH.match(token) or _CLOCK.search(token) else _DAY)


def _dated(token: str) -> bool:
    return bool(EPOCH.match(token) or _NUMERIC.search(token) or _NAMED.search(token))


def _away(token: str, clock: float) -> float | None:
    """Seconds from `clock` to the time that `token` tells, read as UTC, and from its day where it tells but a
    day; None where it tells none."""
    if match := EPOCH.match(token):
        apart = float(match[1]) - clock
        return apart if abs(apart) < _FARTHEST else None
    time, day = _CLOCK.search(token), _day(token, clock)
    if not time:
        return None if day is None else day - (clock - clock % _DAY)
    hour, minute, second = (int(one or 0) for one in time.group(1, 2, 3))
    if time[4]:
        hour = hour % 12 + (12 if time[4] in "pP" else 0)
    seconds = hour * 3600 + minute * 60 + second
    if day is not None:
        return day + seconds - clock
    apart = (seconds - clock) % _DAY
    return apart - _DAY if apart > _DAY / 2 else apart


def _day(token: str, clock: float) -> float | None:
    """When the day that `token` names began; of one without a year that which is nearest to `clock`."""
    if match := _NUMERIC.search(token):
        return _began(*map(int, match.groups()))
    match = _NAMED.search(token)
    if not match or match[2] not in _MONTHS or not (match[1] or match[3]):
        return None
    month, day = _MONTHS.index(match[2]) + 1, int(match[1] or match[3])
    if year := _YEAR.search(token):
        return _began(int(year[0]), month, day)
    now = datetime.fromtimestamp(clock, UTC).year
    days = [one for year in (now - 1, now, now + 1) if (one := _began(year, month, day)) is not None]
    return min(days, key=lambda one: abs(one - clock), default=None)


def _began(year: int, month: int, day: int) -> float | None:
    try:
        return (date(year, month, day) - date(1970, 1, 1)).days * _DAY
    except ValueError:
        return None


def _zone(token: str) -> str:
    match = _ZONE.search(token)
    return match[0] if match and _CLOCK.search(token) else ""
