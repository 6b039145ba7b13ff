"""Glob patterns over a Tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from slim.errors import UsageError
from slim.oci.entry import Kind
from slim.oci.lookup import Outcome
from slim.oci.path import ROOT, ImagePath, join

if TYPE_CHECKING:
    from slim.oci.tree import Tree

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """An absolute glob pattern; `Tree.glob` says what it means."""

    literal: str
    """The folders before the first component that has a wildcard."""
    rest: tuple[str, ...]
    """The other components, the last one always among them."""

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Pattern:
        """Read a pattern. Raises UsageError where it is not absolute or a set in it is illegal."""
        if not text.startswith("/"):
            raise UsageError(
                f"the pattern {text!r} is not absolute", remedy="begin it with / (the image's root)"
            )
        parts = [part for part in text.split("/") if part not in ("", ".")]
        count = next((i for i, part in enumerate(parts) if _WILD.search(part)), len(parts))
        count = min(count, max(len(parts) - 1, 0))
        try:
            for part in parts[count:]:
                _component(part)
        except re.error as error:
            raise UsageError(f"the pattern {text!r} is wrong", cause=str(error)) from error
        return Pattern("/" + "/".join(parts[:count]), tuple(parts[count:]))

    def matches(self, tree: Tree) -> Iterator[ImagePath]:
        """The paths of `tree` that match, sorted."""
        start = tree.resolve(self.literal)
        at = tree.get(start.path)
        if start.outcome is not Outcome.FOUND or at is None or at.kind is not Kind.DIRECTORY:
            return
        if not self.rest:
            yield ROOT
            return
        folders = [start.path]
        for i, part in enumerate(self.rest):
            if part == "**":
                yield from self._deep(tree, folders, self.rest[i:])
                return
            found = [path for folder in folders for path in _step(tree, folder, part)]
            if i == len(self.rest) - 1:
                yield from sorted(found)
                return
            folders = [path for path in found if tree[path].kind is Kind.DIRECTORY]

    def expression(self, tree: Tree) -> str:
        """A regular expression for exactly the paths, of `tree` or not, that `matches` would yield:
        for asking of one path, or of many patterns at once, whether it matches."""
        start = tree.resolve(self.literal)
        if start.outcome is not Outcome.FOUND or not self.rest:
            return "(?!)" if self.rest else "/"
        return re.escape(start.path.rstrip("/")) + "/" + _expression(self.rest).pattern

    @staticmethod
    def _deep(tree: Tree, folders: list[ImagePath], rest: tuple[str, ...]) -> Iterator[ImagePath]:
        """From the first `**` on, one expression decides for everything inside `folders`."""
        expression = _expression(rest)
        found: set[ImagePath] = set()
        for folder in folders:
            cut = 1 if folder == ROOT else len(folder) + 1
            found.update(path for path in tree.under(folder) if expression.fullmatch(path, cut))
        yield from sorted(found)


def _step(tree: Tree, folder: ImagePath, part: str) -> list[ImagePath]:
    """What matches one component directly inside `folder`."""
    if part == "..":
        return []
    if not _WILD.search(part):
        path = join(folder, part)
        return [path] if path in tree else []
    expression = _component(part)
    cut = 1 if folder == ROOT else len(folder) + 1
    return [path for path in tree.children(folder) if expression.fullmatch(path, cut)]


@lru_cache(maxsize=4096)
def _component(part: str) -> re.Pattern[str]:
    return re.compile(_translate(part), re.DOTALL)


@lru_cache(maxsize=1024)
def _expression(parts: tuple[str, ...]) -> re.Pattern[str]:
    """Components joined: `**/` is any number of folders, a last `**` anything at all."""
    pieces = ["(?:[^/]+/)*" if part == "**" else _translate(part) + "/" for part in parts[:-1]]
    pieces.append(".+" if parts[-1] == "**" else _translate(parts[-1]))
    return re.compile("".join(pieces), re.DOTALL)


def _translate(part: str) -> str:
    """One component as a regular expression that never matches a slash; glob(7).

    A `[` that no `]` closes stands for itself; a `]` that comes first in a set is a member.
    """
    return "".join(_translated(piece) for piece in _PIECE.findall(part))


_PIECE = re.compile(r"\*+|\[!?\]?[^\]]*\]|.", re.DOTALL)


def _translated(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) == 1:
        return re.escape(piece)
    negated = piece.startswith("[!")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", piece[2 if negated else 1 : -1])
    return f"[^/{members}]" if negated else f"(?!/)[{members}]"
