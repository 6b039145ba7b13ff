"""What an answer or an output holds, compared as what it is: JSON, a page, text, or bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from probes.exercise.content import Json, Unreadable, content, header, parse, text
from probes.exercise.exchange import Exchange
from slim.verify.markup import page_lines
from slim.verify.moments import Clocks
from slim.verify.patterns import Line
from slim.verify.structure import Structure
from slim.verify.text import as_shown, lines_of
from slim.verify.volatile import Found, compare, learn

_Read = TypeVar("_Read")

_MAGIC = 16
"""Bytes at the beginning that tell what a file is, and its version: magic(5)."""
_FEW = 64
"""Bytes by which the rest of a text may be longer or shorter without any sign of it."""
_A_PLACE = 8
"""Bytes by which a volatile value is longer or shorter."""
_NO_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a]")
_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html|<\?xml|<svg|<(?:head|body|div)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Compared:
    """What came of comparing one thing."""

    found: tuple[Found, ...]
    masked: int
    """How many places are volatile: the fat runs differ there."""
    unread: int = 0
    """Bytes that are not held, of which only the number was compared."""


NOTHING = Compared((), 0)


def clocks_of(fats: Sequence[Exchange], slim: Exchange) -> Clocks:
    """When they were."""
    return (*(one.started for one in fats), slim.started)


def compare_bodies(fats: Sequence[Exchange], slim: Exchange) -> Compared:
    """The bodies, or standard outputs, of `fats`, at least one, against that of `slim`. What all fat runs
    have in common byte for byte must be so on slim, less what tells the time."""
    stable = len({_identity(one) for one in fats}) == 1
    if _identity(slim) in map(_identity, fats):
        return NOTHING if stable else Compared((), 1)
    held = [one.body_size > len(one.body) for one in (*fats, slim)]
    compared = _by_content(fats, slim, cut=any(held))
    if not any(held) or compared.found:
        return compared
    same = len({one.body for one in (*fats, slim)}) == 1
    if same and stable:
        where = f"beyond the first {len(slim.body)} bytes"
        return Compared((Found(where, _told(fats[0]), _told(slim)),), 0)
    if stable and slim.body_size != fats[0].body_size:
        return Compared((Found("its length", _told(fats[0]), _told(slim)),), 0)
    lengths, own = [one.body_size for one in fats], slim.body_size
    text = slim.body and not _is_binary(fats)
    longer = tuple(
        _length(lengths, own, compared.masked * own // len(slim.body)) if text else _size(lengths, own)
    )
    return Compared(longer, compared.masked + (not stable), own - len(slim.body))


def compare_outputs(fats: Sequence[bytes], slim: bytes, clocks: Clocks) -> Compared:
    """Outputs without a type, as text where they are that."""
    if all(one == slim for one in fats):
        return NOTHING
    if any(_NO_TEXT.search(one) for one in (*fats, slim)):
        return _bytes(fats, slim)
    return _lines([_decoded(one) for one in fats], _decoded(slim), lines_of, clocks)


def _by_content(fats: Sequence[Exchange], slim: Exchange, *, cut: bool) -> Compared:
    read = [content(one) for one in fats]
    if not cut and all(one == content(slim) for one in read):  # gzip has the time in it: RFC 1952
        return NOTHING
    if _is_binary(fats):
        return _bytes(read, content(slim), cut=cut)
    texts, own = [text(one) for one in fats], text(slim)
    clocks = clocks_of(fats, slim)
    if not cut and _may_be_json(texts[0], fats[0]) and (compared := _json(texts, own, clocks)):
        return compared
    stable = len(set(texts)) == 1
    if _is_page(texts[0], fats[0]):
        compared = _lines(texts, own, page_lines, clocks, cut=cut)
        if compared.found or not stable:
            return compared
    compared = _lines(texts, own, lambda one: lines_of(one, cut=cut), clocks)
    if stable and not compared.found and own.splitlines() == texts[0].splitlines() and not cut:
        return Compared((Found("the ends of lines", repr(texts[0][-40:]), repr(own[-40:])),), 0)
    return compared


def _json(texts: Sequence[str], slim: str, clocks: Clocks) -> Compared | None:
    """Compared as JSON; None where it is none in the fat runs, or nested too deep."""
    try:
        fats = [parse(one, "the body") for one in texts]
    except Unreadable:
        return None
    try:
        own: Json = parse(slim, "the body")
    except Unreadable as error:
        return Compared((Found("", "JSON", f"{error}: {slim[:120]}"),), 0)
    structure = Structure(clocks)
    try:
        found = tuple(structure.compare(fats, own))
    except RecursionError:
        return None
    if not found and len(set(texts)) == 1:  # the same JSON, though spelled otherwise
        return None
    return Compared(found, structure.masked)


def _lines(
    fats: Sequence[str], slim: str, read: Callable[[str], list[Line]], clocks: Clocks, *, cut: bool = False
) -> Compared:
    if len(set(fats)) > 1:
        fats, slim = [as_shown(one) for one in fats], as_shown(slim)
    runs = [_ended(read(one), cut=cut) for one in fats]
    own = _ended(read(slim), cut=cut)
    if cut:  # all as far as the shortest of them: what lies beyond is compared by its digest
        shortest = min(len(one) for one in (*runs, own))
        runs, own = [one[:shortest] for one in runs], own[:shortest]
    learned = learn(runs)
    return Compared(tuple(compare(learned, own, clocks)), learned.masked if len(set(fats)) > 1 else 0)


def _ended(lines: list[Line], *, cut: bool) -> list[Line]:
    return lines[:-1] if cut else lines


def _bytes(fats: Sequence[bytes], slim: bytes, *, cut: bool = False) -> Compared:
    """Bytes that no two fat runs have in common: what kind of file it is, and how long about."""
    stable = len(set(fats)) == 1
    if stable:
        if cut or fats[0] == slim:
            return NOTHING if fats[0] == slim else Compared((_first_byte(fats[0], slim),), 0)
        return Compared((_first_byte(fats[0], slim),), 0)
    begin = 0
    for column in zip(*(one[:_MAGIC] for one in fats), strict=False):
        if len(set(column)) > 1:
            break
        begin += 1
    if fats[0][:begin] != slim[:begin]:
        return Compared((_first_byte(fats[0], slim),), 1)
    return Compared(tuple(_size([len(one) for one in fats], len(slim))), 1)


def _first_byte(fat: bytes, slim: bytes) -> Found:
    at = next(
        (i for i, (a, b) in enumerate(zip(fat, slim, strict=False)) if a != b), min(len(fat), len(slim))
    )
    return Found(f"byte {at}", *(f"{len(one)} bytes: {one[at : at + 16].hex(' ')}" for one in (fat, slim)))


def _length(fats: Sequence[int], slim: int, places: int) -> Iterator[Found]:
    """A text of another length than about so many volatile `places` account for, each of which is a few
    characters longer or shorter."""
    low, high = min(fats), max(fats)
    slack = 4 * (high - low) + _FEW + _A_PLACE * math.isqrt(places)
    if not low - slack <= slim <= high + slack:
        yield Found("its length", f"{fats[0]} bytes", f"{slim} bytes")


def _size(fats: Sequence[int], slim: int) -> Iterator[Found]:
    """A volatile body of quite another length."""
    if not min(fats) // 2 - 256 <= slim <= 2 * max(fats) + 256 or (not slim and min(fats)):
        yield Found("its length", f"{fats[0]} bytes", f"{slim} bytes")


def _identity(one: Exchange) -> tuple[object, ...]:
    return (one.body_size, one.body_sha256) if one.body_sha256 else (one.body_size, one.body)


def _told(one: Exchange) -> str:
    return f"{one.body_size} bytes, sha256 {one.body_sha256[:12]}"


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _type_of(one: Exchange) -> str:
    return header(one, "content-type").partition(";")[0].strip().lower()


def _is_binary(fats: Sequence[Exchange]) -> bool:
    no_text = any(_NO_TEXT.search(content(one)[:4096]) for one in fats)
    return no_text and not _is_text(fats[0])


def _is_text(one: Exchange) -> bool:
    return _type_of(one).startswith("text/") or "charset=utf-16" in header(one, "content-type").lower()


def _may_be_json(body: str, one: Exchange) -> bool:
    return "json" in _type_of(one) or body.lstrip()[:1] in ("{", "[")


def _is_page(body: str, one: Exchange) -> bool:
    what = _type_of(one)
    return what.endswith(("html", "xml")) or (what in ("", "text/plain") and _PAGE.match(body) is not None)
