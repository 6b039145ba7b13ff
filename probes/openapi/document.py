"""An OpenAPI document from its text: JSON or YAML, bounded, with one clear error for what is none.

OpenAPI Specification 3.1.0, 4.3 Format: "An OpenAPI document that conforms to the OpenAPI Specification
is itself a JSON object, which may be represented either in JSON or YAML format"; YAML is limited to the
tags of its JSON schema ruleset, with string keys.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from probes.openapi.settings import BOUNDS, Bounds
from slim.errors import UsageError

_VERSIONS = re.compile(r"2\.0(\.0)?|3\.[01](\.\d+.*)?")
_MAX_DEPTH = 200
"""Levels of a YAML document."""
Json = Any
"""null, bool, number, str, list of Json, dict of str to Json."""


def parse_document(content: bytes, name: str, bounds: Bounds = BOUNDS) -> dict[str, Json]:
    """The OpenAPI document in `content`; `name` is what the user called it.

    UsageError for what is not JSON or YAML, is too large, is of no supported version, or declares
    no paths.
    """
    document = parse_text(content, name, bounds)
    if not isinstance(document, dict) or not ({"openapi", "swagger"} & set(document)):
        raise refused(name, "it has no `openapi` or `swagger` key at its top", "give an OpenAPI document")
    version = str(document.get("openapi", document.get("swagger")))
    if not _VERSIONS.fullmatch(version):
        raise refused(
            name, f"it is OpenAPI {version}", "versions 2.0, 3.0 and 3.1 are supported; convert it to one"
        )
    paths = document.get("paths", {})
    if not isinstance(paths, dict):
        raise refused(name, "`paths` is not an object", "correct the document")
    if not paths:
        raise refused(name, "it declares no path", "give the document that declares the operations")
    return document


def parse_text(content: bytes, name: str, bounds: Bounds = BOUNDS) -> Json:
    """What stands in a JSON or YAML text: a tree without sharing cycles. UsageError for anything else."""
    if len(content) > bounds.document_bytes:
        size = f"it is larger than {bounds.document_bytes >> 20} MB"
        raise refused(name, size, "give a document with fewer operations")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(name, f"it is not UTF-8: {error}", "give a JSON or YAML document") from error
    if text.lstrip()[:1] == "<":
        remedy = "give the document that the page shows, like /openapi.json, /swagger.json or /v3/api-docs"
        raise refused(name, "it is a page of HTML, or XML", remedy)
    try:
        value = json.loads(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    except json.JSONDecodeError as error:
        value = _flow_yaml(text, name, error)
    except (yaml.YAMLError, ValueError) as error:
        raise refused(name, f"it is neither JSON nor YAML: {_one_line(error)}", "correct it") from error
    except RecursionError as error:
        raise refused(name, "it is nested too deeply", "give a real OpenAPI document") from error
    if not _is_small(value, bounds.nodes):
        raise refused(
            name, f"it holds more than {bounds.nodes:,} values", "give a document with fewer operations"
        )
    return _with_string_keys(value)


def refused(name: str, cause: str, remedy: str) -> UsageError:
    """The error for a document that cannot be used."""
    return UsageError(f"--openapi {name} cannot be used", cause=cause, remedy=remedy)


def _flow_yaml(text: str, name: str, error: json.JSONDecodeError) -> Json:
    """YAML may begin with a brace too; where it is neither, JSON's message is the better one."""
    try:
        return _yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise refused(name, f"it is no valid JSON: {error}", "correct it") from error


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: twenty times as fast."""


class _JsonSchemaLoader(_Loader):  # type: ignore[misc]
    """YAML 1.2's JSON schema as far as OpenAPI needs it: dates, `on` and `no` are text."""


_JsonSchemaLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_JsonSchemaLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")
)


def _yaml(text: str) -> Json:
    """RecursionError for what is nested deeper than _MAX_DEPTH: libyaml would run out of stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_JsonSchemaLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise RecursionError
    return yaml.load(text, Loader=_JsonSchemaLoader)  # noqa: S506 - it is a SafeLoader


def _is_small(value: Json, limit: int) -> bool:
    """Whether `value`, with all that is shared counted as often as it stands, has up to `limit` values.
    A cycle of YAML aliases has no end, so it has not."""
    todo, count = [value], 0
    while todo:
        one = todo.pop()
        count += 1
        if count + len(todo) > limit:
            return False
        if isinstance(one, dict):
            todo.extend(one.values())
        elif isinstance(one, list):
            todo.extend(one)
    return True


def _with_string_keys(value: Json) -> Json:
    """A copy that shares nothing, with `200:` as "200"; bytes, sets and NaN of YAML become text."""
    root: list[Json] = [value]
    todo: list[tuple[Any, Any]] = [(root, 0)]
    while todo:
        holder, key = todo.pop()
        one = holder[key]
        if isinstance(one, dict):
            holder[key] = copy = {_key(name): inner for name, inner in one.items()}
            todo.extend((copy, name) for name in copy)
        elif isinstance(one, list):
            holder[key] = items = list(one)
            todo.extend((items, index) for index in range(len(items)))
        elif not (one is None or isinstance(one, bool | int | str)) and not _is_finite(one):
            holder[key] = str(one)
    return root[0]


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and value == value and abs(value) != float("inf")


def _key(name: object) -> str:
    if isinstance(name, bool):
        return str(name).lower()
    return name if isinstance(name, str) else str(name)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
