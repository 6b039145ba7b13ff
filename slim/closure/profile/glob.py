"""Many patterns compiled together, to ask of one path whether any matches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slim.oci.pattern import Pattern
from slim.oci.tree import Tree


class Globs:
    """Patterns over whole paths. Raises UsageError for an illegal one."""

    def __init__(self, patterns: Iterable[str], tree: Tree) -> None:
        joined = "|".join(Pattern.parse(pattern).expression(tree) for pattern in dict.fromkeys(patterns))
        self._expression = re.compile(joined or "(?!)", re.DOTALL)

    def match(self, path: str) -> bool:
        return self._expression.fullmatch(path) is not None


class NameGlobs:
    """Patterns over one name, like `libssl.so.*`: `*` and `?` are the wildcards, `[…]` a set."""

    def __init__(self, patterns: Iterable[str]) -> None:
        joined = "|".join(map(_expression, dict.fromkeys(patterns)))
        self._expression = re.compile(joined or "(?!)", re.DOTALL)

    def match(self, text: str) -> bool:
        return self._expression.fullmatch(text) is not None


_PIECE = re.compile(r"\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def _expression(pattern: str) -> str:
    return "".join(map(_translated, _PIECE.findall(pattern)))


def _translated(piece: str) -> str:
    if piece == "*":
        return ".*"
    if piece == "?":
        return "."
    if len(piece) == 1:
        return re.escape(piece)
    negated = "^" if piece.startswith("[!") else ""
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", piece[2 if negated else 1 : -1])
    return f"[{negated}{members}]"


class DottedGlob:
    """A pattern over dotted names: `*` and `?` stay within a component, `**` as a component stands
    for any number of them."""

    def __init__(self, pattern: str) -> None:
        parts = pattern.split(".")
        wild = next((i for i, part in enumerate(parts) if "*" in part or "?" in part), len(parts))
        self.literal = ".".join(parts[:wild])
        """The components before the first with a wildcard."""
        self.is_literal = wild == len(parts)
        pieces = ["(?:[^.]+[.])*" if part == "**" else _component(part) + "[.]" for part in parts[:-1]]
        pieces.append(".+" if parts[-1] == "**" else _component(parts[-1]))
        self._expression = re.compile("".join(pieces), re.DOTALL)

    def match(self, dotted: str) -> bool:
        return self._expression.fullmatch(dotted) is not None


def _component(part: str) -> str:
    return "".join("[^.]*" if c == "*" else "[^.]" if c == "?" else re.escape(c) for c in part)
