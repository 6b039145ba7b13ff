"""YAML as nodes.

Composed, never constructed: nothing of the file is executed, and what a scalar is, is decided by
where it stands. YAML 1.2's core schema (section 10.3.2) says what a plain scalar is: `no`, `on` and
`22:22` are text, as a reader expects, not what YAML 1.1 made of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from probes.files.nodes import Mapping, Node, Place, Problems, Scalar, Sequence, describe

MAX_DEPTH = 50
_STANDARD = "tag:yaml.org,2002:"
_MERGE = _STANDARD + "merge"
_IMPLICIT: Callable[..., str] = yaml.SafeLoader("").resolve
"""What PyYAML takes a scalar for that has no tag."""
_TAGS = frozenset(("bool", "float", "int", "map", "merge", "null", "seq", "str", "timestamp", "value"))
"""That PyYAML gives by itself."""
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {
    spelled: word == "true" for word in ("true", "false") for spelled in (word, word.title(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_OTHER_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

_REMEDIES = (
    ("'\\t'", "indent by blanks: YAML allows no tabs there"),
    ("undefined alias", "put text that begins with * between quotes"),
    ("mapping values are not allowed", "put text that holds `: ` between quotes, or mend the indentation"),
    ("cannot start any token", "put text that begins with @, ` or % between quotes"),
    ("expected a single document", "make it one document: leave out the line ---"),
    ("unknown escape", "use single quotes, or write \\\\ for a backslash between double quotes"),
)


def parse_yaml(text: str, problems: Problems) -> Node | None:
    """The file's one document; None where it is empty, or where it is no YAML, which `problems` gets."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        cause = " ".join(part for part in (error.problem, error.context) if part)
        remedy = next((remedy for words, remedy in _REMEDIES if words in cause), "mend the YAML")
        problems.add((), cause, remedy, (mark.line + 1, mark.column + 1) if mark else None)
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        cause = f"the character U+{ord(text[error.position]):04X} may not be in YAML"
        problems.add((), cause, "leave it out, or write an escape between double quotes", (line, 1))
        return None
    except RecursionError:
        problems.add((), "it is nested too deeply", "make it flatter", (1, 1))
        return None
    return None if root is None else _Converter(problems).convert(root, 0)


class _Converter:
    """From PyYAML's nodes to ours. A node that aliases name many times is made once."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._made: dict[int, Node] = {}
        self._open: set[int] = set()

    def convert(self, node: yaml.Node, depth: int) -> Node:
        if id(node) in self._made:
            return self._made[id(node)]
        place = _place(node)
        if id(node) in self._open or depth > MAX_DEPTH:
            inside = id(node) in self._open
            cause = "an alias stands inside what it names" if inside else "it is nested too deeply"
            self._problems.add((), cause, "write it out" if inside else "make it flatter", place)
            return Scalar(None, "", place)
        self._open.add(id(node))
        made = self._new(node, place, depth)
        self._open.discard(id(node))
        self._made[id(node)] = made
        return made

    def _new(self, node: yaml.Node, place: Place, depth: int) -> Node:
        if node.tag.removeprefix(_STANDARD) not in _TAGS:
            tag = node.tag.replace(_STANDARD, "!!")
            self._problems.add((), f"the tag {tag} means nothing here", "leave it out", place)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.convert(one, depth + 1) for one in node.value), place)
        self._refuse_half_characters(node.value, place)
        return Scalar(plain_value(node.value) if _is_plain(node) else node.value, node.value, place)

    def _refuse_half_characters(self, text: str, place: Place) -> None:
        """An escape can spell a surrogate, which is no character: The Unicode Standard, 3.8."""
        if any("\ud800" <= character <= "\udfff" for character in text):
            cause = "there is half a character in it, a lone surrogate"
            self._problems.add((), cause, "write the character itself, or \\U and eight digits", place)

    def _mapping(self, node: yaml.MappingNode, place: Place, depth: int) -> Mapping:
        own: dict[str, tuple[Place, Node]] = {}
        merged: dict[str, tuple[Place, Node]] = {}
        for key, value in node.value:
            where = _place(key)
            if not isinstance(key, yaml.ScalarNode) or (key.style is None and not key.value):
                self._problems.add((), "a key must be text", "write a name before the colon", where)
                continue
            self._refuse_half_characters(key.value, where)
            if key.tag == _MERGE:
                for name, name_place, inner in self._merged(value, depth):
                    merged.setdefault(name, (name_place, inner))
            elif key.value in own:
                first = own[key.value][0][0]
                cause = f"the key {key.value} is here twice, first in line {first}"
                self._problems.add((), cause, "keep one of them", where)
            else:
                own[key.value] = (where, self.convert(value, depth + 1))
        whole = {**own, **{name: found for name, found in merged.items() if name not in own}}
        return Mapping(tuple((name, *found) for name, found in whole.items()), place)

    def _merged(self, node: yaml.Node, depth: int) -> tuple[tuple[str, Place, Node], ...]:
        """What `<<` adds: https://yaml.org/type/merge.html."""
        value = self.convert(node, depth + 1)
        parts = value.items if isinstance(value, Sequence) else (value,)
        found: list[tuple[str, Place, Node]] = []
        for part in parts:
            if isinstance(part, Mapping):
                found += part.entries
            else:
                cause = f"<< takes a mapping, not {describe(part)}"
                self._problems.add(
                    (), cause, "write `<<: *name` of a mapping with the anchor &name", part.place
                )
        return tuple(found)


def plain_value(text: str) -> str | int | float | bool | None:
    """What a scalar without quotes is: YAML 1.2.2, section 10.3.2; infinity and NaN, which JSON lacks, are
    text."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_INTEGER.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _is_plain(node: yaml.Node) -> bool:
    """Whether a scalar has neither quotes nor a `!!str` before it."""
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return False
    explicit = (
        node.tag == _STANDARD + "str" and _IMPLICIT(yaml.ScalarNode, node.value, (True, False)) != node.tag
    )
    return not explicit


def _place(node: yaml.Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
