"""Identifiers that one operation's answer gives and another one's path needs.

OpenAPI 3.1.0, 4.8.20 Link Object, as far as its runtime expressions take something from the answer. Where
the document has no links: what a POST to `/pets` answers with as `id`, or under the parameter's own name,
is the `{petId}` of `/pets/{petId}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probes.exercise.exchange import Exchange
from probes.exercise.parts import Capture
from probes.openapi.document import Json
from probes.openapi.operations import Declared, description
from probes.openapi.references import follow, resolve

_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_IDENTIFIERS = ("id", "_id", "uuid", "key", "slug", "name")
_BODY, _HEADER = "$response.body#", "$response.header."


@dataclass(frozen=True)
class Wish:
    """A path parameter that an answer may fill."""

    path: str
    """The full path template up to and with the parameter: `/pets/{petId}`."""
    captures: tuple[Capture, ...]
    """Where the value may be found, best first; all set the same variable."""
    whole: bool = False
    """Whether only an integer will do."""


def wishes(document: dict[str, Json], one: Declared, all_of_them: Sequence[Declared]) -> tuple[Wish, ...]:
    """What the answer to `one` may give to other operations."""
    found: dict[str, tuple[Capture, ...]] = {}
    for path, capture in _linked(document, one, all_of_them):
        found[path] = (*found.get(path, ()), capture)
    if one.operation.method == "POST":
        collection = one.operation.path.rstrip("/")
        for other in all_of_them:
            rest = other.operation.path.removeprefix(collection + "/")
            parameter = _PARAMETER.match(rest)
            if (
                rest == other.operation.path
                or parameter is None
                or rest[parameter.end() :][:1] not in ("", "/")
            ):
                continue
            path = f"{collection}/{parameter[0]}"
            names = dict.fromkeys((parameter[1], _snake(parameter[1]), *_IDENTIFIERS))
            captures = (Capture(variable(path), "json", f"/{_escaped(name)}") for name in names)
            found.setdefault(path, tuple(captures))
    whole = {path for path in found for other in all_of_them if _wants_integer(document, other, path)}
    return tuple(Wish(path, captures, path in whole) for path, captures in found.items())


def _wants_integer(document: dict[str, Json], one: Declared, path: str) -> bool:
    """Whether the last parameter of `path` is declared as an integer where `one` uses it."""
    if not one.operation.path.startswith(path):
        return False
    name = path.rpartition("{")[2].removesuffix("}")
    item = follow(document, document["paths"][one.template])
    for holder in (description(document, one), item):
        parameters = holder.get("parameters")
        for written in parameters if isinstance(parameters, list) else ():
            parameter = follow(document, written)
            if parameter.get("in") == "path" and parameter.get("name") == name:
                return "integer" in (
                    parameter.get("type"),
                    follow(document, parameter.get("schema")).get("type"),
                )
    return False


def variable(path: str) -> str:
    """The variable for the last parameter of `path`, which no user would choose."""
    return "openapi." + re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")


def fulfilled(wish: Wish, exchange: Exchange) -> tuple[Capture, str] | None:
    """The first of the captures that finds a text or number in a good answer, and what it finds."""
    if exchange.status is None or not 200 <= exchange.status < 300:
        return None
    try:
        body = json.loads(exchange.body)
    except (ValueError, RecursionError):
        body = None
    headers = {name.lower(): value for name, value in exchange.headers}
    for capture in wish.captures:
        if capture.source == "header":
            value: Json = headers.get(capture.expression.lower())
        else:
            value = resolve(body, f"#{capture.expression}")
        if isinstance(value, str | int) and not isinstance(value, bool) and _fits(str(value), wish):
            return capture, str(value)
    return None


def _fits(value: str, wish: Wish) -> bool:
    return bool(re.fullmatch(r"-?\d+", value)) if wish.whole else bool(value)


def with_variables(path: str, template: str, known: frozenset[str]) -> str:
    """`path`, made up for `template`, with `${variable}` in the place of each parameter in `known`
    (variables by `variable`)."""
    target, question, query = path.partition("?")
    parts, names = target.split("/"), template.split("/")
    if len(parts) != len(names):
        return path
    for index, name in enumerate(names):
        wanted = variable("/".join(names[: index + 1]))
        if _PARAMETER.fullmatch(name) and wanted in known:
            parts[index] = f"${{{wanted}}}"
    return "/".join(parts) + question + query


def _linked(
    document: dict[str, Json], one: Declared, all_of_them: Sequence[Declared]
) -> Iterator[tuple[str, Capture]]:
    """(path with its parameter, capture) for each link of the answers to `one`."""
    responses = description(document, one).get("responses")
    for response in responses.values() if isinstance(responses, dict) else ():
        links = follow(document, response).get("links")
        for written in links.values() if isinstance(links, dict) else ():
            link = follow(document, written)
            target = _target(link, all_of_them)
            parameters = link.get("parameters")
            if target is None or not isinstance(parameters, dict):
                continue
            for name, expression in parameters.items():
                path = _up_to(target.operation.path, name.removeprefix("path."))
                if path and isinstance(expression, str) and (capture := _capture(path, expression)):
                    yield path, capture


def _target(link: Json, all_of_them: Sequence[Declared]) -> Declared | None:
    identifier, reference = link.get("operationId"), link.get("operationRef")
    for one in all_of_them:
        if identifier and one.operation.operation_id == identifier:
            return one
        place = f"#/paths/{_escaped(one.template)}/{one.operation.method.lower()}"
        if isinstance(reference, str) and reference == place:
            return one
    return None


def _up_to(path: str, name: str) -> str:
    """`path` as far as its parameter `name`; empty where it has none."""
    before, found, _ = path.partition(f"{{{name}}}")
    return before + found if found else ""


def _capture(path: str, expression: str) -> Capture | None:
    if expression.startswith(_BODY + "/"):
        return Capture(variable(path), "json", expression.removeprefix(_BODY))
    if expression.startswith(_HEADER):
        return Capture(variable(path), "header", expression.removeprefix(_HEADER))
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
