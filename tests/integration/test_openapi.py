"""OpenAPI documents of running applications: every operation called, and called again the same way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from images.build import build

from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import HttpProbe
from probes.exercise.runner import exercise
from probes.exercise.session import Options, Session
from probes.openapi.generator import openapi_generator
from probes.openapi.paths import called
from probes.openapi.settings import Bounds, OpenApi
from slim.engine.interface import ContainerSpec, Engine
from slim.errors import UsageError

pytestmark = pytest.mark.engine

SHOP = """
import http.server, json, os

ITEM = {"parameters": [{"name": "item", "in": "path", "required": True, "schema": {"type": "string"}}]}
OK = {"responses": {"200": {"description": "ok"}}}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": NAMED}}}}
DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "/api"}],
    "paths": {
        "/items/{item}": {**ITEM, "get": OK, "delete": OK},
        "/items": {"post": {**OK, **BODY}, "get": OK},
        "/secret": {"get": {**OK, "security": [{"key": []}]}},
        "/end": {"post": OK} if os.environ.get("ENDS") else {},
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}
ITEMS = {}

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, value = 404, None
        if self.path == "/openapi.json":
            status, value = 200, DOCUMENT
        elif self.path == "/large.json":
            status, value = 200, {**DOCUMENT, "x-padding": "." * 3_000_000}
        elif self.path == "/huge.json":
            status, value = 200, {**DOCUMENT, "x-padding": "." * 11_000_000}
        elif self.path == "/page":
            status, value = 200, "no document"
        elif self.path == "/api/end":
            os._exit(3)
        elif self.path == "/api/items" and self.command == "POST":
            number = os.urandom(8).hex()
            ITEMS[number] = json.loads(body)
            status, value = 201, {"id": number}
        elif self.path == "/api/items":
            status, value = 200, len(ITEMS)
        elif self.path.startswith("/api/items/"):
            number = self.path.rpartition("/")[2]
            found = ITEMS.pop(number, None) if self.command == "DELETE" else ITEMS.get(number)
            status, value = (200, found) if found else (404, None)
        elif self.path == "/api/secret":
            status = 200 if self.headers.get("X-Key") == "sesame" else 401
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""

Start = Callable[..., Session]


@pytest.fixture
def start(engine: Engine) -> Iterator[Start]:
    """Starts a container of a recipe, or SHOP in one; removes it."""
    containers = []

    def begin(recipe: str = "", **spec) -> Session:
        given = {"entrypoint": ("python3",), "command": ("-c", SHOP)} if not recipe else {}
        container = engine.create_container(
            ContainerSpec(image=build(recipe or "flask-debian"), **given, **spec),
            labels={"slim-test-openapi": "1"},
        )
        containers.append(container)
        container.start()
        return Session(engine, container, exposed=(8000,), options=Options(start_timeout=30))

    yield begin
    for container in containers:
        container.remove()


def outcomes(exchanges: tuple[Exchange, ...]) -> dict[str, int | None]:
    return {one.probe: one.status for one in exchanges}


def test_every_operation_of_a_real_application_is_called_and_again_alike(start: Start) -> None:
    generate = openapi_generator(OpenApi(("/openapi.json",)))
    fat = exercise((HttpProbe("GET", "/health"),), start("fastapi"), generators=(generate,))
    assert len(fat.operations) == 17
    sent = [tuple(one.sent.line.split(" ")[:2]) for one in fat.exchanges if one.sent]
    assert called(fat.operations, sent).called == fat.operations
    assert fat.notes[0] == (
        "openapi /openapi.json: 17 of 17 operations called: 14 answered 2xx, 1 answered 4xx, 2 answered 5xx"
    )
    assert all(one.found_by == "openapi" for one in fat.exchanges[1:])
    again = exercise(fat.probes, start("fastapi"))
    assert again.probes == fat.probes
    assert [(one.probe, one.status, one.body) for one in again.exchanges] == [
        (one.probe, one.status, one.body) for one in fat.exchanges
    ]


