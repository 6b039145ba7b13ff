"""How frameworks declare routes, from routes.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["python", "javascript", "ruby"]
Form = Literal["decorator", "call", "block"]
Syntax = Literal["angle", "brace", "colon", "regex"]


@dataclass(frozen=True)
class Pattern:
    """One way in which a route is declared; the fields are described in routes.toml."""

    language: Language
    form: Form
    names: frozenset[str]
    method: str
    syntax: Syntax
    argument: int = 0
    keyword: str = ""
    receiver: re.Pattern[str] | None = None
    file: re.Pattern[str] | None = None
    source: re.Pattern[str] | None = None
    mount: re.Pattern[str] | None = None
    relative: bool = False
    arguments: int = 1
    tree: bool = False

    def suits(self, path: str, text: str) -> bool:
        """Whether a source at `path` with this text may declare routes in this way."""
        return (self.file is None or self.file.fullmatch(path) is not None) and (
            self.source is None or self.source.search(text) is not None
        )


@cache
def patterns() -> tuple[Pattern, ...]:
    """All of routes.toml; ValueError where it is wrong."""
    text = files("slim.coverage").joinpath("routes.toml").read_text(encoding="utf-8")
    return tuple(_pattern(table) for table in tomllib.loads(text)["route"])


def _pattern(table: dict[str, object]) -> Pattern:
    given = dict(table)
    for key, kind in (("language", Language), ("form", Form), ("syntax", Syntax)):
        if given.get(key) not in get_args(kind):
            raise ValueError(f"routes.toml: {key} = {given.get(key)!r} in {table}")
    for key in ("receiver", "file", "source", "mount"):
        if key in given:
            given[key] = re.compile(str(given[key]))
    given["names"] = frozenset(given["names"])  # type: ignore[call-overload]
    return Pattern(**given)  # type: ignore[arg-type]
