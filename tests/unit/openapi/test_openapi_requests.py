"""Requests that schemathesis really makes up, in the process that does it."""

import datetime
import json
import re
import socket
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import psutil
from openapi_documents import document, pets, posting

from probes.openapi.fuller import fuller
from probes.openapi.operations import declared_operations, in_order
from probes.openapi.requests import make_requests
from probes.openapi.settings import Bounds

BRIEF = Bounds(generation_seconds=0.5)


def make(one, examples=1, bounds=None):
    """Requests by the operation's name."""
    found = in_order(declared_operations(one, "http://container.invalid/openapi.json"))
    made = make_requests(one, found, examples, bounds or Bounds())
    return {operation.operation.name: answer for operation, answer in zip(found, made, strict=True)}


def test_every_operation_gets_one_valid_request_that_says_all_it_may():
    made = make(pets())
    assert {name: (len(one.requests), one.trouble) for name, one in made.items()} == dict.fromkeys(
        made, (1, "")
    )
    pet = json.loads(made["POST /v1/pets (addPet)"].requests[0].content)
    assert pet.keys() == {"name", "born", "seen", "mail", "code", "weight", "note", "tags"}, (
        "no id, no parent"
    )
    assert datetime.date.fromisoformat(pet["born"]) and datetime.datetime.fromisoformat(pet["seen"])
    assert re.fullmatch("[A-Z]{3}-[0-9]{2}", pet["code"]) and "@" in pet["mail"]
    assert pet["name"] and pet["weight"] == 1 and len(pet["tags"]) == 1 and pet["note"] is not None
    listing = made["GET /v1/pets (listPets)"].requests[0]
    asked = parse_qs(urlsplit(listing.path).query)
    assert asked["kind"][0] in ("cat", "dog") and int(asked["limit"][0]) <= 50
    assert [name for name, _ in listing.headers] == ["X-Trace"]
    assert re.fullmatch(r"/v1/pets/\d+", made["GET /v1/pets/{petId} (readPet)"].requests[0].path)
    assert made["GET /v1/greeting"].requests[0].path == "/v1/greeting?who=Ada", "an example is preferred"


def test_a_binary_part_is_sent_as_a_file():
    picture = make(pets())["POST /v1/pictures (addPicture)"].requests[0]
    assert picture.media_type == "multipart/form-data; boundary=slim-openapi-boundary-7f3a9b2c5d"
    assert b'name="file"; filename=' in picture.content
    assert picture.content.endswith(b"--slim-openapi-boundary-7f3a9b2c5d--\r\n")


def test_bodies_are_written_in_the_media_type_that_is_asked_for():
    pair = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    kinds = {
        "application/xml": b"<data><a>1</a><b>0</b></data>",
        "application/yaml": b"a: 1\nb: '0'\n",
        "application/vnd.api+json": b'{"a": 1, "b": "0"}',
        "application/x-www-form-urlencoded": b"a=1&b=0",
    }
    made = make(
        document({**{f"/{kind}": posting(pair, kind) for kind in kinds}, "/odd": posting(pair, "x/y")})
    )
    for kind, content in kinds.items():
        request = made[f"POST /{kind}"].requests[0]
        assert (request.media_type, request.content) == (kind, content)
    assert made["POST /odd"].trouble == "no body can be written in the media types that it takes"


def test_parameters_are_written_in_their_style():
    pair = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    parameters = [
        {
            "name": "list",
            "in": "path",
            "required": True,
            "schema": {"type": "array", "items": {"type": "integer"}},
        },
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
        {"name": "deep", "in": "query", "style": "deepObject", "explode": True, "schema": pair},
        {"name": "json", "in": "query", "content": {"application/json": {"schema": pair}}},
    ]
    request = make(document({"/a/{list}": {"get": {"parameters": parameters}}}))["GET /a/{list}"].requests[0]
    assert request.headers == (("Cookie", "session=0"),)
    path, _, query = request.path.partition("?")
    assert path == "/a/1"
    assert parse_qs(query) == {"deep[a]": ["1"], "deep[b]": ["0"], "json": ['{"a": 1, "b": "0"}']}


def test_the_same_document_gives_the_same_different_requests():
    first, again = make(pets(), 3), make(pets(), 3)
    assert first == again
    requests = first["POST /v1/pets (addPet)"].requests
    assert len(set(requests)) == len(requests) == 3


def test_what_cannot_be_satisfied_is_told_and_the_rest_is_made():
    one = document(
        {
            "/never": posting({"type": "integer", "minimum": 5, "maximum": 3}),
            "/nowhere": posting({"$ref": "#/components/schemas/Nothing"}),
            "/elsewhere": posting({"$ref": "http://127.0.0.1:9/x.json"}),
            "/fine": posting({"type": "boolean"}),
        }
    )
    made = make(one)
    assert made["POST /fine"].requests[0].content in (b"true", b"false")
    for name in ("POST /never", "POST /nowhere", "POST /elsewhere"):
        assert made[name].requests == () and made[name].trouble, name
    assert made["POST /nowhere"].trouble == "it refers to #/components/schemas/Nothing, which is not there"


