"""Values that are taken from an answer, for later probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from http.cookiejar import CookieJar

from probes.exercise.content import Unreadable, header, parsed, point, text
from probes.exercise.exchange import Exchange, Result
from probes.exercise.expect import spell_json
from probes.exercise.parts import Capture
from probes.exercise.regex import Unsearchable, search

VALUE_LIMIT = 1 << 16
"""Bytes of a value: a command has it in its environment, where the kernel bounds it (execve(2))."""

_WHERE = {
    "header": "no header {0}",
    "cookie": "no cookie {0}",
    "json": "nothing at {0!r} of the JSON",
    "regex": "nothing that matches /{0}/",
    "html": "no form field or meta element named {0}",
}


def capture(
    captures: Sequence[Capture], exchange: Exchange, cookies: CookieJar
) -> tuple[Exchange, dict[str, str]]:
    """The variables that `captures` take from `exchange`, or from `cookies` that it or a redirect
    before it set; and `exchange`, UNEXPECTED where one of them finds nothing.

    Of an exchange that did not pass nothing is taken.
    """
    values: dict[str, str] = {}
    if not exchange.passed:
        return exchange, values
    missing = []
    for one in captures:
        found, why = _take(one, exchange, cookies)
        if found is None:
            missing.append(f"${{{one.variable}}} was not captured: the answer has {why}")
        elif "\0" in found or len(found.encode("utf-8", "surrogatepass")) > VALUE_LIMIT:
            why = "it holds a NUL character" if "\0" in found else f"it is longer than {VALUE_LIMIT} bytes"
            missing.append(f"${{{one.variable}}} was not captured: {why}")
        else:
            values[one.variable] = found
    if missing:
        detail = "; ".join(filter(None, (exchange.detail, *missing)))
        return replace(exchange, result=Result.UNEXPECTED, detail=detail), {}
    return exchange, values


def _take(one: Capture, exchange: Exchange, cookies: CookieJar) -> tuple[str | None, str]:
    """The value; else None and what the answer does not have."""
    absent = _WHERE[one.source].format(one.expression)
    try:
        match one.source:
            case "header":
                has = any(name.lower() == one.expression.lower() for name, _ in exchange.headers)
                return header(exchange, one.expression) if has else None, absent
            case "cookie":
                return _cookie(one.expression, exchange, cookies), absent
            case "json":
                found = point(parsed(exchange), one.expression)
                if found is None:
                    return None, absent
                return found.value if isinstance(found.value, str) else spell_json(found.value), absent
            case "regex":
                return _match(one.expression, text(exchange)), absent
            case "html":
                return form_field(text(exchange), one.expression), absent
    except (Unreadable, Unsearchable) as error:
        return None, f"{absent}: {error}"


def _cookie(name: str, exchange: Exchange, cookies: CookieJar) -> str | None:
    """As the answer sets it (RFC 6265, section 4.1.1), else as it is held for this site."""
    for key, value in exchange.headers:
        if key.lower() == "set-cookie":
            held, _, rest = value.partition("=")
            if held.strip() == name:
                return rest.partition(";")[0].strip()
    return next((one.value for one in cookies if one.name == name and one.value is not None), None)


def _match(pattern: str, came: str) -> str | None:
    found = search(pattern, (came,))
    return found.value if found else None


def form_field(page: str, name: str) -> str | None:
    """The value of the first field of that name in an HTML page: of an `input` or `button`, the text of
    a `textarea`, the selected (else first) `option` of a `select`; the content of a `meta` element, in
    which some frameworks put their CSRF token. None where there is none."""
    reader = _Fields(name)
    reader.feed(page)  # without close(), which looks at the rest once for each `<` in it
    return reader.value


class _Fields(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.value: str | None = None
        self._name = name
        self._inside = ""
        """The element whose content is the value: textarea or select."""
        self._selected = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._inside == "select" and tag == "option" and not self._selected:
            self._selected = "selected" in given
            if self.value is None or self._selected:
                self.value = given.get("value") or ""
        if self.value is not None or self._inside or given.get("name") != self._name:
            return
        if tag in ("input", "button"):
            self.value = given.get("value") or ""
        elif tag == "meta":
            self.value = given.get("content") or ""
        elif tag in ("textarea", "select"):
            self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside == "textarea":
            self.value = (self.value or "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            if tag == "textarea":  # a line break behind the start tag is none of it (WHATWG HTML, 4.10.11)
                self.value = (self.value or "").removeprefix("\n")
            self._inside = ""
