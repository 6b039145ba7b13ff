"""Is an answer what its probe expects?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from probes.exercise.content import Json, Unreadable, parse, parsed, point, same, text
from probes.exercise.exchange import Exchange, Result
from probes.exercise.parts import Expect
from probes.exercise.regex import Unsearchable, search

_SHOWN = 100
"""Characters of what came that are shown."""


def apply(expect: Expect, exchange: Exchange) -> Exchange:
    """`exchange`, judged by `expect`: UNEXPECTED, with what was expected and what came, where it was
    answered otherwise.

    An answer of 500 or more is no error where its status is expected. What never was answered stays
    what it is.
    """
    if expect.exit_code is not None:
        exchange = replace(exchange, expected_exit=expect.exit_code)
    if exchange.result not in (Result.ANSWERED, Result.SERVER_ERROR):
        return exchange
    if exchange.result is Result.SERVER_ERROR and exchange.status not in expect.status:
        return _with_detail(exchange, f"expected {_spell_status(expect.status)}" if expect.status else "")
    answered = replace(exchange, result=Result.ANSWERED)
    if not answered.passed and expect.exit_code is None:
        return answered  # its exit code says enough
    if found := unmet(expect, answered):
        return _with_detail(replace(answered, result=Result.UNEXPECTED), found)
    return answered


def unmet(expect: Expect, exchange: Exchange) -> str:
    """What of `expect` does not hold for what came: each expectation and what came instead, `; `
    between them; empty where all holds."""
    try:
        return "; ".join(_unmet(expect, exchange))
    except Unsearchable as error:
        return str(error)


def _unmet(expect: Expect, exchange: Exchange) -> Iterator[str]:
    if expect.status and exchange.status not in expect.status:
        yield f"expected {_spell_status(expect.status)}, got {exchange.status or 'no status'}"
    if expect.exit_code is not None and exchange.exit_code != expect.exit_code:
        yield f"expected exit code {expect.exit_code}, got {exchange.exit_code}"
    for name, pattern in expect.headers:
        values = [value for key, value in exchange.headers if key.lower() == name.lower()]
        if not values:
            yield f"expected a header {name} that matches /{pattern}/, got none of that name"
        elif not search(pattern, values):
            yield f"expected a header {name} that matches /{pattern}/, got {_shorten(', '.join(values))}"
    if expect.body:
        yield from _unmet_body(expect, exchange)
    if expect.json:
        yield from _unmet_json(expect, exchange)


def _unmet_body(expect: Expect, exchange: Exchange) -> Iterator[str]:
    what = "standard output" if exchange.kind in ("exec", "host", "health", "exit") else "a body"
    came = text(exchange)
    for pattern in expect.body:
        if not search(pattern, (came,)):
            cut = exchange.body_size - len(exchange.body)
            more = f" ({cut} bytes behind its first {len(exchange.body)} were not searched)" if cut else ""
            yield f"expected {what} that matches /{pattern}/, got {_shorten(came) or 'nothing'}{more}"


def _unmet_json(expect: Expect, exchange: Exchange) -> Iterator[str]:
    try:
        document = parsed(exchange)
    except Unreadable as error:
        yield f"expected JSON, got {_shorten(text(exchange)) or 'nothing'} ({error})"
        return
    for pointer, wanted in expect.json:
        where = f"at {pointer!r}" if pointer else "as the whole"
        try:
            found = point(document, pointer)
            if found is None:
                yield f"expected {wanted} {where} of the JSON, got nothing there"
            elif not same(found.value, parse(wanted, "what is expected")):
                yield f"expected {wanted} {where} of the JSON, got {_shorten(spell_json(found.value))}"
        except Unreadable as error:
            yield str(error)


def spell_json(value: Json) -> str:
    """A JSON value as compact text. Raises Unreadable."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise Unreadable("what stands there is nested too deep") from error


def _spell_status(status: tuple[int, ...]) -> str:
    return "status " + " or ".join(str(one) for one in status)


def _shorten(came: str) -> str:
    one_line = " ".join(came.split())
    return one_line if len(one_line) <= _SHOWN else one_line[:_SHOWN] + " …"


def _with_detail(exchange: Exchange, detail: str) -> Exchange:
    return replace(exchange, detail="; ".join(filter(None, (exchange.detail, detail))))
