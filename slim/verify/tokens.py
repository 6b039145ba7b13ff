"""Text as tokens, and what kind of value each of them is.

What two runs of one image differ in is a place; what may stand at that place on slim is told by its
kind: a number stays a number, a UUID a UUID, a time a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_DURATION = (
    rf"{_LOAD}|\d+m\d+[.,]\d+s\b|\d+(?:\.\d+)? ?(?:ns|µs|us|ms|msec|milliseconds)\b"
    r"|\d+\.\d+ ?(?:s|sec|seconds)\b"
)
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
