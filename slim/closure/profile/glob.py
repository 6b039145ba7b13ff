"""Many patterns compiled together, to ask of one path whether any matches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slim.oci.pattern import Pattern
from slim.oci.tree import Outcome, Tree


class Globs:
    """Patterns over whole paths. Raises UsageError for an illegal one.

    Most patterns are of a few forms that string comparisons decide, which is ten times faster than one
    large expression; `Pattern.expression` decides the others.
    """

    def __init__(self, patterns: Iterable[str], tree: Tree) -> None:
        parsed = [Pattern.parse(pattern) for pattern in dict.fromkeys(patterns)]
        below, suffixes, names, inside, others = _sorted_by_form(parsed, tree)
        self._below, self._suffixes, self._names = tuple(below), tuple(suffixes), frozenset(names)
        self._inside = re.compile("/(?:" + "|".join(map(re.escape, inside)) + ")/") if inside else None
        joined = "|".join(pattern.expression(tree) for pattern in others)
        self._expression = re.compile(joined, re.DOTALL) if others else None

    def match(self, path: str) -> bool:
        return (
            path.startswith(self._below)
            or path.endswith(self._suffixes)
            or path.rpartition("/")[2] in self._names
            or (self._inside is not None and self._inside.search(path) is not None)
            or (self._expression is not None and self._expression.fullmatch(path) is not None)
        )


_Forms = tuple[list[str], list[str], list[str], list[str], list[Pattern]]


def _sorted_by_form(patterns: Iterable[Pattern], tree: Tree) -> _Forms:
    """`/a/**` by what begins it; `/**/*.x` by its end, `/**/x` by its name, `/**/x/**` by the folder; the
    others as they are."""
    forms: _Forms = ([], [], [], [], [])
    below, suffixes, names, inside, others = forms
    for pattern in patterns:
        anywhere = pattern.literal == "/" and pattern.rest[:1] == ("**",)
        rest = pattern.rest[1:]
        plain = bool(rest) and not any(c in "*?[" for c in rest[0].removeprefix("*"))
        if pattern.rest == ("**",) and pattern.literal != "/":
            start = tree.resolve(pattern.literal)
            if start.outcome is Outcome.FOUND:
                below.append(start.path.rstrip("/") + "/")
        elif anywhere and plain and len(rest) == 1 and rest[0].startswith("*") and rest[0] != "*":
            suffixes.append(rest[0][1:])
        elif anywhere and plain and len(rest) == 1 and rest[0] != "*":
            names.append(rest[0])
        elif anywhere and plain and rest[1:] == ("**",) and not rest[0].startswith("*"):
            inside.append(rest[0])
        else:
            others.append(pattern)
    return forms


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
