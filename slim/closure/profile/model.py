"""What a profile is: a rule as data. docs/profiles.md documents the format; `load` reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.rule import Part

MODES = ("traced", "closure", "package")
PARTS = tuple(part.value for part in Part)
RUNTIMES = ("bun", "deno", "dotnet", "java", "node", "perl", "php", "python", "ruby")

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

BOUND_BY = {
    "runtime": ("runtime",),
    "python_distribution": ("dist", "site"),
    "npm_package": ("folder",),
    "gem": ("folder",),
    "jar": ("folder",),
}
"""Condition → the placeholders that it gives a value to."""

GROWING = ("kept", "library", "symbol", "package", "static_program", "mentions")
"""Conditions that come to hold as more is kept."""


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
    """Globs over names, as in the three that follow."""
    npm_package: tuple[str, ...] = ()
    gem: tuple[str, ...] = ()
    jar: tuple[str, ...] = ()
    used: bool = True
    """Of the four above: code of it is kept; false: it is only there."""
    runtime: str = ""
    """One of RUNTIMES: its main file is kept."""
    symbol: tuple[str, ...] = ()
    """A kept ELF file names such a dynamic symbol."""
    static_program: bool = False
    """An ELF program without a dynamic section is kept."""
    mentions: tuple[str, ...] = ()
    """Regular expressions: the text of a kept file of the application matches."""


class Keep(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"without": "except"}):
    """What to keep, and why: paths, modules, commands, or several of them."""

    reason: str
    paths: tuple[str, ...] = ()
    """Globs."""
    modules: tuple[str, ...] = ()
    """Dotted names of Python modules, and globs over them."""
    commands: tuple[str, ...] = ()
    """Names of programs, looked up through the image's PATH."""
    without: tuple[str, ...] = ()
    """`except` in the file: globs of what `paths` and `modules` leave to others."""
    unowned: bool = False
    """Of `paths` only what no package owns."""
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


def fill(pattern: str, values: dict[str, str]) -> str | None:
    """`pattern` with its placeholders replaced, wildcards in the values taken literally; None where
    one of them has no value."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        text = values.get(match[1], "")
        missing = missing or not text
        return re.sub(r"([*?\[])", r"[\1]", text)

    filled = PLACEHOLDER.sub(value, pattern)
    return None if missing else filled
