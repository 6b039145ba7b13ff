"""Applying profiles: their conditions are asked whenever the other rules have come to rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slim.closure.application.leftover import Leftovers
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.pydist import normal
from slim.closure.packages.used import used_packages
from slim.closure.passwd import home_of
from slim.closure.profile.model import Condition, Drop, Keep, Profile, fill
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ImagePath, name
from slim.oci.pattern import Pattern
from slim.oci.tree import Tree
from slim.plan import Unresolved

Values = dict[str, str]


class Globs:
    """Patterns that a path is matched against, compiled together."""

    def __init__(self, patterns: Iterable[str], tree: Tree) -> None:
        joined = "|".join(Pattern.parse(pattern).expression(tree) for pattern in dict.fromkeys(patterns))
        self._expression = re.compile(joined or "(?!)", re.DOTALL)

    def match(self, path: str) -> bool:
        return self._expression.fullmatch(path) is not None


def _names(patterns: Iterable[str]) -> re.Pattern[str]:
    """Globs over one component, compiled together."""
    joined = "|".join(
        "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in pattern)
        for pattern in patterns
    )
    return re.compile(joined or "(?!)")


@dataclass
class _Watch:
    """A condition under observation: what of it still depends on paths yet to be kept."""

    condition: Condition
    context: Context
    missing: set[str] = field(default_factory=set)
    matchers: dict[str, Globs | re.Pattern[str]] = field(default_factory=dict)
    bindings: tuple[Values, ...] = ({},)
    possible: bool = True

    def __post_init__(self) -> None:
        wanted, tree = self.condition, self.context.tree
        self.bindings = _bindings(wanted, self.context)
        self.possible = bool(self.bindings) and _fixed(wanted, self.context)
        if wanted.kept:
            self.matchers["kept"] = Globs(wanted.kept, tree)
        if wanted.library:
            self.matchers["library"] = _names(wanted.library)
        self.missing = {
            key
            for key in ("kept", "library", "package", "symbol", "static_program", "runtime")
            if getattr(wanted, key)
        }

    def sees(self, fresh: Sequence[ImagePath]) -> bool:
        """Take in newly kept paths; whether the condition holds now."""
        if self.possible:
            for key in sorted(self.missing):
                if any(self._matches(key, path) for path in fresh):
                    self.missing.discard(key)
        return self.possible and not self.missing

    def _matches(self, key: str, path: ImagePath) -> bool:
        context, wanted = self.context, self.condition
        if key == "kept":
            matcher = self.matchers["kept"]
            return isinstance(matcher, Globs) and matcher.match(path)
        if key == "library":
            matcher = self.matchers["library"]
            return isinstance(matcher, re.Pattern) and matcher.fullmatch(name(path)) is not None
        if key == "runtime":
            return any(r.marker == path for r in context.owners.runtimes if r.language == wanted.runtime)
        if key == "package":
            package = context.owners.system_owner(path)
            return package is not None and package.name in wanted.package
        facts = context.elf(path)
        if facts is None:
            return False
        if key == "symbol":
            return not facts.is_libc(name(path)) and not facts.symbols.isdisjoint(wanted.symbol)
        return facts.is_program and not facts.needed and not facts.interpreter

    def values(self) -> tuple[Values, ...]:
        """The bindings that hold; of a runtime only those whose main file is kept."""
        if self.condition.runtime:
            kept = {r.home for r in self.context.owners.runtimes if r.marker in self.context.kept}
            return tuple(values for values in self.bindings if values["runtime"] in kept)
        return self.bindings


def _fixed(wanted: Condition, context: Context) -> bool:
    """The parts that the image and the trace decide once and for all."""
    environment = context.launch.environment
    if wanted.environment and not any(_is_set(text, environment) for text in wanted.environment):
        return False
    if wanted.exists and not any(next(context.tree.glob(glob), None) for glob in wanted.exists):
        return False
    if any(next(context.tree.glob(glob), None) for glob in wanted.absent):
        return False
    if wanted.opened:
        globs = Globs(wanted.opened, context.tree)
        return any(globs.match(path) for path in context.observed.opened)
    return True


def _is_set(text: str, environment: Mapping[str, str]) -> bool:
    variable, equals, value = text.partition("=")
    known = environment.get(variable, "")
    return known == value if equals else bool(known)


def _bindings(wanted: Condition, context: Context) -> tuple[Values, ...]:
    common: Values = {f"env:{key}": value for key, value in context.launch.environment.items()}
    common["home"] = home_of(context.launch.user, context.tree)
    if wanted.runtime:
        runtimes = [r for r in context.owners.runtimes if r.language == wanted.runtime]
        return tuple(common | {"runtime": runtime.home} for runtime in runtimes)
    if wanted.python_distribution:
        packages = _packages(wanted.python_distribution, Ecosystem.PYTHON, wanted.used, context)
        return tuple(common | values for package in packages for values in _modules(package, context))
    if wanted.npm_package:
        packages = _packages(wanted.npm_package, Ecosystem.NPM, True, context)
        return tuple(common | {"folder": package.folder or ""} for package in packages)
    return (common,)


def _packages(names: Sequence[str], ecosystem: Ecosystem, used: bool, context: Context) -> list[Package]:
    pool: Iterable[Package] = used_packages(context)
    if not used:
        pool = context.owners.distributions
    wanted = {normal(text) for text in names}
    return sorted(p for p in pool if p.ecosystem is ecosystem and normal(p.name) in wanted)


def _modules(package: Package, context: Context) -> list[Values]:
    """{site}, and {dist} once for each top-level folder of the distribution."""
    site = package.folder or ""
    tops = {
        path[len(site) + 1 :].split("/")[0]
        for path in context.owners.files(package)
        if path.startswith(site + "/") and "/" in path[len(site) + 1 :]
    }
    return [
        {"site": site, "dist": f"{site}/{top}"}
        for top in sorted(tops)
        if not top.endswith((".dist-info", ".egg-info", "__pycache__"))
    ] or [{"site": site}]


class ProfileRule:
    """The keeps of every profile whose conditions hold."""

    def __init__(self, profiles: Sequence[Profile], context: Context) -> None:
        self._pending = [(_Watch(profile.when, context), profile) for profile in profiles if profile.keep]
        self._entries: list[tuple[_Watch, Profile, Keep, tuple[Values, ...]]] = []
        self._seen: list[ImagePath] = []

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Iterator[Need | Unresolved]:
        """What profiles keep of which the last condition came to hold with `fresh`."""
        self._seen += fresh
        waiting = []
        for watch, profile in self._pending:
            if not watch.sees(fresh):
                if watch.possible:
                    waiting.append((watch, profile))
                continue
            for keep in profile.keep:
                inner = _Watch(keep.when or Condition(), context)
                inner.sees(self._seen)
                self._entries.append((inner, profile, keep, watch.values()))
        self._pending = waiting
        open_entries = []
        for inner, profile, keep, values in self._entries:
            if inner.sees(fresh):
                yield from _kept(profile, keep, values, context)
            elif inner.possible:
                open_entries.append((inner, profile, keep, values))
        self._entries = open_entries


def _kept(profile: Profile, keep: Keep, values: tuple[Values, ...], context: Context) -> Iterator[Need]:
    for binding in values:
        without = Globs(_filled(keep.without, binding), context.tree)
        for pattern in _filled(keep.paths, binding):
            for path in context.tree.glob(pattern):
                if keep.unowned and context.owners.owner(path) is not None:
                    continue
                if not without.match(path):
                    yield Need(path, f"profile:{profile.name}", keep.reason, part_of=Part.PROFILE)


def _filled(patterns: Iterable[str], values: Values) -> list[str]:
    return [filled for pattern in patterns if (filled := fill(pattern, values)) is not None]


@dataclass(frozen=True)
class _Dropping:
    profile: str
    drop: Drop
    globs: Globs
    without: Globs
    watch: _Watch | None


class Drops:
    """What profiles withhold of things that are kept whole."""

    def __init__(self, profiles: Sequence[Profile], context: Context) -> None:
        self._rules: list[_Dropping] = []
        self._freed: set[int] = set()
        self._leftovers = Leftovers(context)
        for profile in profiles:
            when = _Watch(profile.when, context)
            if not (profile.drop and when.possible):
                continue
            for drop in profile.drop:
                patterns = [text for values in when.bindings for text in _filled(drop.paths, values)]
                without = [text for values in when.bindings for text in _filled(drop.without, values)]
                watch = _Watch(drop.unless, context) if drop.unless else None
                if watch is not None and watch.sees(()):
                    continue
                self._rules.append(
                    _Dropping(
                        profile.name, drop, Globs(patterns, context.tree), Globs(without, context.tree), watch
                    )
                )

    def withheld_by(self, path: ImagePath, part: Part) -> int | None:
        """The number of the first drop that withholds `path`; None where none does."""
        for number, rule in enumerate(self._rules):
            if number in self._freed or part.value not in rule.drop.of:
                continue
            if not rule.globs.match(path) or rule.without.match(path):
                continue
            if not rule.drop.leftover or self._leftovers.is_leftover(path):
                return number
        return None

    def reason(self, number: int) -> str:
        rule = self._rules[number]
        return f"{rule.drop.reason} (profile {rule.profile})"

    def released(self, fresh: tuple[ImagePath, ...]) -> frozenset[int]:
        """Drops whose `unless` came to hold with `fresh`; they withhold nothing from now on."""
        freed = set()
        for number, rule in enumerate(self._rules):
            watch = rule.watch
            if watch is not None and number not in self._freed and watch.possible and watch.sees(fresh):
                freed.add(number)
        self._freed |= freed
        return frozenset(freed)
