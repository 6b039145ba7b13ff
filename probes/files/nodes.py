"""A parsed file as nodes that know their place, whichever language it was written in."""

from __future__ import annotations

from dataclasses import dataclass

from probes.files.problems import Key, ProbeFileError, Problem, spell_key

Place = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Scalar:
    """Text, a number, a boolean, or nothing."""

    value: str | int | float | bool | None
    """As YAML 1.2's core schema, or TOML, has it."""
    text: str
    """As it was written, without quotes: what it is where text is wanted."""
    place: Place


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Mapping:
    """Keys and values, in the order of the file."""

    entries: tuple[tuple[str, Place, Node], ...]
    """(key, where the key is, value); no key twice."""
    place: Place


Node = Scalar | Sequence | Mapping


def describe(node: Node) -> str:
    """What `node` is, for people."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return f"{node.text!r}" if len(node.text) <= 60 else f"{node.text[:57]!r}…"


class Problems:
    """Collects what is wrong in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []
        self.hidden: dict[str, str] = {}
        """What the environment said → how it was asked for; only the latter is ever told."""
        self._places: dict[Key, Place] = {}

    def put(self, key: Key, place: Place) -> None:
        """Remember where the value of `key` is."""
        self._places[key] = place

    def add(self, key: Key, cause: str, remedy: str, place: Place | None = None) -> None:
        """One more; its place is that of `key`, or of what is around it."""
        around = key
        while place is None and around:
            place = self._places.get(around)
            around = around[:-1]
        line, column = place or (0, 0)
        for value, spelled in self.hidden.items():
            cause, remedy = cause.replace(value, spelled), remedy.replace(value, spelled)
        self.found.append(Problem(self.file, line, column, spell_key(key), cause, remedy))

    def fail_if_any(self) -> None:
        """Raise ProbeFileError with all that was found."""
        if self.found:
            raise ProbeFileError(self.found)
