"""A condition of a profile under observation: it may come to hold as more is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.pydist import normal
from slim.closure.passwd import home_of
from slim.closure.profile.glob import Globs, NameGlobs
from slim.closure.profile.model import Condition, fill
from slim.closure.profile.sight import Sight
from slim.closure.rule import Context
from slim.oci.path import ImagePath

Values = dict[str, str]

ECOSYSTEMS = {
    "python_distribution": Ecosystem.PYTHON,
    "npm_package": Ecosystem.NPM,
    "gem": Ecosystem.GEM,
    "jar": Ecosystem.JAR,
}
"""Condition → whose packages it is about."""

_GROWS = ("kept", "library", "package", "symbol", "static_program", "mentions")


@dataclass(frozen=True)
class Binding:
    """One thing that a condition is about, with the values that it gives to placeholders."""

    values: tuple[Values, ...]
    package: Package | None = None
    runtime: ImagePath | None = None
    """Its main file."""


class Watch:
    """One condition for one binding; it holds once everything that it asks for was seen."""

    def __init__(self, condition: Condition, binding: Binding, context: Context) -> None:
        self.values = binding.values
        self._condition = condition
        self._binding = binding
        self._kept = Globs(condition.kept, context.tree)
        self._library = NameGlobs(condition.library)
        self._missing = {key for key in _GROWS if getattr(condition, key)}
        if binding.runtime is not None:
            self._missing.add("runtime")
        if binding.package is not None and condition.used:
            self._missing.add("used")

    def sees(self, sight: Sight) -> bool:
        """Take in what was seen of newly kept paths; whether the condition holds now."""
        self._missing = {key for key in self._missing if not self._shows(key, sight)}
        return not self._missing

    def _shows(self, key: str, sight: Sight) -> bool:
        wanted = self._condition
        if key == "kept":
            return any(map(self._kept.match, sight.paths))
        if key == "library":
            return any(map(self._library.match, sight.names))
        if key == "static_program":
            return bool(sight.static)
        if key == "runtime":
            return self._binding.runtime in sight.runtimes
        if key == "used":
            return self._binding.package in sight.code
        seen = {"package": sight.system, "symbol": sight.symbols, "mentions": sight.mentioned}[key]
        return not seen.isdisjoint(getattr(wanted, key))


def watches(wanted: Condition, context: Context) -> list[Watch]:
    """One for each thing that the condition may be about; none where the image and the trace say
    once and for all that it cannot hold."""
    if not _fixed(wanted, context):
        return []
    return [Watch(wanted, binding, context) for binding in bindings(wanted, context)]


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


def bindings(wanted: Condition, context: Context) -> tuple[Binding, ...]:
    """What of the image a condition may be about; itself alone where it names no kind of thing."""
    common: Values = {f"env:{key}": value for key, value in context.launch.environment.items()}
    common["home"] = home_of(context.launch.user, context.tree)
    if wanted.runtime:
        runtimes = [runtime for runtime in context.owners.runtimes if runtime.language == wanted.runtime]
        return tuple(Binding((common | {"runtime": r.home},), runtime=r.marker) for r in runtimes)
    for key, ecosystem in ECOSYSTEMS.items():
        names: tuple[str, ...] = getattr(wanted, key)
        if names:
            return tuple(
                Binding(tuple(common | values for values in _values(package, context)), package)
                for package in _installed(names, ecosystem, context)
            )
    return (Binding((common,)),)


def _installed(names: Sequence[str], ecosystem: Ecosystem, context: Context) -> list[Package]:
    comparable = normal if ecosystem is Ecosystem.PYTHON else str
    globs = NameGlobs(map(comparable, names))
    installed = context.owners.installed(ecosystem)
    return [package for package in installed if globs.match(comparable(package.name))]


def _values(package: Package, context: Context) -> Iterator[Values]:
    """{folder}; of a Python distribution {site}, and {dist} once for each of its top-level folders."""
    site = package.folder or ""
    if package.ecosystem is not Ecosystem.PYTHON:
        yield {"folder": site}
        return
    tops = {
        path[len(site) + 1 :].partition("/")[0]
        for path in context.owners.files(package)
        if path.startswith(site + "/") and "/" in path[len(site) + 1 :]
    }
    folders = [top for top in sorted(tops) if not top.endswith((".dist-info", ".egg-info", "__pycache__"))]
    yield from ({"site": site, "dist": f"{site}/{top}"} for top in folders)
    if not folders:
        yield {"site": site}


def filled(patterns: Iterable[str], values: Values) -> list[str]:
    """Patterns with their placeholders replaced; those without a value are passed over."""
    return [text for pattern in patterns if (text := fill(pattern, values)) is not None]