def test_what_one_operation_made_is_what_the_next_one_asks_for(start: Start) -> None:
    generate = openapi_generator(OpenApi(("/openapi.json",), destructive=True))
    fat = exercise((), start(), generators=(generate,), variables={"key": "sesame"})
    assert outcomes(fat.exchanges[-5:]) == {
        "POST /api/items": 201,
        "GET /api/items": 200,
        "GET /api/items/{item}": 200,
        "DELETE /api/items/{item}": 200,
        "GET /api/secret": 200,
    }
    again = exercise(fat.probes, start(), variables={"key": "sesame"})
    assert outcomes(again.exchanges) == outcomes(fat.exchanges), "with the identifiers of this container"


def test_what_is_left_out_and_what_is_missing_is_told(start: Start) -> None:
    fat = exercise((), start(), generators=(openapi_generator(OpenApi(("/openapi.json",))),))
    assert fat.notes == (
        "openapi /openapi.json: 4 of 5 operations called: 3 answered 2xx, 1 answered 4xx",
        "openapi /openapi.json: 1 operation of PUT, PATCH and DELETE left out (--openapi-destructive)",
        "openapi /openapi.json: 1 request without what `key` asks for: set a variable of that name, or give "
        "--openapi-header",
    )
    session = start()
    everywhere = replace(session.options, headers=(("X-Key", "sesame"),))
    generate = openapi_generator(OpenApi(("/openapi.json",)))
    fat = exercise((), replace(session, options=everywhere), generators=(generate,))
    assert (outcomes(fat.exchanges)["GET /api/secret"], len(fat.notes)) == (200, 2)
    given = OpenApi(("/openapi.json",), headers=(("x-key", "sesame"),), bounds=Bounds(operations=4))
    fat = exercise((), start(), generators=(openapi_generator(given),))
    assert outcomes(fat.exchanges)["GET /api/secret"] == 200


def test_a_document_longer_than_what_an_exchange_holds(start: Start) -> None:
    fat = exercise((), start(), generators=(openapi_generator(OpenApi(("/large.json",))),))
    assert fat.notes[0].startswith("openapi /large.json: 4 of 5 operations called")


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/missing.json", "the container answered 404"),
        ("/page", "it has no `openapi` or `swagger` key at its top"),
        ("/huge.json", "it is larger than 10 MB"),
    ],
)
def test_a_container_that_does_not_serve_the_document(start: Start, path: str, cause: str) -> None:
    with pytest.raises(UsageError) as caught:
        exercise((), start(), generators=(openapi_generator(OpenApi((path,))),))
    assert (caught.value.message, caught.value.cause) == (f"--openapi {path} cannot be used", cause)


def test_an_operation_that_ends_the_container_is_named(start: Start) -> None:
    session = start(environment=(("ENDS", "1"),))
    fat = exercise((), session, generators=(openapi_generator(OpenApi(("/openapi.json",))),))
    assert fat.exchanges[-1].result is Result.DIED
    assert fat.notes[1] == "openapi /openapi.json: POST /api/end ended the container: exit code 3"


def test_a_file_and_a_container_of_the_same_api_are_called_once(start: Start, tmp_path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(
        json.dumps(
            {
                "openapi": "3.0.0",
                "paths": {"/items": {"$ref": "parts.json#/items"}},
                "servers": [{"url": "https://shop.example/api"}],
            }
        )
    )
    (tmp_path / "parts.json").write_text(json.dumps({"items": {"get": {"responses": {}}}}))
    generate = openapi_generator(OpenApi((file.as_uri(), "/openapi.json")))
    fat = exercise((), start(), generators=(generate,))
    names = [one.probe for one in fat.exchanges]
    assert names.count("GET /api/items") == 1 and names[1] == "GET /api/items"
