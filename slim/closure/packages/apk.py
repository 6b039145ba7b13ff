"""Alpine's package database: apk-installed(5) (`lib/apk/db/installed`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem, Fault, Package
from slim.oci.entry import Kind
from slim.oci.tree import Outcome, Tree

_ESSENTIAL = frozenset({"alpine-baselayout", "busybox", "coreutils", "util-linux"})
DATABASES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


def read(tree: Tree) -> Iterator[tuple[Package, list[str]] | Fault]:
    """Every installed package with the absolute names it lists, folders among them; and what of the
    database names no package."""
    seen = set()
    for database in DATABASES:
        found = tree.resolve(database)
        if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
            continue
        if found.path in seen:
            continue
        seen.add(found.path)
        text = tree.read(found.path, 1 << 26).decode("utf-8", "surrogateescape")
        damaged = 0
        for paragraph in text.split("\n\n"):
            package = _package(paragraph)
            if package.name:
                yield package, list(_names(paragraph))
            elif paragraph.strip():
                damaged += 1
        if damaged:
            yield Fault(found.path, f"paragraphs that name no package: {damaged}")


def _package(paragraph: str) -> Package:
    fields = dict(reversed([(line[0], line[2:]) for line in paragraph.splitlines() if line[1:2] == ":"]))
    return Package(
        Ecosystem.APK,
        fields.get("P", ""),
        fields.get("V", ""),
        source=fields.get("o", ""),
        depends=tuple(sorted({re.split("[<>=~]", word)[0] for word in fields.get("D", "").split()})),
        essential=fields.get("P", "") in _ESSENTIAL,
    )


def _names(paragraph: str) -> Iterator[str]:
    folder = ""
    for line in paragraph.splitlines():
        if line.startswith("F:"):
            folder = "/" + line[2:] if line[2:] else ""
            yield folder or "/"
        elif line.startswith("R:"):
            yield f"{folder}/{line[2:]}"
