"""The JSON Schema of probe files, for editors: made from the types of `format`."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from probes.files.format import KINDS, Condition, Document, Taken


def schema_text() -> str:
    """The schema, with what msgspec's types cannot say: one key of several, and keys of one's own."""
    schema = msgspec.json.schema(Document)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A probe file of slim"
    of: dict[str, dict[str, Any]] = schema["$defs"]
    of["Document"]["patternProperties"] = {"^x-": {}}
    of["Step"]["oneOf"] = _one_of(KINDS)
    of["Condition"]["oneOf"] = _one_of(Condition.__struct_fields__)
    of["Taken"]["oneOf"] = _one_of(Taken.__struct_fields__)
    for struct in of.values():
        if not struct.get("required"):
            struct.pop("required", None)
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _one_of(names: tuple[str, ...]) -> list[dict[str, list[str]]]:
    return [{"required": [name]} for name in names]
