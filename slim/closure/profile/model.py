"""Profiles: rules as data. docs/profiles.md documents the format.

A profile is one TOML file: conditions (`[when]`), what it keeps (`[[keep]]`), and what it drops of
things that are otherwise kept whole (`[[drop]]`). This module reads and validates them;
`profile_rule` applies them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

import profiles as shipped
from slim.closure.rule import Part
from slim.errors import UsageError
from slim.oci.path import printable
from slim.oci.pattern import Pattern

DOCUMENTED = "see docs/profiles.md for the format"

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BOUND_BY = {
    "runtime": ("runtime",),
    "python_distribution": ("dist", "site"),
    "npm_package": ("folder",),
}
"""Condition → the placeholders that it gives a value to."""

_GROWING = ("kept", "library", "symbol", "package", "static_program")
"""Conditions that come to hold as more is kept."""

MODES = ("traced", "closure", "package")
PARTS = tuple(part.value for part in Part)


class Condition(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All keys that are given must hold; of a list, any one member."""

    kept: tuple[str, ...] = ()
    """Globs: a kept path matches."""
    library: tuple[str, ...] = ()
    """Globs over the last component of kept paths: `libssl.so.*`."""
    opened: tuple[str, ...] = ()
    """Globs: a file that the trace saw opened or executed matches."""
    exists: tuple[str, ...] = ()
    """Globs: the image holds such a path."""
    absent: tuple[str, ...] = ()
    """Globs: the image holds no such path, of any of them."""
    environment: tuple[str, ...] = ()
    """`NAME`, set and not empty, or `NAME=VALUE`, in the image's Env."""
    package: tuple[str, ...] = ()
    """Packages of the distribution of which a file is kept."""
    python_distribution: tuple[str, ...] = ()
    npm_package: tuple[str, ...] = ()
    used: bool = True
    """Of the two above: code of it was opened; false: it is only there."""
    runtime: str = ""
    """`python`, `node` or `java`: its main file is kept."""
    symbol: tuple[str, ...] = ()
    """A kept ELF file names such a dynamic symbol."""
    static_program: bool = False
    """An ELF program without a dynamic section is kept."""


class Keep(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"without": "except"}):
    """Globs of what to keep, and why."""

    paths: tuple[str, ...]
    reason: str
    without: tuple[str, ...] = ()
    """`except` in the file: globs of what this entry leaves to others."""
    unowned: bool = False
    """Only what no package owns."""
    when: Condition | None = None
    """Conditions of this entry alone, beside the profile's."""


