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
_PAIR = r"[0-9a-fA-F]{2}"
_BYTES = (
    r"(?=(?:\d\d[: -]){0,3}(?:\d[a-fA-F]|[a-fA-F][0-9a-fA-F]))"  # two digits each are numbers
    rf"{_PAIR}(?P<between>[: -]){_PAIR}(?:(?P=between){_PAIR}){{2,}}"
)
_LOAD = r"\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+\b"
"""/proc/loadavg: proc(5)."""
_DURATION = rf"{_LOAD}|\d+(?:\.\d+)? ?(?:ns|µs|us|ms|msec|milliseconds)\b|\d+\.\d+ ?(?:s|sec|seconds)\b"
_MIXED = r"(?=[\w+-]{{0,200}}{})(?=[\w+-]{{0,200}}{})"
_TOKEN = re.compile(
    rf"(?P<uuid>(?<!\w){_UUID}(?!\w))"
    rf"|(?P<bytes>(?<![\w:-]){_BYTES}(?![\w:-]))"
    rf"|(?P<time>(?<!\w)(?:{'|'.join(_TIMES)})(?!\w))"
    rf"|(?P<duration>(?<!\w)(?:{_DURATION}))"
    r"|(?P<address>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]))"
    r"|(?P<number>(?<!\w)\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w]))"
    rf"|(?P<secret>(?<![\w+-])(?:{_MIXED.format('[0-9]', '[A-Za-z]')}|{_MIXED.format('[A-Z]', '[a-z]')})"
    r"[\w+-]{20,})"
    r"|(?P<word>\w+)"
    r"|(?P<space>\s+)"
    r"|(?P<mark>[^\w\s])"
)
_RUN = re.compile(r"(?:[\w+/-]|%(?:2[BbFf]|3[Dd]))++={0,2}")
"""What may be base64, or that percent-encoded: RFC 4648, section 4; RFC 3986, section 2.1."""
_MARKED = re.compile(r"[+/%]|[\w-]=+\Z")
_SHORTEST = 12
"""Characters of a random value that marks may be in."""
_WORD = 6
"""Characters of a part between slashes that is hardly random where it looks like a word."""
_LOCAL = re.compile(r"[0-9a-fA-F][26aeAE](?::[0-9a-fA-F]{2}){5}\Z")
"""A hardware address that an engine gives to a container: administered locally, of one host (IEEE 802)."""
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_EPOCH = re.compile(r"(1[5-9]\d{8}|[2-3]\d{9})(?:\.\d+|\d{3}|\d{6}|\d{9})?\Z")
_ELAPSED = re.compile(
    r"(?:time|timing|duration|elapsed|latency|took|uptime|runtime|\bpid|process|thread)\W*\Z"
    r"|\d\] \[\Z|\[(?:error|warn|crit|notice|alert|emerg|info)\] \Z|\d#\Z|: \*\Z",  # gunicorn's, nginx's logs
    re.IGNORECASE,
)
"""What stands before a number that no two runs need to have in common, though two of them may."""
_OF_LOAD = re.compile(r"\bload(?:[ _]?avg|[ _]?averages?)?\W+(?:\d+\.\d+[, ]+){0,2}\Z", re.IGNORECASE)
"""What stands before each of the three loads of a machine, which are no whole numbers: getloadavg(3)."""
_UP = re.compile(r"\bup +(?:\d+ days?, +)?\Z")
"""What stands in uptime(1) before the hours that the machine is up."""
BEFORE = 40
"""Characters before a value that tell what it is."""
TROUBLE = re.compile(
    r"\b(?:errors?|exception|traceback|fail(?:ed|ure|s)?|not found|no such|cannot|can't|could not|unable|"
    r"denied|undefined|missing|panic|fatal|unavailable|unknown|no module named)\b|\ufffd"
    r"|(?-i:\B(?:Error|Exception|NotFound)\b)",
    re.IGNORECASE,
)
"""Words of things gone wrong, names of exceptions, and the character for bytes that are no text."""
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
    ADDRESS = "address"
    """Of IPv4."""
    BYTES = "bytes"
    """Four or more in hexadecimal digits: a hardware address, a fingerprint, a line of od(1)."""
    SECRET = "secret"  # noqa: S105 - a name
    """Long, of letters and digits: base64, a signature, a session."""
    WORD = "word"
    SPACE = "space"
    MARK = "mark"


