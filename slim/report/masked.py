"""Reports, traces, progress and errors without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from probes.watch.trace import Trace
from slim.errors import SlimError
from slim.progress import Listener, StageRecord
from slim.report.masking import Secrets

Value = TypeVar("Value")

_IDENTITIES = frozenset(
    {"id", "sha256", "tag", "reference", "version", "slim_version", "platform", "kind", "result", "measure"}
)
"""Fields that slim itself fills from a fixed set, or that name an image: a password that is `http` must
not make them meaningless."""


def masked(value: Value, secrets: Secrets) -> Value:
    """A frozen dataclass of a report with every text in it masked."""
    return _masked(value, "", secrets)  # type: ignore[no-any-return]


def _masked(value: Any, field: str, secrets: Secrets) -> Any:
    if isinstance(value, str):
        return value if field in _IDENTITIES else secrets.text(value)
    if isinstance(value, tuple):
        if field == "command":
            return secrets.words(value)
        if field.endswith("_log"):  # a secret of several lines stays one
            return tuple(secrets.text("\n".join(value)).splitlines())
        return tuple(_masked(one, field, secrets) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _masked(getattr(value, one.name), one.name, secrets) for one in fields(value)}
        return replace(value, **changed)
    return value


def masked_trace(trace: Trace, secrets: Secrets) -> Trace:
    """`trace` with the names of its probes masked: they are what the user gave. What programs asked for
    stays as it is."""
    names = {access.probe for access in trace.accesses}
    shown = {name: secrets.text(name) for name in names}
    if all(name == text for name, text in shown.items()):
        return trace
    return replace(
        trace, accesses=tuple(replace(access, probe=shown[access.probe]) for access in trace.accesses)
    )


@contextmanager
def errors_masked(secrets: Secrets) -> Iterator[None]:
    """What leaves the block as a SlimError tells no secret."""
    try:
        yield
    except SlimError as error:
        error.message, error.cause, error.remedy = (
            secrets.text(text) for text in (error.message, error.cause, error.remedy)
        )
        error.args = (error.message,)
        raise


class MaskedListener:
    """A `Listener` that is told no secret."""

    def __init__(self, listener: Listener, secrets: Secrets) -> None:
        self._listener = listener
        self._secrets = secrets

    def began(self, name: str) -> None:
        """As it is."""
        self._listener.began(name)

    def says(self, name: str, text: str) -> None:
        """Masked."""
        self._listener.says(name, self._secrets.text(text))

    def ended(self, record: StageRecord) -> None:
        """Masked."""
        self._listener.ended(replace(record, summary=self._secrets.text(record.summary)))

    def failed(self, name: str) -> None:
        """As it is."""
        self._listener.failed(name)
