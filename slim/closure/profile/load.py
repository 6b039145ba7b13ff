"""Reading and checking profiles: TOML files of the form that docs/profiles.md documents."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

import profiles as shipped
from slim.closure.profile.model import (
    BOUND_BY,
    GROWING,
    MODES,
    PARTS,
    PLACEHOLDER,
    RUNTIMES,
    Condition,
    Drop,
    Keep,
    Profile,
)
from slim.errors import UsageError
from slim.oci.path import printable
from slim.oci.pattern import Pattern

DOCUMENTED = "see docs/profiles.md for the format"

_STRING_LISTS = frozenset(
    ("kept", "library", "opened", "exists", "absent", "environment", "package", "python_distribution",
     "npm_package", "gem", "jar", "symbol", "mentions", "paths", "modules", "commands", "except", "of",
     "modes")
)  # fmt: skip
"""Keys whose value is a list of strings; a single string will do."""

_MODULE = re.compile(r"[\w*?]+(\.[\w*?]+)*")
_COMMAND = re.compile(r"[^/*?\[\s]+")


def parse_profile(text: str, origin: str) -> Profile:
    """Read one profile; `origin` is the file's name, for errors.

    Raises UsageError that names the file, the key and the remedy.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(origin, "", str(error), "mend the TOML") from error
    except RecursionError as error:
        raise _wrong(origin, "", "it is nested too deeply", DOCUMENTED) from error
    try:
        profile = msgspec.convert(_lists(raw), Profile)
    except RecursionError as error:
        raise _wrong(origin, "", "it is nested too deeply", DOCUMENTED) from error
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at `")
        raise _wrong(origin, _key(at, message), message, _remedy(at, message)) from error
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


def _remedy(at: str, message: str) -> str:
    """For a key that is unknown, those that there are."""
    if "unknown field" not in message:
        return DOCUMENTED
    table = re.split(r"[.\[]", at.rstrip("`]0123456789[").rstrip("."))[-1]
    of: Any = {"when": Condition, "unless": Condition, "keep": Keep, "drop": Drop}.get(table, Profile)
    keys = ", ".join(sorted(field.encode_name for field in msgspec.structs.fields(of)))
    return f"{f'[{table}]' if of is not Profile else 'a profile'} knows {keys}; {DOCUMENTED}"


def _lists(value: Any) -> Any:
    """A single string where a list of strings is meant."""
    if isinstance(value, dict):
        return {
            key: [inner] if key in _STRING_LISTS and isinstance(inner, str) else _lists(inner)
            for key, inner in value.items()
        }
    return [_lists(inner) for inner in value] if isinstance(value, list) else value


def _check(profile: Profile, origin: str) -> None:
    """What the types alone do not say."""
    binders = [key for key in BOUND_BY if getattr(profile.when, key)]
    if len(binders) > 1:
        raise _wrong(origin, "when", f"{' and '.join(binders)} together", "keep one of them")
    for mode in profile.modes:
        if mode not in MODES:
            raise _wrong(origin, "modes", f"no such mode: {mode}", f"use {', '.join(MODES)}")
    bound = {"home", *(name for key in binders for name in BOUND_BY[key])}
    for where, patterns, values in _patterns(profile, bound):
        for pattern in patterns:
            _check_pattern(pattern, values, origin, where)
    _check_keeps(profile, origin)
    _check_drops(profile, origin)
    _check_conditions(profile, origin)


def _check_keeps(profile: Profile, origin: str) -> None:
    for number, keep in enumerate(profile.keep):
        if not (keep.paths or keep.modules or keep.commands):
            remedy = "give it paths, modules or commands"
            raise _wrong(origin, f"keep[{number}]", "it keeps nothing", remedy)
        for module in keep.modules:
            if not _MODULE.fullmatch(module):
                remedy = "write a dotted name; * stands for a part of it, ** for any number of parts"
                raise _wrong(origin, f"keep[{number}].modules", f"{module!r} names no module", remedy)
        for command in keep.commands:
            if not _COMMAND.fullmatch(command):
                remedy = "write the name alone; a program with a path of its own goes into paths"
                raise _wrong(origin, f"keep[{number}].commands", f"{command!r} names no command", remedy)


def _check_drops(profile: Profile, origin: str) -> None:
    for number, drop in enumerate(profile.drop):
        unknown = [part for part in drop.of if part not in PARTS]
        if unknown:
            cause = f"no such part: {unknown[0]}"
            raise _wrong(origin, f"drop[{number}].of", cause, f"use {', '.join(PARTS)}")
    growing = [key for key in GROWING if profile.drop and getattr(profile.when, key)]
    if growing:
        cause = "a profile that drops cannot depend on what is kept"
        remedy = "move the [[drop]] to a profile of its own, or use opened or exists"
        raise _wrong(origin, f"when.{growing[0]}", cause, remedy)


def _check_conditions(profile: Profile, origin: str) -> None:
    for where, condition in profile.conditions():
        if condition.runtime and condition.runtime not in RUNTIMES:
            cause = f"no such runtime: {condition.runtime}"
            raise _wrong(origin, f"{where}.runtime", cause, f"use {', '.join(RUNTIMES)}")
        for text in condition.mentions:
            try:
                re.compile(text.encode("utf-8", "surrogateescape"))
            except (re.error, RecursionError) as error:
                remedy = "mend the regular expression, as Python's re understands it"
                raise _wrong(origin, f"{where}.mentions", f"{text!r}: {error}", remedy) from error


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
    for placeholder in PLACEHOLDER.findall(pattern):
        if placeholder not in bound and not (bound and placeholder.startswith("env:")):
            known = ", ".join(f"{{{name}}}" for name in sorted(bound | {"env:NAME"})) if bound else "none"
            raise _wrong(origin, where, f"nothing gives {{{placeholder}}} a value", f"known here: {known}")
    try:
        Pattern.parse(
            PLACEHOLDER.sub("/x", pattern) if pattern.startswith("{") else PLACEHOLDER.sub("x", pattern)
        )
    except UsageError as error:
        raise _wrong(origin, where, str(error), error.remedy) from error
