"""Probes that are made up while a container runs: a crawl, the operations of an OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange
from probes.exercise.model import Probe


@dataclass(frozen=True)
class Operation:
    """One operation that an OpenAPI document declares: a method of a path."""

    method: str
    """In capitals."""
    path: str
    """A path template, like `/pets/{id}`, with the base path of the document's servers."""
    operation_id: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}" + (f" ({self.operation_id})" if self.operation_id else "")


@dataclass(frozen=True)
class Operations:
    """What was declared, and what of it was called by any probe."""

    declared: tuple[Operation, ...]
    called: tuple[Operation, ...]


@dataclass(frozen=True)
class Generated:
    """What a generator made up and ran."""

    probes: tuple[Probe, ...] = ()
    """In the order in which they ran, each with its `found_by`; they replay without the generator."""
    exchanges: tuple[Exchange, ...] = ()
    """One for each of `probes`, as `perform` gave them; `found_by` is set on each of them."""
    notes: tuple[str, ...] = ()
    """For people: bounds that were reached, what was left out and why."""
    operations: tuple[Operation, ...] = ()
    """What the documents declare, those that were not called included; see `probes.openapi.paths.called`."""


class Generator(Protocol):
    """Makes up probes for a container that is up, and runs each by `perform(probe, conversation)`.

    Called once for each life of the fat image, after the life's own probes passed and before its
    HEALTHCHECK; never on a replay. Deterministic: the same answers give the same probes. It raises
    nothing for what a server does, and UsageError only for what the user gave.
    """

    def __call__(self, conversation: Conversation, so_far: tuple[Exchange, ...]) -> Generated:
        """`so_far`: the exchanges of this life until now, oldest first."""
        ...
