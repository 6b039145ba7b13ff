"""Packages that a user names: of any ecosystem, with wildcards."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from slim.closure.packages.owners import Owners
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.pydist import normal
from slim.closure.profile.glob import NameGlobs
from slim.errors import UsageError
from slim.oci.path import printable

_ALSO = {"pypi": Ecosystem.PYTHON, "deb": Ecosystem.DPKG, "java": Ecosystem.JAR, "maven": Ecosystem.JAR}
"""Other names of ecosystems."""
_PREFIXES = {ecosystem.value: ecosystem for ecosystem in Ecosystem} | _ALSO


def named(wanted: str, owners: Owners) -> tuple[Package, ...]:
    """The packages that `NAME` or `ECOSYSTEM:NAME` names, sorted; `*`, `?` and `[…]` are wildcards. Names of
    Python distributions are compared as PEP 503 says.

    Raises UsageError where there is none, with names that are near.
    """
    prefix, colon, rest = wanted.partition(":")
    only = _PREFIXES.get(prefix) if colon else None
    pattern = rest if only else wanted
    globs, python = NameGlobs([pattern]), NameGlobs([normal(pattern)])
    known = [package for package in _all(owners) if only in (None, package.ecosystem)]
    found = [
        package
        for package in known
        if (python.match(normal(package.name)) if package.ecosystem is Ecosystem.PYTHON else False)
        or globs.match(package.name)
    ]
    if not found:
        raise _unknown(wanted, pattern, known, only)
    return tuple(found)


def _all(owners: Owners) -> Iterator[Package]:
    for ecosystem in sorted(Ecosystem):
        yield from owners.installed(ecosystem)


def _unknown(wanted: str, pattern: str, known: list[Package], only: Ecosystem | None) -> UsageError:
    names = {package.name.lower(): package for package in reversed(known)}
    near = difflib.get_close_matches(pattern.lower(), sorted(names), n=4, cutoff=0.6)
    near += [name for name in sorted(names) if pattern.lower() in name and name not in near][: 4 - len(near)]
    told = ", ".join(f"{names[name].ecosystem.value}:{printable(names[name].name)}" for name in near)
    return UsageError(
        f"--keep-package {printable(wanted)}: the image has no such package",
        cause=f"it has {len(known)} packages" + (f" of {only.value}" if only else ""),
        remedy=f"near names are {told}" if told else "name one of the image's, with wildcards if you like",
    )
