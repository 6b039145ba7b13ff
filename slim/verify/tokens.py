"""Text as tokens, and what kind of value each of them is.

What two runs of one image differ in is a place; what may stand at that place on slim is told by its
kind: a number stays a number, a UUID a UUID, a time a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH = "(?:" + "|".join(_MONTHS) + ")[a-z]*"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|CES?T|[+-]\d\d:?\d\d)\b)?"
_TIMES = (
    rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}{_ZONE}",  # RFC 3339, Go's log, nginx's error log
    rf"\d{{1,2}}[/ -]{_MONTH}[/ -]\d{{4}}[: ]{_CLOCK}{_ZONE}",  # common log format, IMF-fixdate
    rf"{_MONTH} +\d{{1,2}},? +{_CLOCK}(?: [A-Z]{{3,4}})?(?: \d{{4}})?",  # ls -l, syslog, asctime, date
    rf"{_MONTH}\.? \d{{1,2}}, \d{{4}}(?:, {_CLOCK})?",  # Django's templates
    r"\d{4}[-/]\d\d[-/]\d\d",
    rf"{_CLOCK}(?: ?[ap]\.?m\b\.?)?",
)
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_DURATION = r"\d+(?:\.\d+)? ?(?:ns|µs|us|ms|msec|milliseconds)\b|\d+\.\d+ ?(?:s|sec|seconds)\b"
_MIXED = r"(?=[\w+-]{{0,200}}{})(?=[\w+-]{{0,200}}{})"
_TOKEN = re.compile(
    rf"(?P<uuid>(?<!\w){_UUID}(?!\w))"
    rf"|(?P<time>(?<!\w)(?:{'|'.join(_TIMES)})(?!\w))"
    rf"|(?P<duration>(?<!\w)(?:{_DURATION}))"
    r"|(?P<number>(?<!\w)\d+(?:\.\d+)?(?![\w]))"
    rf"|(?P<secret>(?<![\w+-])(?:{_MIXED.format('[0-9]', '[A-Za-z]')}|{_MIXED.format('[A-Z]', '[a-z]')})"
    r"[\w+-]{20,})"
    r"|(?P<word>\w+)"
    r"|(?P<space>\s+)"
    r"|(?P<mark>[^\w\s])"
)
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_EPOCH = re.compile(r"(1[5-9]\d{8}|[2-3]\d{9})(?:\.\d+|\d{3}|\d{6}|\d{9})?\Z")
_ELAPSED = re.compile(
    r"(?:time|timing|duration|elapsed|latency|took|uptime|runtime|\bpid|process|thread)\W*\Z"
    r"|\d\] \[\Z|\[(?:error|warn|crit|notice|alert|emerg|info)\] \Z|\d#\Z|: \*\Z",  # gunicorn's, nginx's logs
    re.IGNORECASE,
)
"""What stands before a number that no two runs need to have in common, though two of them may."""
TROUBLE = re.compile(
    r"\b(?:errors?|exception|traceback|fail(?:ed|ure|s)?|not found|no such|cannot|can't|could not|unable|"
    r"denied|undefined|missing|panic|fatal|unavailable|unknown)\b|\ufffd",
    re.IGNORECASE,
)
"""Words of things gone wrong, and the character that stands for bytes that are no text."""
_NOTHING = frozenset({"none", "null", "nil", "undefined", "nan", "false"})
"""What programs print in place of a value."""
_NEAR = 900.0
"""Seconds between a run and what it prints as the time of day."""


class Kind(Enum):
    """What kind of value a token is."""

    UUID = "uuid"
    TIME = "time"
    DURATION = "duration"
    NUMBER = "number"
    SECRET = "secret"  # noqa: S105 - a name
    """Long, of letters and digits: base64, a signature, a session."""
    WORD = "word"
    SPACE = "space"
    MARK = "mark"


@lru_cache(maxsize=1 << 15)
def tokens(text: str) -> tuple[str, ...]:
    """`text` in pieces: joined they are `text` again."""
    return tuple(match[0] for match in _TOKEN.finditer(text))


@lru_cache(maxsize=1 << 14)
def kind(token: str) -> Kind:
    """The kind of one of `tokens`' pieces."""
    match = _TOKEN.fullmatch(token)
    return Kind(match.lastgroup) if match and match.lastgroup else Kind.WORD


