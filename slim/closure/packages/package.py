"""A package that files of an image belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from slim.oci.path import ImagePath
from slim.plan import Owner


class Ecosystem(Enum):
    """Who installed it."""

    DPKG = "dpkg"
    APK = "apk"
    RPM = "rpm"
    CONDA = "conda"
    PYTHON = "python"
    NPM = "npm"
    GEM = "gem"
    JAR = "jar"
    RUNTIME = "runtime"
    """A language runtime that no package manager knows."""

    def __lt__(self, other: Ecosystem) -> bool:
        return self.value < other.value


LANGUAGES = frozenset({Ecosystem.PYTHON, Ecosystem.NPM, Ecosystem.GEM, Ecosystem.JAR})
"""Packages of an application's language, as opposed to the distribution's."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One installed package."""

    ecosystem: Ecosystem
    name: str
    version: str = ""
    source: str = ""
    """The source package that it was built from; packages of one source belong together."""
    depends: tuple[str, ...] = ()
    """Names of the packages that it cannot do without, sorted."""
    essential: bool = False
    """A base package of many small tools, like coreutils: never an application as a whole."""
    folder: ImagePath | None = None
    """Where it is, for packages that are a folder or live in one (site-packages); None else."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that a package database, or a package's own list, claims and that cannot be so."""

    path: ImagePath
    """The file that could not be read, or not all of it."""
    detail: str
    """For people."""


def told(owners: Mapping[ImagePath, Package]) -> dict[ImagePath, Owner]:
    """`owners` as a plan tells them, in the same order."""
    named: dict[int, Owner] = {}  # by identity, which is quick: a package's files mostly share one value
    for package in owners.values():
        if id(package) not in named:
            named[id(package)] = Owner(package.ecosystem.value, package.name, package.version)
    return {path: named[id(package)] for path, package in owners.items()}
