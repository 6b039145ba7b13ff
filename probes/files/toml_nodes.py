"""TOML as nodes. tomllib tells no places, so a scanner finds them in text that tomllib has accepted."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from probes.files.nodes import Mapping, Node, Place, Problems, Scalar, Sequence
from probes.files.problems import Key

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL),
    re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
"""TOML 1.0: multi-line before single-line ones, which their quotes begin with."""
_OTHER_VALUE = re.compile(r"[^,\]}#\n]+")
_AT = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


class _Float(float):
    """A number that remembers how it was written."""

    text = ""


def _float(text: str) -> _Float:
    number = _Float(text)
    number.text = text
    return number


def parse_toml(text: str, problems: Problems) -> Node | None:
    """The file's top table; None where it is no TOML, which `problems` gets."""
    text = text.replace("\r\n", "\n")
    try:
        table = tomllib.loads(text, parse_float=_float)
        scanner = _Scanner(text)
        scanner.scan()
        return _convert(table, (), scanner.places)
    except tomllib.TOMLDecodeError as error:
        match = _AT.match(str(error))
        cause, line, column = match.groups() if match else (str(error), None, None)
        place = (int(line), int(column)) if line and column else (text.count("\n") + 1, 1)
        problems.add((), cause, "mend the TOML", place)
    except ValueError as error:  # a number with more digits than Python reads
        problems.add((), str(error).partition(";")[0], "write a smaller number", (1, 1))
    except RecursionError:
        problems.add((), "it is nested too deeply", "make it flatter", (1, 1))
    return None


def _convert(value: Any, key: Key, places: dict[Key, Place]) -> Node:
    around = key
    while around and around not in places:
        around = around[:-1]
    place = places.get(around, (1, 1))
    if isinstance(value, dict):
        return Mapping(
            tuple(
                (name, places.get((*key, name), place), _convert(inner, (*key, name), places))
                for name, inner in value.items()
            ),
            place,
        )
    if isinstance(value, list):
        return Sequence(tuple(_convert(one, (*key, i), places) for i, one in enumerate(value)), place)
    if isinstance(value, datetime | date | time):
        return Scalar(value.isoformat(), value.isoformat(), place)
    text = (
        value.text
        if isinstance(value, _Float)
        else str(value).lower()
        if value in (True, False)
        else str(value)
    )
    return Scalar(value, text, place)


class _Scanner:
    """Finds where each key and each member of an array stands."""

    def __init__(self, text: str) -> None:
        self.places: dict[Key, Place] = {}
        self._text = text
        self._at = 0
        self._members: dict[Key, int] = {}
        """Arrays of tables → how many tables there are so far."""
        self._line = 1
        self._counted = 0

    def scan(self) -> None:
        """All of the text, which is valid TOML."""
        table: Key = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._text.startswith("[", self._at):
                table = self._header(1)
            else:
                self._pair(table)

    def _header(self, brackets: int) -> Key:
        place = self._place()
        self._at += brackets
        *outer, last = self._dotted()
        self._at += brackets
        key = (*self._resolve(tuple(outer)), last)
        if brackets == 2:
            self.places.setdefault(key, place)
            self._members[key] = self._members.get(key, 0) + 1
        key = self._resolve_last(key)
        self.places[key] = place
        return key

    def _resolve(self, names: tuple[str, ...]) -> Key:
        """The key of a table's name: of an array of tables, its last member."""
        key: Key = ()
        for name in names:
            key = self._resolve_last((*key, name))
        return key

    def _resolve_last(self, key: Key) -> Key:
        return (*key, self._members[key] - 1) if key in self._members else key

    def _pair(self, table: Key) -> None:
        place = self._place()
        key = table
        for name in self._dotted():
            key = (*key, name)
            self.places.setdefault(key, place)
        self._at += 1  # the =
        self._skip(_SPACES)
        self._value(key)

    def _dotted(self) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            self._skip(_SPACES)
            if self._text[self._at] in "\"'":
                names.append(tomllib.loads("key = " + self._string())["key"])
            else:
                names.append(self._take(_BARE_KEY))
            self._skip(_SPACES)
            if self._text[self._at] != ".":
                return tuple(names)
            self._at += 1

    def _value(self, key: Key) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(key)
        elif first == "{":
            self._inline_table(key)
        else:
            self._take(_OTHER_VALUE)

    def _array(self, key: Key) -> None:
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self.places[(*key, index)] = self._place()
            self._value((*key, index))
            index += 1
        self._at += 1

    def _inline_table(self, key: Key) -> None:
        self._at += 1
        while self._text[self._skip(_BLANK)] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(key)
        self._at += 1

    def _string(self) -> str:
        for pattern in _STRINGS:
            if match := pattern.match(self._text, self._at):
                self._at = match.end()
                return match[0]
        raise AssertionError("tomllib accepted a string that is none")

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match  # noqa: S101 - tomllib accepted the text
        self._at = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern)
        return self._at

    def _place(self) -> Place:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line, self._at - self._text.rfind("\n", 0, self._at)
