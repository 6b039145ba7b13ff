"""Two images' configurations: which of their differences an engine heeds when it runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slim.oci.compare_config import config_changes

_RUN = frozenset(
    {
        "Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "StopSignal", "StopTimeout", "User",
        "Volumes", "WorkingDir",
    }
)  # fmt: skip
"""Members of `config` that decide how a container runs: OCI image-spec config.md, and Docker's own."""
_TOLD = frozenset({"Labels", "OnBuild", "Shell"})
"""Members that a container does not notice: they serve people, schedulers and builds."""
_PLATFORM = frozenset({"architecture", "os", "os.features", "os.version", "variant"})
_SPELLED = {
    "Cmd": "CMD", "Entrypoint": "ENTRYPOINT", "Env": "ENV", "ExposedPorts": "EXPOSE",
    "Healthcheck": "HEALTHCHECK", "Labels": "LABEL", "OnBuild": "ONBUILD", "Shell": "SHELL",
    "StopSignal": "STOPSIGNAL", "User": "USER", "Volumes": "VOLUME", "WorkingDir": "WORKDIR",
}  # fmt: skip
"""A Dockerfile's name of each member."""

_NANOSECONDS = frozenset(
    f"Healthcheck.{name}" for name in ("Interval", "StartInterval", "StartPeriod", "Timeout")
)


@dataclass(frozen=True)
class ConfigDifference:
    """A field of the configuration that is not the same."""

    field: str
    """As a Dockerfile calls it, with what it is about: `CMD`, `ENV PATH`, `EXPOSE 80/tcp`,
    `HEALTHCHECK Test`. Of the platform: `variant`."""
    fat: str | None
    """A text as it is, anything else as JSON; None where there is no such field."""
    slim: str | None
    behaviour: bool
    """Whether a container is run in another way because of it."""


def config_differences(fat: bytes, slim: bytes) -> tuple[ConfigDifference, ...]:
    """In what two configurations, as they stand in their images, differ: what a container is run
    with first, then what only people and builds see. When and how the images were made is none."""
    found = sorted(_differences(fat, slim), key=lambda one: (not one.behaviour, one.field))
    return tuple(found)


def _differences(fat: bytes, slim: bytes) -> Iterator[ConfigDifference]:
    for change in config_changes(fat, slim, times=False, history=False):
        outer, _, inner = change.field.partition(".")
        member, _, rest = inner.partition(".")
        timed = f"{member}.{rest}" in _NANOSECONDS
        before, after = (_text(value, timed=timed) for value in (change.before, change.after))
        if outer == "config" and member in _RUN | _TOLD:
            field = f"{_SPELLED.get(member, member)} {rest}".rstrip()
            yield ConfigDifference(field, before, after, member in _RUN)
        elif change.field in _PLATFORM:
            yield ConfigDifference(change.field, before, after, behaviour=True)


def _text(value: Any, *, timed: bool) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if timed and isinstance(value, int):
        return f"{value / 1e9:g} s"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
