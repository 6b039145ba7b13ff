"""The headers of answers: those that say something of the answer, not of its way or its moment."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.exercise.exchange import Exchange
from slim.verify.content import Compared, clocks_of
from slim.verify.moments import Clocks
from slim.verify.patterns import excerpts, pattern
from slim.verify.tokens import shape, tokens
from slim.verify.volatile import Found

_OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via"}
)
"""RFC 9110, sections 7.6 and 7.8; RFC 9112, section 6.1."""
_OF_THE_MOMENT = frozenset({"date", "age", "content-length"})
"""RFC 9110, section 6.6.1, and RFC 9111, section 5.1; the length is compared with the body."""
_TIMING = "server-timing "
_DUR = re.compile(r"(\bdur=\d+(?:\.\d+)?)(?![\d.])")
_SETS = frozenset({"vary", "allow", "access-control-allow-methods", "access-control-allow-headers"})
"""Lists whose order says nothing: RFC 9110, sections 12.5.5 and 10.2.1; Fetch standard."""


def compare_headers(fats: Sequence[Exchange], slim: Exchange) -> Compared:
    """The headers of `fats`, at least one, against those of `slim`: names and values."""
    told, own = [_values(one) for one in fats], _values(slim)
    clocks = clocks_of(fats, slim)
    found: list[Found] = []
    masked = 0
    always = [name for name in told[0] if all(name in one for one in told)]
    sometimes = {name for one in told for name in one} - set(always)
    for name in always:
        if name not in own:
            found.append(Found(name, _shown(name, told[0][name]), _absent(told[0][name])))
            continue
        learned, differs = _compare(name, [one[name] for one in told], own[name], clocks)
        masked += learned
        found.extend(differs)
    shapes = {shape(tokens(name)) for name in sometimes}
    measured = all(any(name.startswith(_TIMING) for name in one) for one in told)
    found.extend(
        Found(name, _absent(own[name]), _shown(name, own[name]))
        for name in own
        if name not in always
        and name not in sometimes
        and shape(tokens(name)) not in shapes
        and not (name.startswith(_TIMING) and measured)
    )
    return Compared(tuple(found), masked + len(sometimes))


def _compare(name: str, fats: Sequence[str], slim: str, clocks: Clocks) -> tuple[int, list[Found]]:
    start = f"{name}: "  # a number's meaning is in the name: x-response-time
    learned = pattern([start + one for one in fats])
    if learned.matches(tokens(start + slim), clocks):
        return bool(learned.masked), []
    mine, theirs = excerpts(learned.text.removeprefix(start), slim)
    if _shown(name, slim) != slim:
        mine, theirs = _shown(name, fats[0]), _shown(name, slim)
    return bool(learned.masked), [Found(name, mine, theirs)]


def _shown(name: str, value: str) -> str:
    """A session is nothing to tell."""
    told = not name.startswith("set-cookie") or ";" in name
    if not value:
        return f"{name} without a value"
    return value if told else f"a value of {len(value)} characters"


def _absent(other: str) -> str:
    """The side that lacks a header, or a cookie's attribute, which `other` has."""
    return "" if other else "absent"


def _values(one: Exchange) -> dict[str, str]:
    """By name, in small letters; those of one name together. A cookie is as many as it has attributes;
    when it expires is of the moment (RFC 6265, section 4.1)."""
    found: dict[str, list[str]] = {}
    for name, value in one.headers:
        name = name.lower()
        if name == "set-cookie":
            for part, told in _cookie(value):
                found.setdefault(part, []).append(told)
        elif name == "server-timing":
            for part, told in _timings(value):
                found.setdefault(part, []).append(told)
        elif name not in _OF_THE_CONNECTION | _OF_THE_MOMENT or (name == "content-length" and _no_body(one)):
            found.setdefault(name, []).append(value.strip())
    return {name: _joined(name, values) for name, values in found.items()}


def _no_body(one: Exchange) -> bool:
    return one.status == 304 or (one.sent is not None and one.sent.line.startswith("HEAD "))


def _joined(name: str, values: list[str]) -> str:
    if name in _SETS:
        return ", ".join(sorted({part.strip().lower() for one in values for part in one.split(",")}))
    return ", ".join(values)


def _timings(value: str) -> list[tuple[str, str]]:
    """Each metric by its name, as what was not done takes no time, with its milliseconds: W3C, Server Timing,
    section 2."""
    parts = (one.strip().partition(";") for one in value.split(","))
    return [(f"{_TIMING}{name.strip()}", _DUR.sub(r"\1 ms", told.strip())) for name, _, told in parts]


def _cookie(value: str) -> list[tuple[str, str]]:
    first, *attributes = value.split(";")
    name, _, content = first.strip().partition("=")
    cookie = f"set-cookie {name}"
    told = [(cookie, content)]
    for one in attributes:
        key, _, what = one.strip().partition("=")
        moment = key.lower() == "expires"
        told.append((f"{cookie}; {key.lower()}", "" if moment else what.strip()))
    return told
