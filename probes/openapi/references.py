"""An OpenAPI document and those that it refers to, as one document without references to outside.

JSON Reference and OpenAPI 3.1.0, 4.6 Relative References in URIs: a reference is resolved against the
location of the document that it stands in. Only what lies on the same site as the first document is read:
a document must not make slim fetch from anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from probes.openapi.document import Json, parse_text
from probes.openapi.settings import BOUNDS, Bounds
from slim.errors import SlimError

Read = Callable[[str], bytes]
"""Gives what is at a URL; SlimError where it cannot be read."""

_EMBEDDED = "x-slim-documents"
LITERALS = frozenset({"example", "examples", "default", "enum", "const"})
"""Keys whose values are data, not descriptions of data: nothing in them is a reference."""
_DROPPED = frozenset({"$schema", "$id", "externalValue", "jsonSchemaDialect"})
"""Addresses that a library might follow, or resolve references against, and that no request needs."""


@dataclass
class _Bundle:
    site: str
    read: Read
    bounds: Bounds
    known: dict[str, str] = field(default_factory=dict)
    """Where each document has its place: a JSON Pointer, by URL."""
    embedded: dict[str, Json] = field(default_factory=dict)
    waiting: list[tuple[Json, str, str]] = field(default_factory=list)
    """(document, its URL, its pointer) whose references are still as they were written."""
    notes: dict[str, str] = field(default_factory=dict)


def bundle(
    document: dict[str, Json], url: str, read: Read, bounds: Bounds = BOUNDS
) -> tuple[dict[str, Json], tuple[str, ...]]:
    """`document` from `url`, changed in place so that all its references lead into itself, and what
    could not be followed, for people. What refers there is left unresolvable."""
    work = _Bundle(url, read, bounds, known={url: ""}, waiting=[(document, url, "")])
    while work.waiting:
        one, base, pointer = work.waiting.pop(0)
        _rewrite(one, base, pointer, work)
    if work.embedded:
        document[_EMBEDDED] = work.embedded
    return document, tuple(work.notes.values())


def _rewrite(root: Json, base: str, pointer: str, work: _Bundle) -> None:
    todo: list[tuple[Json, bool]] = [(root, False)]
    while todo:
        node, named = todo.pop()
        if isinstance(node, list):
            todo += [(one, False) for one in reversed(node)]
        elif isinstance(node, dict):
            if not named:
                _rewrite_keys(node, base, pointer, work)
            todo += [
                (value, key == "properties" and not named)
                for key, value in reversed(node.items())
                if named or key not in LITERALS
            ]


def _rewrite_keys(node: dict[str, Json], base: str, pointer: str, work: _Bundle) -> None:
    for key in _DROPPED & node.keys():
        if isinstance(node[key], str):
            del node[key]
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return
    if reference.startswith("#"):
        if pointer and reference[1:2] in ("", "/"):
            node["$ref"] = f"#{pointer}{reference[1:]}"
        return
    try:
        target, fragment = urldefrag(urljoin(base, reference))
    except ValueError:
        target, fragment = reference, ""
    if (place := _place(target, work)) is not None:
        node["$ref"] = f"#{place}{fragment}"


def _place(url: str, work: _Bundle) -> str | None:
    """The pointer at which the document from `url` stands; None where it may or can not be read."""
    if url in work.known:
        return work.known[url]
    if url in work.notes:
        return None
    if not same_site(work.site, url):
        work.notes[url] = f"{url}, to which the document refers, is elsewhere and was not fetched"
    elif len(work.embedded) >= work.bounds.documents:
        work.notes[url] = f"{url} was not read: more than {work.bounds.documents} documents are referred to"
    else:
        try:
            found = parse_text(work.read(url), url, work.bounds)
        except SlimError as error:
            work.notes[url] = f"{url}, to which the document refers, could not be read: {error.cause}"
            return None
        name = str(len(work.embedded))
        work.embedded[name] = found
        work.known[url] = f"/{_EMBEDDED}/{name}"
        work.waiting.append((found, url, work.known[url]))
    return work.known.get(url)


def same_site(first: str, other: str) -> bool:
    """Whether `other` may be read because of `first`: same scheme, host and port (RFC 6454); a file
    only from the folder of the first one or below it."""
    try:
        one, two = urlsplit(first), urlsplit(other)
        if (one.scheme, one.hostname, one.port) != (two.scheme, two.hostname, two.port):
            return False
    except ValueError:
        return False
    if one.scheme != "file":
        return True
    folder, path = PurePosixPath(unquote(one.path)).parent, PurePosixPath(unquote(two.path))
    return ".." not in path.parts and path.is_relative_to(folder)


def dangling(document: Json, *nodes: Json) -> str:
    """A reference in `nodes`, or in what they refer to, that leads to nothing; empty where all lead on."""
    seen: set[str] = set()
    todo: list[tuple[Json, bool]] = [(node, False) for node in nodes]
    while todo:
        node, named = todo.pop()
        if isinstance(node, list):
            todo += [(one, False) for one in node]
        elif isinstance(node, dict):
            reference = None if named else node.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                anchor = reference.startswith("#") and reference[1:2] not in ("", "/")
                target = resolve(document, reference)
                if target is None and not anchor:
                    return reference
                todo.append((target, False))
            todo += [
                (value, key == "properties" and not named)
                for key, value in node.items()
                if named or key not in LITERALS
            ]
    return ""


def resolve(document: Json, reference: str) -> Json:
    """What `#/…` refers to inside `document` (RFC 6901); None where there is nothing."""
    if not reference.startswith("#"):
        return None
    node = document
    for part in reference[1:].split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(name)
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


def follow(document: Json, node: Json) -> dict[str, Json]:
    """`node`, or what it refers to; an empty object where that is none, or refers in a circle."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        if node["$ref"] in seen:
            return {}
        seen.add(node["$ref"])
        node = resolve(document, node["$ref"])
    return node if isinstance(node, dict) else {}
