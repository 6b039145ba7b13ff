"""The operations of an OpenAPI document: which there are, where, and in which order to call them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from probes.exercise.generate import Operation
from probes.openapi.document import Json
from probes.openapi.references import follow

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ORDER = {"POST": 0, "GET": 1, "HEAD": 1, "OPTIONS": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}


@dataclass(frozen=True)
class Declared:
    """One operation, and where the document describes it."""

    operation: Operation
    template: str
    """Its path as the key of `paths`, without the base path."""
    base: str
    """The path of its server, without a slash at its end."""


def declared_operations(document: dict[str, Json], url: str) -> tuple[Declared, ...]:
    """All operations of `document`, which came from `url`, in the document's order."""
    return tuple(_operations(document, url))


def _operations(document: dict[str, Json], url: str) -> Iterator[Declared]:
    for template, written in document["paths"].items():
        if not template.startswith("/"):
            continue  # `x-…`: OpenAPI 3.1.0, 4.9 Specification Extensions
        item = follow(document, written)
        for method in _METHODS:
            if not isinstance(item.get(method), dict):
                continue
            base = base_path(document, item, item[method], url)
            identifier = item[method].get("operationId")
            operation = Operation(
                method.upper(), base + template, identifier if isinstance(identifier, str) else ""
            )
            yield Declared(operation, template, base)


def description(document: dict[str, Json], declared: Declared) -> dict[str, Json]:
    """The Operation Object of `declared`."""
    return follow(
        document, follow(document, document["paths"][declared.template])[declared.operation.method.lower()]
    )


def base_path(document: Json, item: Json, operation: Json, url: str) -> str:
    """The path of the first server (OpenAPI 3.1.0, 4.8.5: the operation's, the path's or the document's;
    relative to the document), or `basePath` of 2.0. Its host is that of a place of production: the
    container is called in its stead."""
    if "swagger" in document:
        path = document.get("basePath")
    else:
        servers = next(
            (one["servers"] for one in (operation, item, document) if _has_servers(one)), [{"url": "/"}]
        )
        first = servers[0]
        path = first.get("url")
        if isinstance(path, str):
            path = _filled(path, first.get("variables"))
            try:
                path = urlsplit(urljoin(url, path)).path
            except ValueError:
                path = ""
    if not isinstance(path, str):
        return ""
    path = path.strip("/")
    return f"/{path}" if path else ""


def _has_servers(one: Json) -> bool:
    servers = one.get("servers")
    return isinstance(servers, list) and bool(servers) and isinstance(servers[0], dict)


def _filled(template: str, variables: Json) -> str:
    """`template` with its variables' defaults: OpenAPI 3.1.0, 4.8.6."""

    def default(match: re.Match[str]) -> str:
        one = variables.get(match[1]) if isinstance(variables, dict) else None
        value = one.get("default") if isinstance(one, dict) else None
        return str(value) if value is not None else match[0]

    return re.sub(r"\{([^{}]*)\}", default, template)


def in_order(operations: tuple[Declared, ...]) -> tuple[Declared, ...]:
    """`operations` as they are called: what creates a resource before what reads it, what removes it
    last; resources in the document's order. Those of one resource share the path up to its first
    parameter."""
    places: dict[str, int] = {}
    for one in operations:
        places.setdefault(resource(one), len(places))

    def rank(one: Declared) -> tuple[int, int, int]:
        depth = one.template.rstrip("/").count("/")
        order = _ORDER.get(one.operation.method, 5)
        return places[resource(one)], order, -depth if order >= _ORDER["DELETE"] else depth

    return tuple(sorted(operations, key=rank))


def resource(one: Declared) -> str:
    """The path up to its first parameter."""
    return one.template.partition("{")[0].rstrip("/")