def test_its_process_ends_with_slim_even_where_slim_is_killed():
    program = (
        "from probes.openapi.requests import make_requests as make; "
        "from probes.openapi.settings import Bounds; "
        "from probes.openapi.operations import declared_operations as declared; "
        "one = {'openapi': '3.0.0', 'paths': {'/': {'get': {}}}}; "
        "make(one, declared(one, 'http://x/'), 1, Bounds())"
    )
    slim = subprocess.Popen([sys.executable, "-c", program])
    started = psutil.Process(slim.pid)
    while len(started.children()) < 2:  # the process, and who looks after it
        assert slim.poll() is None
        time.sleep(0.01)
    busy = next(one for one in started.children() if "probes.openapi.child" in one.cmdline())
    busy.suspend()
    slim.kill()
    slim.wait()
    assert psutil.wait_procs([busy], timeout=10)[1] == []


def test_nothing_is_fetched_while_requests_are_made():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        one = document({"/a": posting({"$ref": f"http://127.0.0.1:{server.getsockname()[1]}/x.json"})})
        assert make(one)["POST /a"].requests == ()
        try:
            server.accept()
        except BlockingIOError:
            return
        raise AssertionError("it connected")


def test_recursive_schemas_end():
    tree = {
        "type": "object",
        "properties": {"left": {"$ref": "#/components/schemas/Tree"}, "name": {"type": "string"}},
    }
    must = {
        "type": "object",
        "required": ["again"],
        "properties": {"again": {"$ref": "#/components/schemas/Must"}},
    }
    circle = {"$ref": "#/components/schemas/Circle"}
    one = document(
        {
            "/tree": posting({"$ref": "#/components/schemas/Tree"}),
            "/must": posting({"$ref": "#/components/schemas/Must"}),
            "/circle": posting(circle),
            "/fine": {"get": {"responses": {}}},
        },
        components={"schemas": {"Tree": tree, "Must": must, "Circle": circle}},
    )
    made = make(one)
    assert json.loads(made["POST /tree"].requests[0].content) == {"name": "0"}
    assert made["POST /must"].trouble
    assert made["GET /fine"].requests[0].path == "/fine"


def test_an_operation_that_takes_too_long_does_not_hold_up_the_others():
    endless = {"type": "string", "pattern": "^(a|b){20000}$", "minLength": 20000}
    made = make(document({"/slow": posting(endless), "/fine": {"get": {"responses": {}}}}), 1, BRIEF)
    assert made["POST /slow"].trouble == "making up a request took more than 0.5 s"
    assert made["GET /fine"].requests[0].path == "/fine"


def test_all_operations_together_are_bounded_too():
    made = make(document({"/fine": {"get": {"responses": {}}}}), 1, Bounds(generation_total_seconds=0.0))
    assert made["GET /fine"].trouble == "all operations together took more than 0 s"


def test_a_process_that_cannot_even_begin_is_not_tried_for_every_operation():
    paths = {f"/{number}": {"get": {"responses": {}}} for number in range(50)}
    made = make(document(paths), 1, Bounds(memory_bytes=1 << 20))
    assert len({one.trouble for one in made.values()}) == 1
    assert made["GET /0"].trouble.startswith("its process ended: ")


def test_a_body_is_bounded():
    schema = {"type": "string", "minLength": 3000}
    made = make(document({"/a": posting(schema)}), bounds=Bounds(body_bytes=1000))
    assert made["POST /a"].requests == ()
    assert made["POST /a"].trouble == "its body would be larger than 1,000 bytes"


def test_version_2_has_forms_and_bodies_as_parameters():
    paths = {
        "/a/{id}": {
            "post": {
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "string", "format": "uuid"},
                    {"name": "word", "in": "formData", "type": "string"},
                ],
                "responses": {"200": {"description": "ok"}},
            }
        },
        "/b": {
            "post": {
                "consumes": ["application/json"],
                "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/B"}}],
                "responses": {"200": {"description": "ok"}},
            }
        },
    }
    b = {"type": "object", "properties": {"n": {"type": "integer"}}}
    made = make(document(paths, "2.0", basePath="/v2", definitions={"B": b}))
    assert made["POST /v2/a/{id}"].requests[0].content == b"word=0"
    assert json.loads(made["POST /v2/b"].requests[0].content) == {"n": 1}


def test_a_fuller_schema_costs_no_more_than_its_length():
    schemas = {"S0": {"type": "object", "properties": {"x": {"type": "string"}}}}
    for number in range(1, 100):
        both = {side: {"$ref": f"#/components/schemas/S{number - 1}"} for side in ("left", "right")}
        schemas[f"S{number}"] = {"type": "object", "properties": both}
    one = document({"/a": posting({"$ref": "#/components/schemas/S99"})}, components={"schemas": schemas})
    assert "required" not in fuller(one)["components"]["schemas"]["S50"]
    assert fuller(one)["components"]["schemas"]["S1"]["required"] == ["left", "right"]
    assert make(one)["POST /a"].requests[0].content == b"{}"
