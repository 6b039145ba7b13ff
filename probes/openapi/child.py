"""Makes up requests by schemathesis, as a process of its own: `python -m probes.openapi.child`.

A process, because a schema may send hypothesis round and round, or need more memory than there is: it can be
ended. Also because hypothesis then depends on nothing but the document: neither on what else is loaded nor
on the order of sets. Standard input is one JSON object (see `probes.openapi.requests`); for each of its
operations one line of JSON is written at once, after one that says that it is ready.
"""

from __future__ import annotations

import base64
import json
import re
import resource
import sys
import warnings
from collections.abc import Iterator
from typing import Any

_TRIES = 8
"""Values that hypothesis makes up for each one that is wanted beyond the simplest."""
_UNSENT = frozenset(
    {"user-agent", "accept-encoding", "connection", "content-length", "x-schemathesis-testcaseid", "accept"}
)
"""Headers that the library adds; a probe has its own."""


class _NetworkRefused(Exception):
    """What describes a request led to the network."""


def main() -> None:
    asked = json.load(sys.stdin)
    limit: int = asked["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    warnings.simplefilter("ignore")
    schemas = [_load(document) for document in asked["documents"]]
    sys.addaudithook(_refuse_network)
    print("{}", flush=True)  # noqa: T201 - it is ready: from now on the time of each operation counts
    for template, method, base in asked["operations"]:
        print(json.dumps(_answer(schemas, template, method, base, asked["examples"])), flush=True)  # noqa: T201


def _load(document: dict[str, Any]) -> Any:
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig()  # not discovered: no file of the folder where slim runs has a say
    config.projects.default.generation.update(
        with_security_parameters=False, allow_x00=False, allow_extra_parameters=False, codec="ascii"
    )
    return schemathesis.openapi.from_dict(document, config=config)


def _refuse_network(event: str, _: Any) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise _NetworkRefused


def _answer(schemas: list[Any], template: str, method: str, base: str, examples: int) -> dict[str, Any]:
    """Requests by the first schema that gives some."""
    trouble = ""
    for schema in schemas:
        try:
            requests = list(_requests(schema[template][method], base, examples))
            if requests:
                return {"requests": requests, "trouble": ""}
            trouble = trouble or "no request could be made up"
        except Exception as error:
            # Anything may be wrong with a document, and the library tells it by many kinds of exceptions.
            trouble = trouble or _spell(error)
    return {"requests": [], "trouble": trouble}


def _requests(operation: Any, base: str, examples: int) -> Iterator[dict[str, Any]]:
    """Up to `examples` different requests, those first that the document itself gives."""
    seen: set[str] = set()
    for case in _cases(operation, examples):
        request = _request(case, base)
        text = json.dumps(request, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield request
        if len(seen) == examples:
            return


def _cases(operation: Any, examples: int) -> Iterator[Any]:
    from schemathesis import GenerationMode

    for strategy in operation.get_strategies_from_examples()[:examples]:
        yield from _draw(strategy, 1)
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    yield from _draw(strategy, 1)
    if examples > 1:
        yield from _draw(strategy, _TRIES * examples)


def _draw(strategy: Any, count: int) -> list[Any]:
    """`count` values, the simplest one first; the same ones at every time."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    drawn: list[Any] = []

    @seed(0)
    @settings(
        derandomize=True,
        database=None,
        max_examples=count,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Any) -> None:
        drawn.append(case)

    draw()
    return drawn


def _request(case: Any, base: str) -> dict[str, Any]:
    """What is sent for `case`, as requests would send it."""
    from requests import Request

    prepared = Request(**case.as_transport_kwargs(base_url=f"http://localhost{base}")).prepare()
    headers = [
        (name, _text(value)) for name, value in prepared.headers.items() if name.lower() not in _UNSENT
    ]
    body = prepared.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    headers, content = _with_fixed_boundary(headers, content)
    return {
        "path": prepared.path_url,
        "headers": sorted(headers, key=lambda header: header[0].lower()),
        "body": base64.b64encode(content).decode(),
    }


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _with_fixed_boundary(
    headers: list[tuple[str, str]], content: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    """The boundary of a multipart body is random; here it is always the same."""
    for index, (name, value) in enumerate(headers):
        found = re.search(r"boundary=([0-9a-f]{32})", value) if name.lower() == "content-type" else None
        if found:
            fixed = "slim-openapi-boundary-7f3a9b2c5d"
            headers[index] = (name, value.replace(found[1], fixed))
            content = content.replace(found[1].encode(), fixed.encode())
    return headers, content


def _spell(error: Exception) -> str:
    kind = type(error).__name__
    if isinstance(error, _NetworkRefused) or isinstance(error.__cause__, _NetworkRefused):
        return "it refers to what is elsewhere, which is not fetched"
    if isinstance(error, RecursionError):
        return "its schema is nested without end"
    if isinstance(error, MemoryError):
        return "its schema needs too much memory"
    if kind == "SerializationNotPossible":
        return "no body can be written in the media types that it takes"
    if kind == "Unsatisfiable":
        return "no value satisfies its schema"
    return " ".join(f"{kind}: {error}".split())[:300]


if __name__ == "__main__":
    main()