def shape(pieces: Sequence[str]) -> str:
    """`pieces` without what is likely to differ from run to run: for finding lines that are alike."""
    return "".join(_shaped(one) for one in pieces)


def _shaped(token: str) -> str:
    what = kind(token)
    if what is Kind.SPACE:
        return " "
    if what in (Kind.MARK, Kind.WORD):
        return token if not any(map(str.isdigit, token)) else "<id>"
    return "<id>" if what is Kind.SECRET else f"<{what.value}>"


def alike(seen: Sequence[str], found: str) -> bool:
    """Whether `found` may stand where the fat runs had the different values `seen`."""
    if found in seen:
        return True
    kinds = {kind(one) for one in seen}
    what = kind(found)
    if kinds <= {Kind.NUMBER, Kind.DURATION, Kind.UUID, Kind.TIME, Kind.SPACE, Kind.MARK}:
        return what in kinds or (what is Kind.NUMBER and all(map(_hexadecimal, seen)))
    if what in (Kind.SPACE, Kind.MARK, Kind.UUID):
        return False
    if found.lower() in _NOTHING and not any(one.lower() in _NOTHING for one in seen):
        return False
    if all(one.startswith("0x") for one in seen):
        return found.startswith("0x")
    lengths = [len(one) for one in seen]
    if all(map(_hexadecimal, seen)) and min(lengths) >= 6:
        same = len(set(lengths)) > 1 or len(found) == lengths[0]
        return same and _hexadecimal(found) and len(found) <= 2 * max(lengths)
    if TROUBLE.search(found) and not any(map(TROUBLE.search, seen)):
        return False
    return min(lengths) / 3 - 3 <= len(found) <= 3 * max(lengths) + 3


def _hexadecimal(token: str) -> bool:
    return _HEX.match(token) is not None


def excused(before: str, fat: str, slim: str, clocks: tuple[float, float]) -> bool:
    """Whether `slim` may stand where all fat runs had `fat`, which they may have had in common by chance:
    each run's own time of day, and how long something took, or which process it was, as `before` says.
    `clocks` are the times of the fat and the slim run, seconds since the epoch; 0: not known."""
    what = kind(fat)
    if kind(slim) is not what:
        return False
    if what is Kind.DURATION:
        return True
    if what is Kind.NUMBER and _ELAPSED.search(before[-24:]):
        return True
    return _own_time(fat, clocks[0]) and _own_time(slim, clocks[1])


def may_be_excused(before: str, fat: str) -> bool:
    """Whether `excused` can be true for `fat` at all."""
    what = kind(fat)
    if what is Kind.NUMBER:
        return bool(_EPOCH.match(fat) or _ELAPSED.search(before[-24:]))
    return what in (Kind.DURATION, Kind.TIME)


def _own_time(token: str, clock: float) -> bool:
    """Whether `token` tells the time `clock`, in whatever zone (of whole quarters of an hour)."""
    if not clock:
        return False
    if match := _EPOCH.match(token):
        return abs(float(match[1]) - clock) < _NEAR
    now = datetime.fromtimestamp(clock, UTC)
    if match := re.search(r"(\d{1,2}):(\d\d)(?::(\d\d))?", token):
        seconds = (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) % 900
        apart = abs(seconds - clock % 900)
        if min(apart, 900 - apart) > 120:
            return False
    elif kind(token) is not Kind.TIME:
        return False
    years = re.findall(r"(?<!\d)\d{4}(?!\d)", token)
    days = re.findall(r"(?<![\d:.,+-])0?(\d{1,2})(?![\d:])", token.replace("-", " ").replace("/", " "))
    near = {datetime.fromtimestamp(clock + away, UTC).day for away in (-86400, 0, 86400)}
    return all(abs(int(one) - now.year) <= 1 for one in years) and (
        not days or any(int(one) in near for one in days)
    )
