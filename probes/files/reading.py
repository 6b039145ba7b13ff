"""From nodes to the types of `format`: all mistakes of form at once, each with its place.

A value that is wrong is told and left out, so that what is around it can be read on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as Dictionary
from typing import Any

import msgspec.inspect as types

from probes.exercise.variables import literal
from probes.files.format import KINDS, Condition, Document, Run, Step, Taken
from probes.files.nodes import Mapping, Node, Problems, Scalar, Sequence, describe
from probes.files.problems import Key, near

MAX_VALUES = 100_000
"""What aliases may blow a file up to."""
_BAD = object()
"""In place of what could not be read."""
_HOLDERS: tuple[type, ...] = (Document, Run)
"""Of these, a wrong value leaves the others readable."""
_ONE_OF: dict[type, tuple[str, ...]] = {
    Step: KINDS,
    Condition: Condition.__struct_fields__,
    Taken: Taken.__struct_fields__,
}
"""Of these, an unknown key is in place of one that there should be, unless there is one."""
_ENVIRONMENT = re.compile(r"\$?\$\{env:(?P<name>[^}:]*)(?P<default>:-(?P<value>[^}]*))?\}")
_HIDDEN_LENGTH = 4
"""Characters from which on a value of the environment may be a secret; shorter ones are everywhere."""
_YES_NO = {"yes": True, "on": True, "no": False, "off": False}
"""What older YAML takes for booleans; taken where one is wanted and nowhere else."""


def read_document(node: Node, environment: Dictionary[str, str], problems: Problems) -> Document | None:
    """The document that `node` spells; None where it is none at all. In lists, None stands for a
    member that could not be read, so that the others keep their numbers."""
    if not isinstance(node, Mapping):
        cause = f"the file holds {describe(node)}, not keys"
        problems.add((), cause, "begin it with `steps:` or `runs:`", node.place)
        return None
    reader = _Reader(environment, problems)
    entries = tuple(entry for entry in node.entries if not entry[0].startswith("x-"))
    try:
        read = reader.read(Mapping(entries, node.place), types.type_info(Document), ())
    except _TooMuch:
        cause = f"it has more than {MAX_VALUES:,} values, aliases written out"
        problems.add((), cause, "use fewer aliases, or several files", node.place)
        return None
    return read if isinstance(read, Document) else None


class _TooMuch(Exception):
    """The bound on values is reached."""


class _Reader:
    def __init__(self, environment: Dictionary[str, str], problems: Problems) -> None:
        self._environment = environment
        self._problems = problems
        self._left = MAX_VALUES

    def read(self, node: Node, wanted: types.Type, key: Key) -> Any:
        """The value of `node`, which is at `key`; _BAD where it is not what is wanted."""
        self._left -= 1
        if self._left < 0:
            raise _TooMuch
        self._problems.put(key, node.place)
        choices = _choices(wanted)
        if any(isinstance(one, types.AnyType) for one in choices):
            return self._json(node, key)
        for one in choices:
            if isinstance(one, types.StructType) and isinstance(node, Mapping):
                return self._struct(node, one, key)
            if isinstance(one, types.DictType) and isinstance(node, Mapping):
                return self._dict(node, one, key)
            if isinstance(one, types.VarTupleType) and isinstance(node, Sequence):
                items = (self.read(item, one.item_type, (*key, i)) for i, item in enumerate(node.items))
                return tuple(None if item is _BAD else item for item in items)
        if isinstance(node, Scalar):
            return self._scalar(node, choices, key)
        return self._refuse(node, choices, key)

    def _refuse(self, node: Node, choices: tuple[types.Type, ...], key: Key) -> Any:
        words = " or ".join(dict.fromkeys(_spell(one) for one in choices))
        remedy = f"write {words}"
        if isinstance(node, Scalar) and node.value is None:
            remedy += ', or "" for empty text' if _takes_text(choices) else ", or leave the key out"
        self._problems.add(key, f"{words} is wanted, and this is {describe(node)}", remedy)
        return _BAD

    def _scalar(self, node: Scalar, choices: tuple[types.Type, ...], key: Key) -> Any:
        if node.value is None:
            return self._refuse(node, choices, key)
        if _takes_text(choices):
            text = self.expand(node.text, key)
            shortest = next((one.min_length or 0 for one in choices if isinstance(one, types.StrType)), 0)
            if len(text) < shortest:
                self._problems.add(key, "it is empty", "write something")
                return _BAD
            return text
        text = self.expand(node.text, key) if isinstance(node.value, str) else ""
        value = _number(text) if text != node.text and text else node.value
        for one in choices:
            if isinstance(one, types.BoolType | types.LiteralType):
                value = _YES_NO.get(node.text.lower(), value)
                if isinstance(value, bool) and (isinstance(one, types.BoolType) or value in one.values):
                    return value
            elif isinstance(one, types.IntType | types.FloatType) and not isinstance(value, bool | str):
                whole = isinstance(value, int)
                if (whole or isinstance(one, types.FloatType)) and math.isfinite(value):
                    return self._bounded(value, one, key)
        return self._refuse(node, choices, key)

    def _bounded(self, value: float, wanted: types.IntType | types.FloatType, key: Key) -> Any:
        low, high = wanted.ge if wanted.ge is not None else wanted.gt, wanted.le
        if (
            (wanted.ge is not None and value < wanted.ge)
            or (wanted.gt is not None and value <= wanted.gt)
            or (high is not None and value > high)
        ):
            above = "more than " if wanted.gt is not None else "from "
            cause = f"{value} is out of range"
            self._problems.add(key, cause, f"write a number {above}{low} to {high}")
            return _BAD
        return value

    def _struct(self, node: Mapping, wanted: types.StructType, key: Key) -> Any:
        fields = {field.encode_name: field for field in wanted.fields}
        values: dict[str, Any] = {}
        whole = True
        for name, place, inner in node.entries:
            if name not in fields:
                self._problems.add((*key, name), f"there is no key {name} here", near(name, fields), place)
                one_of = _ONE_OF.get(wanted.cls, ())
                whole = whole and (not one_of or any(known in one_of for known, _, _ in node.entries))
                continue
            value = self.read(inner, fields[name].type, (*key, name))
            if value is _BAD:
                whole = False
            else:
                values[fields[name].name] = value
        for field in wanted.fields:
            if field.required and field.encode_name not in {name for name, _, _ in node.entries}:
                self._problems.add(key, f"the key {field.encode_name} is missing", "write it", node.place)
                whole = False
        if wanted.cls in _HOLDERS:
            missing = {
                field.name: "" for field in wanted.fields if field.required and field.name not in values
            }
            return wanted.cls(**missing, **values)
        return wanted.cls(**values) if whole else _BAD

    def _dict(self, node: Mapping, wanted: types.DictType, key: Key) -> Any:
        read = {name: self.read(inner, wanted.value_type, (*key, name)) for name, _, inner in node.entries}
        return {name: value for name, value in read.items() if value is not _BAD}

    def _json(self, node: Node, key: Key) -> Any:
        """Any value, as JSON has them."""
        if isinstance(node, Mapping):
            return {name: self.read(inner, types.AnyType(), (*key, name)) for name, _, inner in node.entries}
        if isinstance(node, Sequence):
            return [self.read(item, types.AnyType(), (*key, i)) for i, item in enumerate(node.items)]
        if isinstance(node.value, float) and not math.isfinite(node.value):
            self._problems.add(key, f"JSON has no {node.text}", "write a number")
        return self.expand(node.value, key) if isinstance(node.value, str) else node.value

    def expand(self, text: str, key: Key) -> str:
        """`text` with the values of `${env:NAME}` and `${env:NAME:-default}` from slim's environment."""

        template = _is_template(key)

        def value(match: re.Match[str]) -> str:
            if match[0].startswith("$$"):
                return match[0] if template else match[0][1:]
            name = match["name"]
            found = self._environment.get(name)
            if found is None and match["default"] is None:
                cause = f"the environment of slim has no variable {name}"
                self._problems.add(key, cause, f"set it, or give a default: ${{env:{name}:-default}}")
            if found and len(found) >= _HIDDEN_LENGTH:
                self._problems.hidden[found] = match[0]
            # as in a shell, the default is for an empty value too
            taken = found or match["value"] or ""
            return literal(taken) if template else taken

        return _ENVIRONMENT.sub(value, text) if "${env:" in text else text


