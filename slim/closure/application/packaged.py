"""A package of the distribution that is the application: nginx, redis-server, with its family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slim.closure.application import RULE
from slim.closure.application.ground import is_below
from slim.closure.packages.package import Package
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, printable
from slim.oci.tree import Resolution

_PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/games", "/usr/lib", "/usr/libexec")


def packaged_needs(servers: Iterable[tuple[Resolution, str]], context: Context) -> Iterator[Need]:
    """Every file of the packages of `servers`, programs that were found and what for the image starts
    them; data and settings of their families, and what lies unowned in folders that are theirs alone."""
    owners = context.owners
    packages = _packages(servers, context)
    for package, (program, purpose) in packages.items():
        why = f"package {package} is the application: the {purpose} starts {printable(program)}"
        for path in owners.files(package):
            yield Need(path, RULE, why, program, part_of=Part.SYSTEM)
    family = _family(context, tuple(packages))
    for package in family:
        why = f"package {package} has the application's configuration and data"
        for path in owners.files(package):
            if not is_below(path, _PROGRAM_FOLDERS):
                yield Need(path, RULE, why, part_of=Part.SYSTEM)
    for folder in owners.folders_only_of(frozenset((*packages, *family))):
        why = f"it is in {printable(folder)}, a folder of the application's package alone"
        yield Need(folder, RULE, "a folder of the application's package alone", part_of=Part.SYSTEM)
        for path in context.tree.children(folder):
            yield from _unowned_tree(path, why, context)


def _packages(
    servers: Iterable[tuple[Resolution, str]], context: Context
) -> dict[Package, tuple[ImagePath, str]]:
    """The packages that `servers` are of, each with the first of them."""
    found: dict[Package, tuple[ImagePath, str]] = {}
    for program, purpose in servers:
        for path in (*program.links, program.path):
            package = context.owners.system_owner(path)
            if package is not None and not package.essential:
                found.setdefault(package, (program.path, purpose))
    return found


def _unowned_tree(path: ImagePath, why: str, context: Context) -> Iterator[Need]:
    """An unowned file, or everything unowned in a folder that no package lists."""
    if context.tree[path].kind is not Kind.DIRECTORY:
        if context.owners.owner(path) is None:
            yield Need(path, RULE, why, part_of=Part.SYSTEM)
    elif not context.owners.is_package_folder(path):
        for inside in (path, *context.tree.under(path)):
            if context.owners.owner(inside) is None:
                yield Need(inside, RULE, why, part_of=Part.SYSTEM)


def _built_from(package: Package) -> str:
    """The version of its source: a rebuild for one processor alone (`1.2-3+b1`) leaves that as it is;
    Debian policy 5.6.12."""
    return re.sub(r"\+b\d+$", "", package.version)


def _family(context: Context, packages: tuple[Package, ...]) -> tuple[Package, ...]:
    """Packages that were built with the application's from one source in one version, and that depend
    on them or they on those: they are one program in parts (apache2-bin, apache2 and apache2-data)."""
    members = dict.fromkeys(packages)
    todo = list(packages)
    while todo:
        one = todo.pop()
        for other in context.owners.system_packages:
            same = (other.source, _built_from(other)) == (one.source, _built_from(one))
            if same and other not in members and (other.name in one.depends or one.name in other.depends):
                members[other] = None
                todo.append(other)
    return tuple(sorted(set(members) - set(packages)))
