"""What an answer's body says: without its content coding, as text, as JSON."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TypeAlias

from probes.exercise.exchange import Exchange

DECODED_LIMIT = 1 << 23
"""Bytes that a compressed body may grow to: a small one may unpack without end."""

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""zlib's `wbits`: gzip's header, either header (RFC 9110, section 8.4.1)."""


class Unreadable(Exception):
    """A body is not what it was taken for; its text says why."""


def content(exchange: Exchange) -> bytes:
    """The body without its Content-Encoding, where it has one that the probe asked for and slim reads;
    up to DECODED_LIMIT bytes of it."""
    coding = header(exchange, "content-encoding").strip().lower()
    if coding not in _CODINGS:
        return exchange.body
    try:
        return zlib.decompressobj(_CODINGS[coding]).decompress(exchange.body, DECODED_LIMIT)
    except zlib.error:
        return exchange.body


def text(exchange: Exchange) -> str:
    """The body as text, in the charset that its Content-Type names, else in UTF-8; what is no text in
    it is replaced."""
    charset = ""
    for parameter in header(exchange, "content-type").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"')
    try:
        return content(exchange).decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return content(exchange).decode("utf-8", "replace")


def parsed(exchange: Exchange) -> Json:
    """The body as JSON (RFC 8259). Raises Unreadable."""
    if exchange.body_size > len(exchange.body):
        raise Unreadable(f"the body is too long to be read as JSON: {exchange.body_size} bytes")
    return parse(content(exchange), "the body")


def parse(data: bytes | str, what: str) -> Json:
    """`data` as JSON; `what` it is, for people. Raises Unreadable."""
    try:
        found: Json = json.loads(data)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Unreadable(f"{what} is no JSON: {why}") from error
    return found


def header(exchange: Exchange, name: str) -> str:
    """The first value of a header; empty where there is none."""
    return next((value for key, value in exchange.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Found:
    """What a JSON Pointer leads to, which may be null."""

    value: Json


def point(document: Json, pointer: str) -> Found | None:
    """What `pointer` leads to in `document`; None where that is nothing: RFC 6901, section 4.

    Raises Unreadable for what is no JSON Pointer.
    """
    if pointer and not pointer.startswith("/"):
        raise Unreadable(f"{pointer!r} is no JSON Pointer: it begins with no '/' (RFC 6901)")
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and _is_index(key) and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return Found(document)


def _is_index(key: str) -> bool:
    """Digits without a leading zero; no more of them than a list can have elements."""
    digits = key.isascii() and key.isdigit() and len(key) < 12
    return digits and (key == "0" or key[0] != "0")


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not, and the order of an
    object's names means nothing (RFC 8259, sections 3, 4 and 6)."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pairs += [(value, right[name]) for name, value in left.items()]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif isinstance(left, bool) != isinstance(right, bool) or left != right:
            return False
    return True
