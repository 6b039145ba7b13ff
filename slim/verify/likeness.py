"""What may stand at a volatile place, and what at one that two fat runs had in common by chance."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slim.verify.moments import EPOCH, Clocks, is_own_time, strays
from slim.verify.tokens import Kind, kind

_LOCAL = re.compile(r"[0-9a-fA-F][26aeAE](?::[0-9a-fA-F]{2}){5}\Z")
"""A hardware address that an engine gives to a container: administered locally, of one host (IEEE 802)."""
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_ELAPSED = re.compile(
    r"(?:(?:(?<![a-z])(?:up|run|cpu|wall)?time|(?-i:(?<=[a-z])(?<![Ll]ife)Time)|(?<![a-z])timing|duration|elapsed|latency"
    r"|(?<![a-z])took)(?:_?(?:ms|us|ns|millis|micros|nanos))?|\bpid|(?<![a-z])process|(?<![a-z])thread)\W*\Z"
    r"|\d\] \[\Z|\[(?:error|warn|crit|notice|alert|emerg|info)\] \Z|\d#\Z|: \*\Z",  # gunicorn's, nginx's logs
    re.IGNORECASE,
)
"""What stands before a number that no two runs need to have in common, though two of them may."""
_CONFIGURED = re.compile(r"\d+\.0+ ?(?:s|sec|seconds)\Z")
"""Whole seconds, which nobody measures."""
_SECONDS = re.compile(r"\d{1,9}s\Z")
"""Whole ones, which are measured where something `took` them."""
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
_QUANTILE = re.compile(r'[{,]quantile="[\d.]+"\} +\Z')
"""What stands before a sample of Prometheus that is NaN where nothing was observed: text format 0.0.4."""
_UNIT = re.compile(r" ?(?:s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?|%)(?!\w)")
"""What stands after a number that may be 0 for being small."""
_LONG = 6
"""Digits of an id."""
_DIGITS = 1000
"""Of a number that is one."""


def may_stand(seen: Sequence[str], found: str, before: str, after: str, clocks: Clocks) -> bool:
    """Whether `found` may stand between `before` and `after` where the fat runs had the different values
    `seen`."""
    if found == "NaN" and all(_may_be_nan(before, one) for one in seen):
        return True
    return alike(seen, found) and not vanished(seen, found, before, after) and not strays(seen, found, clocks)


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
    nothing = [one.lower() in _NOTHING for one in seen]
    if found.lower() in _NOTHING and not any(nothing):
        return False
    if any(nothing) and all(
        none or kind(one) is Kind.NUMBER for none, one in zip(nothing, seen, strict=True)
    ):
        return what is Kind.NUMBER
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


def excused(before: str, fat: str, slim: str, clocks: Clocks) -> bool:
    """Whether `slim` may stand where all fat runs had `fat`, which they may have had in common by chance:
    each run's own time of day and address, and how long something took, or which process it was, as
    `before` says."""
    if _may_be_nan(before, fat):
        return slim == "NaN" or kind(slim) is Kind.NUMBER
    what = kind(fat)
    if kind(slim) is not what:
        return False
    if _SECONDS.match(fat) and _SECONDS.match(slim):
        return _is_elapsed(before)
    if what is Kind.DURATION:
        return not _CONFIGURED.match(fat) or _is_elapsed(before)
    if what is Kind.ADDRESS and _same_network(fat, slim):
        return True
    if what is Kind.NUMBER and (_is_elapsed(before) or _is_load(before, fat)):
        return True
    if what is Kind.TIME and _UP.search(before[-BEFORE:]):
        return True
    if what is Kind.BYTES:
        return all(_LOCAL.match(one) for one in (fat, slim))
    own = is_own_time(fat, clocks[0]) and is_own_time(slim, clocks[-1])
    return own and not strays((fat,), slim, clocks)


def vanished(seen: Sequence[str], found: str, before: str = "", after: str = "") -> bool:
    """Whether `found` is 0, or an id of zeros, where all of `seen` are more: nothing was found. Counts that
    may be 0 by chance spread more widely; what is elapsed may always be 0."""
    if not found.strip("0") and all(one.isdecimal() for one in seen):
        numbers = [int(one) for one in seen if len(one) < _DIGITS]
        if len(found) >= _LONG or len(numbers) < len(seen):
            return any(numbers) or len(numbers) < len(seen)
        small = _is_elapsed(before) or _UNIT.match(after) is not None
        return not small and len(seen) > 1 and min(numbers) > max(numbers) - min(numbers)
    if all(kind(one) in (Kind.NUMBER, Kind.TIME, Kind.DURATION, Kind.SPACE, Kind.MARK) for one in seen):
        return False
    long = len(found) >= _LONG or found[:2] == "0x" or kind(found) is Kind.ADDRESS
    return long and _is_zero(found) and not any(map(_is_zero, seen))


def _is_zero(token: str) -> bool:
    return not token.strip("0x-:. ")


def _is_elapsed(before: str) -> bool:
    return _ELAPSED.search(before[-BEFORE:]) is not None


def _may_be_nan(before: str, fat: str) -> bool:
    return (fat == "NaN" or kind(fat) is Kind.NUMBER) and _QUANTILE.search(before[-BEFORE:]) is not None


def _is_load(before: str, fat: str) -> bool:
    return "." in fat and _OF_LOAD.search(before[-BEFORE:]) is not None


def may_be_excused(before: str, fat: str) -> bool:
    """Whether `excused` can be true for `fat` at all."""
    what = kind(fat)
    if _may_be_nan(before, fat) or _SECONDS.match(fat):
        return True
    if what is Kind.NUMBER:
        return bool(EPOCH.match(fat) or _is_elapsed(before) or _is_load(before, fat))
    return what in (Kind.DURATION, Kind.TIME, Kind.ADDRESS, Kind.BYTES)


def _same_network(fat: str, slim: str) -> bool:
    """Whether an engine may give both addresses to containers of one network: RFC 1918."""
    private = fat.startswith(("10.", "172.", "192.168."))
    return private and fat.split(".")[:2] == slim.split(".")[:2]
