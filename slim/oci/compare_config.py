"""Two image configurations, field by field: OCI image-spec config.md and Docker's additions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LEGACY = ("container_config",)
"""What older engines noted of the container that made the last layer: compared as one value."""


@dataclass(frozen=True)
class ConfigChanged:
    """A field of the configuration that is not the same."""

    field: str
    """Keys joined by dots: `config.Labels.version`. A variable is a field: `config.Env.PATH`."""
    before: Any
    """JSON value; None where there is no such field."""
    after: Any


def config_changes(
    before: bytes, after: bytes, *, times: bool = True, history: bool = True
) -> tuple[ConfigChanged, ...]:
    """The fields in which two configurations, as they stand in their images, differ; sorted.

    `rootfs` is left out: layers are compared by themselves. Without `times`, when the image and
    its steps were made does not count; without `history`, nor does how.
    """
    fields = [_fields(json.loads(raw), times=times, history=history) for raw in (before, after)]
    return tuple(
        ConfigChanged(field, *values)
        for field in sorted({*fields[0], *fields[1]})
        if (values := (fields[0].get(field), fields[1].get(field)))[0] != values[1]
    )


def _fields(config: Mapping[str, Any], *, times: bool, history: bool) -> dict[str, Any]:
    """Every field under its keys joined by dots.

    Fields of the image and of its `config` that are null or empty are left out, since engines
    write and omit them as they like. What is deeper is a member (`config.ExposedPorts.80/tcp`),
    which is there or not whatever its value.
    """
    unwanted = {"rootfs", "history"} if times else {"rootfs", "history", "created"}
    fields: dict[str, Any] = {}
    work: list[tuple[tuple[str, ...], Any]] = [
        ((key,), value) for key, value in config.items() if key not in unwanted
    ]
    while work:
        keys, value = work.pop()
        if keys[-1] == "Env" and len(keys) == 2 and isinstance(value, list):
            value = {name: text for name, _, text in (str(item).partition("=") for item in value)}
        if isinstance(value, Mapping) and value and keys[0] not in _LEGACY:
            work.extend(((*keys, key), inner) for key, inner in value.items())
        elif len(keys) > 2 or value not in (None, "", [], {}, False):
            fields[".".join(keys)] = value
    steps = _history(config, times=times)
    if history and steps:
        fields["history"] = steps
    return fields


def _history(config: Mapping[str, Any], *, times: bool) -> list[dict[str, Any]]:
    """How the image was made; which step left no layer is told by the layers."""
    unwanted = {"empty_layer"} if times else {"empty_layer", "created"}
    return [{key: step[key] for key in step if key not in unwanted} for step in config.get("history") or ()]