@lru_cache(maxsize=1 << 15)
def tokens(text: str) -> tuple[str, ...]:
    """`text` in pieces: joined they are `text` again."""
    pieces: list[str] = []
    position = 0
    for match in _RUN.finditer(text):
        start, end = _random_part(match[0])
        if start < end:
            pieces.extend(one[0] for one in _TOKEN.finditer(text[position : match.start() + start]))
            pieces.append(text[match.start() + start : match.start() + end])
            position = match.start() + end
    pieces.extend(one[0] for one in _TOKEN.finditer(text[position:]))
    return tuple(pieces)


def _random_part(run: str) -> tuple[int, int]:
    """Where in `run` there is one random value with marks in it, as base64 has them by chance; nowhere in
    a path of words."""
    nowhere = (0, 0)
    if len(run) < _SHORTEST or not _MARKED.search(run):
        return nowhere
    parts = run.split("/")
    random = [index for index, part in enumerate(parts) if _is_mixed(part)]
    if not random:
        return nowhere
    chosen = parts[random[0] : len(parts) if run.endswith("=") else random[-1] + 1]
    start = sum(len(part) + 1 for part in parts[: random[0]])
    value = "/".join(chosen)
    words = any(len(part) >= _WORD and not _is_mixed(part) for part in chosen)
    kinds = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
    if words or not kinds or len(value) < _SHORTEST or not _MARKED.search(value):
        return nowhere
    return start, start + len(value)


def _is_mixed(part: str) -> bool:
    """Whether letters come with digits, or small ones with capitals elsewhere than at the beginning."""
    letters = any(map(str.isalpha, part))
    return letters and (any(map(str.isdigit, part)) or (not part.islower() and not part[1:].islower()))


@lru_cache(maxsize=1 << 14)
def kind(token: str) -> Kind:
    """The kind of one of `tokens`' pieces."""
    match = _TOKEN.fullmatch(token)
    if match and match.lastgroup:
        return Kind(match.lastgroup)
    return Kind.SECRET if _MARKED.search(token) else Kind.WORD


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
    if kinds <= {Kind.NUMBER, Kind.ADDRESS, Kind.DURATION, Kind.UUID, Kind.TIME, Kind.SPACE, Kind.MARK}:
        return what in kinds or (len({*map(len, (*seen, found))}) == 1 and _random_hex((*seen, found)))
    if Kind.BYTES in kinds:
        return what in kinds and len(found) in map(len, seen)
    if what in (Kind.SPACE, Kind.MARK, Kind.UUID, Kind.BYTES):
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


def _random_hex(values: Sequence[str]) -> bool:
    """Whether these are hexadecimal digits, of which some have no letter by chance."""
    return len(values[0]) >= 8 and all(map(_hexadecimal, values))


def _hexadecimal(token: str) -> bool:
    return _HEX.match(token) is not None


def excused(before: str, fat: str, slim: str, clocks: tuple[float, float]) -> bool:
    """Whether `slim` may stand where all fat runs had `fat`, which they may have had in common by chance:
    each run's own time of day and address, and how long something took, or which process it was, as
    `before` says.
    `clocks` are the times of the fat and the slim run, seconds since the epoch; 0: not known."""
    what = kind(fat)
    if kind(slim) is not what:
        return False
    if what is Kind.DURATION or (what is Kind.ADDRESS and _same_network(fat, slim)):
        return True
    if what is Kind.NUMBER and (_ELAPSED.search(before[-BEFORE:]) or _is_load(before, fat)):
        return True
    if what is Kind.TIME and _UP.search(before[-BEFORE:]):
        return True
    if what is Kind.BYTES:
        return all(_LOCAL.match(one) for one in (fat, slim))
    return _own_time(fat, clocks[0]) and _own_time(slim, clocks[1])


def _is_load(before: str, fat: str) -> bool:
    return "." in fat and _OF_LOAD.search(before[-BEFORE:]) is not None


def may_be_excused(before: str, fat: str) -> bool:
    """Whether `excused` can be true for `fat` at all."""
    what = kind(fat)
    if what is Kind.NUMBER:
        return bool(_EPOCH.match(fat) or _ELAPSED.search(before[-BEFORE:]) or _is_load(before, fat))
    return what in (Kind.DURATION, Kind.TIME, Kind.ADDRESS, Kind.BYTES)


def _same_network(fat: str, slim: str) -> bool:
    """Whether an engine may give both addresses to containers of one network: RFC 1918."""
    private = fat.startswith(("10.", "172.", "192.168."))
    return private and fat.split(".")[:2] == slim.split(".")[:2]


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