def _is_template(key: Key) -> bool:
    """Whether `${name}` means a variable of the probes in the text at `key`: in steps, but for command
    lines and names."""
    of_step = "steps" in key and isinstance(key[-2], int)
    return "steps" in key and not (of_step and key[-1] in ("exec", "host", "name"))


def _choices(wanted: types.Type) -> tuple[types.Type, ...]:
    while isinstance(wanted, types.Metadata):
        wanted = wanted.type
    if isinstance(wanted, types.UnionType):
        return tuple(inner for one in wanted.types for inner in _choices(one))
    return (wanted,)


def _takes_text(choices: tuple[types.Type, ...]) -> bool:
    return any(isinstance(one, types.StrType) for one in choices)


def _number(text: str) -> str | int | float:
    """What a variable of the environment says where a number is wanted."""
    try:
        return int(text) if re.fullmatch(r"[0-9]+", text) else float(text)
    except ValueError:
        return text


def _spell(wanted: types.Type) -> str:
    match wanted:
        case types.StrType():
            return "text"
        case types.IntType():
            return "a whole number"
        case types.FloatType():
            return "a number"
        case types.BoolType():
            return "true or false"
        case types.LiteralType():
            return " or ".join(str(value).lower() for value in wanted.values)
        case types.StructType():
            keys = [field.encode_name for field in wanted.fields]
            return f"a mapping with {', '.join(keys[:4])}{' …' if len(keys) > 4 else ''}"
        case types.DictType():
            return "a mapping of names to values"
        case _:
            return "a list"