class Drop(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Globs of what is not kept where it is only a part of something kept whole, and why."""

    paths: tuple[str, ...]
    reason: str
    of: tuple[str, ...] = PARTS
    """Which kinds of whole it applies to."""
    without: tuple[str, ...] = msgspec.field(default=(), name="except")
    leftover: bool = False
    """Only what a build certainly left behind: object files, and sources of a program beside them."""
    unless: Condition | None = None


class Profile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One profile."""

    name: str
    summary: str
    when: Condition = Condition()
    modes: tuple[str, ...] = ("closure", "package")
    """The keep modes that it takes part in."""
    keep: tuple[Keep, ...] = ()
    drop: tuple[Drop, ...] = ()

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition with its key, as the user would write it."""
        yield "when", self.when
        for number, keep in enumerate(self.keep):
            if keep.when is not None:
                yield f"keep[{number}].when", keep.when
        for number, drop in enumerate(self.drop):
            if drop.unless is not None:
                yield f"drop[{number}].unless", drop.unless

    def symbols(self) -> frozenset[str]:
        """The dynamic symbols that its conditions ask about."""
        return frozenset(symbol for _, condition in self.conditions() for symbol in condition.symbol)


_STRING_LISTS = ("python_distribution", "npm_package", "package", "kept", "library", "opened", "exists",
    "absent",
                 "environment", "symbol")  # fmt: skip


def parse_profile(text: str, origin: str) -> Profile:
    """Read one profile; `origin` is the file's name, for errors.

    Raises UsageError that names the file, the key and the remedy.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(origin, "", str(error), "mend the TOML") from error
    try:
        profile = msgspec.convert(_lists(raw), Profile)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at `")
        raise _wrong(origin, _key(at, message), message, DOCUMENTED) from error
    _check(profile, origin)
    return profile


def builtin_profiles() -> tuple[Profile, ...]:
    """The profiles that come with slim, by name."""
    return tuple(parse_profile(text, f"profiles/{file}") for file, text in shipped.texts())


def _wrong(origin: str, key: str, cause: str, remedy: str) -> UsageError:
    where = f"{printable(origin)}, key {key}" if key else printable(origin)
    return UsageError(f"the profile {where} is wrong", cause=cause, remedy=remedy)


def _key(at: str, message: str) -> str:
    """`$.when` and the unknown field in the message, as the user would write them."""
    key = at.rstrip("`").removeprefix("$").lstrip(".")
    named = re.search(r"field `([^`]+)`", message)
    return ".".join(part for part in (key, named[1] if named else "") if part)


def _lists(value: Any) -> Any:
    """A single string where a list of strings is meant."""
    if isinstance(value, dict):
        return {
            key: [inner]
            if key in (*_STRING_LISTS, "paths", "except", "of", "modes") and isinstance(inner, str)
            else _lists(inner)
            for key, inner in value.items()
        }
    return [_lists(inner) for inner in value] if isinstance(value, list) else value


def _check(profile: Profile, origin: str) -> None:
    """What the types alone do not say."""
    binders = [key for key in _BOUND_BY if getattr(profile.when, key)]
    if len(binders) > 1:
        raise _wrong(origin, "when", f"{' and '.join(binders)} together", "keep one of them")
    bound = {"home", *(name for key in binders for name in _BOUND_BY[key])}
    for where, patterns, values in _patterns(profile, bound):
        for pattern in patterns:
            _check_pattern(pattern, values, origin, where)
    for mode in profile.modes:
        if mode not in MODES:
            raise _wrong(origin, "modes", f"no such mode: {mode}", f"use {', '.join(MODES)}")
    for number, drop in enumerate(profile.drop):
        unknown = [part for part in drop.of if part not in PARTS]
        if unknown:
            raise _wrong(
                origin, f"drop[{number}].of", f"no such part: {unknown[0]}", f"use {', '.join(PARTS)}"
            )
    growing = [key for key in _GROWING if profile.drop and getattr(profile.when, key)]
    if growing:
        cause = "a profile that drops cannot depend on what is kept"
        remedy = "move the [[drop]] to a profile of its own, or use opened or exists"
        raise _wrong(origin, f"when.{growing[0]}", cause, remedy)


def _patterns(profile: Profile, bound: set[str]) -> Iterator[tuple[str, tuple[str, ...], set[str]]]:
    """Every key with globs, its globs, and the placeholders that have a value there."""
    for number, keep in enumerate(profile.keep):
        yield f"keep[{number}].paths", keep.paths, bound
        yield f"keep[{number}].except", keep.without, bound
    for number, drop in enumerate(profile.drop):
        yield f"drop[{number}].paths", drop.paths, bound
        yield f"drop[{number}].except", drop.without, bound
    for where, condition in profile.conditions():
        for key in ("kept", "opened", "exists", "absent"):
            yield f"{where}.{key}", getattr(condition, key), set()


def _check_pattern(pattern: str, bound: set[str], origin: str, where: str) -> None:
    for placeholder in _PLACEHOLDER.findall(pattern):
        if placeholder not in bound and not (bound and placeholder.startswith("env:")):
            known = ", ".join(f"{{{name}}}" for name in sorted(bound | {"env:NAME"})) if bound else "none"
            raise _wrong(origin, where, f"nothing gives {{{placeholder}}} a value", f"known here: {known}")
    try:
        Pattern.parse(
            _PLACEHOLDER.sub("/x", pattern) if pattern.startswith("{") else _PLACEHOLDER.sub("x", pattern)
        )
    except UsageError as error:
        raise _wrong(origin, where, str(error), error.remedy) from error


def fill(pattern: str, values: dict[str, str]) -> str | None:
    """`pattern` with its placeholders replaced, wildcards in the values taken literally; None where
    one of them has no value."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        text = values.get(match[1], "")
        missing = missing or not text
        return re.sub(r"([*?\[])", r"[\1]", text)

    filled = _PLACEHOLDER.sub(value, pattern)
    return None if missing else filled
