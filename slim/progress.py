"""How a stage says what it does, without knowing who listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

Say = Callable[[str], None]
"""Tells the user what is going on right now; called often, must return at once."""


def silent(_text: str) -> None:
    """A `Say` for callers without an audience."""


@dataclass(frozen=True)
class StageRecord:
    """A finished stage."""

    name: str
    summary: str
    """One line for people: what came out."""
    seconds: float


class Listener(Protocol):
    """Somebody who shows stages: a terminal, or nobody."""

    def began(self, name: str) -> None: ...
    def says(self, name: str, text: str) -> None: ...
    def ended(self, record: StageRecord) -> None: ...
    def failed(self, name: str) -> None: ...


class Stage:
    """A stage that is under way; `summary` is shown when it ends."""

    def __init__(self, name: str, listener: Listener) -> None:
        self._name = name
        self._listener = listener
        self.summary = ""

    def say(self, text: str) -> None:
        """Show `text` as what the stage does right now."""
        self._listener.says(self._name, text)


class Stages:
    """The stages of one command in the order in which they ran."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._records: list[StageRecord] = []

    @property
    def records(self) -> tuple[StageRecord, ...]:
        """The finished stages."""
        return tuple(self._records)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage; its record is shown and kept only when it ends well."""
        stage = Stage(name, self._listener)
        self._listener.began(name)
        began = time.monotonic()
        try:
            yield stage
        except BaseException:
            self._listener.failed(name)
            raise
        record = StageRecord(name, stage.summary, time.monotonic() - began)
        self._records.append(record)
        self._listener.ended(record)
