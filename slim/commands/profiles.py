"""`slim profiles`: which profiles there are, what each keeps and drops, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from slim.closure.profile.model import Condition
from slim.commands.options import profile_option
from slim.commands.own_profiles import SHIPPED, Origin, all_profiles, unknown_profile
from slim.report.profile_model import ProfileReport, Profiles
from slim.report.sizes import count_text
from slim.report.write import json_text

JSON_VERSION = 1

_WORDS = {
    "kept": "a kept path matches {}",
    "library": "a kept file is called {}",
    "opened": "a traced run opened {}",
    "exists": "the image holds {}",
    "absent": "the image does not hold {}",
    "environment": "the environment sets {}",
    "package": "a file of the package {} is kept",
    "python_distribution": "code of the Python distribution {} is kept",
    "npm_package": "code of the npm package {} is kept",
    "gem": "code of the gem {} is kept",
    "jar": "the Java archive {} is kept",
    "runtime": "the runtime {} is kept",
    "symbol": "a kept program or library names the symbol {}",
    "static_program": "a statically linked program is kept",
    "mentions": "the application's text matches {}",
}
"""Condition → what it says, for people."""


@click.command()
@click.argument("name", required=False)
@profile_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def profiles(name: str | None, profile: tuple[Path, ...], as_json: bool) -> None:
    """List the profiles: what of the image is kept, or dropped, under which conditions.

    Those that come with slim, those of the folder .slim/profiles and those that --profile names; of one
    name the last counts. With NAME, one of them in full.

    \b
    slim profiles
    slim profiles certificates
    slim profiles mine --profile mine.toml
    """
    found = all_profiles(profile)
    if name is not None:
        known = {origin.profile.name: origin for origin in found}
        if name not in known:
            raise unknown_profile(name, known, "")
        found = (known[name],)
    if as_json:
        click.echo(json_text(Profiles(JSON_VERSION, tuple(map(_report, found)))), nl=False)
    elif name is not None:
        click.echo("\n".join(explained(found[0])))
    else:
        click.echo("\n".join(listed(found)))


def _report(origin: Origin) -> ProfileReport:
    one = origin.profile
    return ProfileReport(
        one.name, one.summary, origin.file, origin.replaces, one.modes, one.when, one.keep, one.drop
    )


def listed(found: tuple[Origin, ...]) -> Iterator[str]:
    """Two lines a profile: name and summary; its conditions, and its file where it is the user's."""
    width = max(len(origin.profile.name) for origin in found)
    for origin in found:
        one = origin.profile
        yield f"{one.name:<{width}}  {one.summary}"
        by_entry = any(entry.when is not None for entry in one.keep)
        told = ["by conditions of its entries" if by_entry else "always"]
        if one.when != Condition():
            told = ["when " + " and ".join(_conditions(one.when))]
        if origin.file != SHIPPED:
            told.append(_origin(origin))
        yield f"{'':<{width}}  {'; '.join(told)}"


def explained(origin: Origin) -> Iterator[str]:
    """Everything that a profile says."""
    one = origin.profile
    yield f"{one.name}: {one.summary}"
    yield _origin(origin)
    yield f"with --keep {', '.join(one.modes)}"
    conditions = _conditions(one.when)
    yield "when " + "\n  and ".join(conditions) if conditions else "always"
    for keep in one.keep:
        yield ""
        yield f"keeps: {keep.reason}"
        yield from _values("paths", keep.paths)
        yield from _values("modules", keep.modules)
        yield from _values("commands", keep.commands)
        yield from _values("except", keep.without)
        if keep.unowned:
            yield "  only what no package owns"
        if keep.when is not None:
            yield "  when " + "\n    and ".join(_conditions(keep.when))
    for drop in one.drop:
        yield ""
        yield f"drops: {drop.reason}"
        yield from _values("paths", drop.paths)
        yield from _values("except", drop.without)
        yield f"  as a part of: {', '.join(drop.of)}"
        if drop.leftover:
            yield "  only what a build certainly left behind"
        if drop.unless is not None:
            yield "  unless " + "\n    and ".join(_conditions(drop.unless))


def _origin(origin: Origin) -> str:
    replaces = f", replaces the one {origin.replaces}" if origin.replaces else ""
    return origin.file if origin.file == SHIPPED else f"from {origin.file}{replaces}"


def _values(key: str, values: tuple[str, ...]) -> Iterator[str]:
    if values:
        yield f"  {key} ({count_text(len(values), 'entry', 'entries')}):"
        yield from (f"    {value}" for value in values)


def _conditions(condition: Condition) -> list[str]:
    """Each key that is given, as a sentence."""
    told = []
    given: dict[str, Any] = msgspec.structs.asdict(condition)
    for key, words in _WORDS.items():
        value = given[key]
        if not value:
            continue
        names = value if isinstance(value, tuple) else (str(value),)
        text = words.format(" or ".join(names))
        if not condition.used and key in ("python_distribution", "npm_package", "gem", "jar"):
            text = text.replace("code of ", "").replace("is kept", "is installed")
        told.append(text)
    return told
