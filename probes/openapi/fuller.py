"""Schemas that ask for more than they must, so that one example reaches as much of the application as it can.

What hypothesis makes up first is the simplest valid value: no optional property, no optional parameter,
empty texts and lists. That is valid, and exercises next to nothing. Here the optional becomes required
wherever that is sure to end: not where a schema contains itself, nor beyond a budget. All that is generated
from the fuller document is valid for the original one too.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

from probes.openapi.document import Json
from probes.openapi.references import LITERALS, resolve

_PROPERTY_WEIGHT = 60
"""Values that one optional property may add."""
_OBJECT_WEIGHT = 240
"""Values that all optional properties of an object may add."""
_ENDLESS = 1 << 30
_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_TEXT_LIMITS = ("format", "pattern", "enum", "const", "minLength", "maxLength")
_NUMBER_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const")


def fuller(document: dict[str, Json]) -> dict[str, Json]:
    """A copy of `document`, which refers to nothing outside itself, that requires what it allows.

    Numbers begin at 1 and texts have a character where the document sets no bound: an application
    that wants more than it declares mostly wants these."""
    changed: dict[str, Json] = copy.deepcopy(document)
    weights = _weights(changed)
    for node in list(_descriptions(changed)):
        _require_properties(node, weights)
        if _is_parameter(node) and not node.get("deprecated"):
            node["required"] = True
        body = node.get("requestBody")
        if isinstance(body, dict) and "content" in body:
            body["required"] = True
        _prefer_something(node, weights)
        if node.get("type") == "string" and not any(key in node for key in _TEXT_LIMITS):
            node["minLength"] = 1
        if node.get("type") in ("integer", "number"):
            _prefer_whole(node)
        if node.get("type") == "array" and _weight(node.get("items"), weights) <= _PROPERTY_WEIGHT:
            _require_item(node)
    return changed


def _prefer_something(node: dict[str, Json], weights: dict[str, int]) -> None:
    """No null where there may be more, and of several kinds the one that is named first."""
    if isinstance(node.get("type"), list) and len(node["type"]) > 1:
        left = [one for one in node["type"] if one != "null"]
        node["type"] = left[0] if len(left) == 1 else left
    if node.get("nullable") is True:
        node["nullable"] = False
    branches = node.get("anyOf")
    if isinstance(branches, list):
        good = [
            one
            for one in branches
            if isinstance(one, dict)
            and one.get("type") != "null"
            and _weight(one, weights) <= _PROPERTY_WEIGHT
        ]
        node["anyOf"] = good[:1] or branches


def _prefer_whole(node: dict[str, Json]) -> None:
    """Of numbers above a bound the next whole one, not the smallest that a computer knows."""
    if not any(key in node for key in _NUMBER_LIMITS):
        node["minimum"] = 1
        return
    bound = node.get("minimum") if node.get("exclusiveMinimum") is True else node.get("exclusiveMinimum")
    limits = ("maximum", "exclusiveMaximum", "multipleOf", "enum", "const")
    if (
        isinstance(bound, int | float)
        and not isinstance(bound, bool)
        and not any(key in node for key in limits)
    ):
        del node["exclusiveMinimum"]
        node["minimum"] = max(math.floor(bound) + 1, node.get("minimum", -math.inf))


def _require_properties(node: dict[str, Json], weights: dict[str, int]) -> None:
    properties = node.get("properties")
    required = node.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list) or "maxProperties" in node:
        return
    left = _OBJECT_WEIGHT
    for name, schema in properties.items():
        if name in required or not isinstance(schema, dict) or schema.get("readOnly"):
            continue
        weight = _weight(schema, weights)
        if schema.get("deprecated") or weight > min(left, _PROPERTY_WEIGHT):
            continue
        left -= weight
        required = [*required, name]
    if required:
        node["required"] = required


def _require_item(node: dict[str, Json]) -> None:
    if not any(key in node for key in ("minItems", "maxItems", "prefixItems", "contains")):
        node["minItems"] = 1


def _is_parameter(node: dict[str, Json]) -> bool:
    """OpenAPI 3.1.0, 4.8.12: what has a name, a place and a schema, or in 2.0 a type."""
    return (
        isinstance(node.get("name"), str)
        and node.get("in") in ("query", "header", "cookie", "formData", "body")
        and any(key in node for key in ("schema", "type", "content"))
    )


def _descriptions(root: Json) -> Iterator[dict[str, Json]]:
    """Every object of `root` that describes, rather than is, data; answers are left out."""
    todo: list[tuple[Json, bool]] = [(root, False)]
    while todo:
        node, named = todo.pop()
        if isinstance(node, list):
            todo += [(one, False) for one in node]
        elif isinstance(node, dict):
            if not named:
                yield node
            todo += [
                (value, key in _NAME_MAPS and not named)
                for key, value in node.items()
                if named or (key not in LITERALS and key != "responses")
            ]


def _weight(schema: Json, weights: dict[str, int]) -> int:
    """How many values an instance of `schema` may hold, about."""
    total = 1
    for node in _descriptions(schema):
        total += len(node["properties"]) if isinstance(node.get("properties"), dict) else 0
        if isinstance(node.get("$ref"), str):
            total += weights.get(node["$ref"], 1)
    return min(total, _ENDLESS)


def _weights(document: Json) -> dict[str, int]:
    """The weight of what each reference leads to; _ENDLESS for what leads back to itself, or to such.

    The references form a graph; what leads to nothing unknown is weighed first, until only circles
    and what leads to them remain."""
    leads: dict[str, set[str]] = {}
    targets: dict[str, Json] = {}
    todo = list(_references(document))
    while todo:
        reference = todo.pop()
        if reference not in leads:
            targets[reference] = resolve(document, reference)
            leads[reference] = set(_references(targets[reference]))
            todo += leads[reference]
    followers: dict[str, list[str]] = {reference: [] for reference in leads}
    for reference, further in leads.items():
        for one in further:
            followers[one].append(reference)
    weights: dict[str, int] = {}
    open_ends = {reference: len(further) for reference, further in leads.items()}
    ready = [reference for reference, count in open_ends.items() if not count]
    while ready:
        reference = ready.pop()
        weights[reference] = _weight(targets[reference], weights)
        for one in followers[reference]:
            open_ends[one] -= 1
            if not open_ends[one]:
                ready.append(one)
    return {reference: weights.get(reference, _ENDLESS) for reference in leads}


def _references(root: Json) -> Iterator[str]:
    for node in _descriptions(root):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
