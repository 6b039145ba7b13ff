from openapi_documents import document, pets

from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Operation
from probes.exercise.parts import Capture
from probes.openapi.credentials import Credentials, credentials
from probes.openapi.links import fulfilled, wishes, with_variables
from probes.openapi.operations import declared_operations, in_order
from probes.openapi.paths import called, matches

HERE = "http://container.invalid/docs/openapi.json"


def operations(one):
    return declared_operations(one, HERE)


def by_name(one, identifier):
    return next(found for found in operations(one) if found.operation.operation_id == identifier)


def test_what_creates_comes_before_what_reads_and_what_removes_comes_last():
    assert [one.operation.name for one in in_order(operations(pets()))] == [
        "POST /v1/pets (addPet)",
        "GET /v1/pets (listPets)",
        "GET /v1/pets/{petId} (readPet)",
        "PUT /v1/pets/{petId} (replacePet)",
        "DELETE /v1/pets/{petId} (removePet)",
        "POST /v1/pictures (addPicture)",
        "GET /v1/greeting",
    ]


def test_the_base_path_is_that_of_the_nearest_server():
    get = {"get": {}}
    assert operations(document({"/a": get}, "2.0", basePath="/api/"))[0].operation.path == "/api/a"
    assert operations(document({"/a": get}))[0].operation.path == "/a"
    assert operations(document({"/a": get}, servers=[{"url": "v2"}]))[0].operation.path == "/docs/v2/a"
    path = {"get": {}, "servers": [{"url": "/x"}]}
    assert operations(document({"/a": path}, servers=[{"url": "/y"}]))[0].operation.path == "/x/a"
    assert operations(document({"/a": get}, servers=[{"url": "http://[bad"}]))[0].operation.path == "/a"


def test_what_is_no_operation_is_passed_over():
    paths = {
        "x-internal": {"get": {}},
        "/a": None,
        "/b": {"get": 3, "summary": "b", "post": {"operationId": 7}},
    }
    assert [one.operation for one in operations(document(paths))] == [Operation("POST", "/b")]


def answer(status=201, body=b"", headers=()):
    return Exchange("p", "http", Result.ANSWERED, status, body=body, headers=headers)


def test_a_link_says_where_the_identifier_is():
    one = pets()
    wish = wishes(one, by_name(one, "addPet"), operations(one))[0]
    capture = Capture("openapi.v1_pets_petId", "json", "/pet/number")
    assert (wish.path, wish.captures) == ("/v1/pets/{petId}", (capture,))
    assert fulfilled(wish, answer(body=b'{"pet": {"number": 12}}')) == (capture, "12")
    assert fulfilled(wish, answer(body=b'{"pet": {"number": "x"}}')) is None, "it is declared as an integer"
    assert fulfilled(wish, answer(422, b'{"pet": {"number": 12}}')) is None
    assert fulfilled(wish, answer(body=b"[" * 100_000)) is None


def test_without_links_a_post_tells_the_identifier_by_its_name():
    one = document({"/orders": {"post": {}}, "/orders/{orderId}/lines": {"get": {}}})
    (wish,) = wishes(one, operations(one)[0], operations(one))
    for body in (b'{"orderId": "a b"}', b'{"order_id": "a b", "id": 1}', b'{"id": "a b"}'):
        found = fulfilled(wish, answer(body=body))
        assert found and found[1] == "a b"
    assert fulfilled(wish, answer(body=b'{"other": 1}')) is None
    assert fulfilled(wish, answer(body=b'{"id": {"a": 1}}')) is None


def test_an_identifier_takes_the_place_of_what_was_made_up():
    path = with_variables("/v1/pets/7?limit=1", "/v1/pets/{petId}", frozenset({"openapi.v1_pets_petId"}))
    assert path == "/v1/pets/${openapi.v1_pets_petId}?limit=1"
    assert with_variables("/v1/pets/7", "/v1/pets/{petId}", frozenset()) == "/v1/pets/7"


SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "http", "scheme": "basic"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "asked": {"type": "apiKey", "in": "query", "name": "key"},
    "open": {"type": "oauth2", "flows": {}},
}


def proof(requirement, variables=None, given=frozenset()):
    one = document({"/a": {"get": {"security": requirement}}}, components={"securitySchemes": SCHEMES})
    return credentials(one, operations(one)[0], variables or {}, given)


def test_variables_called_as_security_schemes_prove_who_asks():
    known = dict.fromkeys(SCHEMES, "ada:x")
    assert proof([{"token": []}], known).headers == (("Authorization", "Bearer ${token}"),)
    assert proof([{"open": ["read"]}], known).headers == (("Authorization", "Bearer ${open}"),)
    assert proof([{"login": []}], known).headers == (("Authorization", "Basic YWRhOng="),)
    assert proof([{"key": [], "cookie": []}], known).headers == (
        ("X-Key", "${key}"),
        ("Cookie", "sid=${cookie}"),
    )
    assert proof([{"asked": []}], known).query == (("key", "${asked}"),)


def test_the_first_requirement_that_can_be_met_is_met():
    assert proof([{"token": []}, {"key": []}], {"key": "k"}).headers == (("X-Key", "${key}"),)
    assert proof([{"token": []}, {}]) == Credentials()
    assert proof([{"token": []}], given=frozenset({"authorization"})) == Credentials()
    assert proof([{"token": [], "key": []}], {"key": "k"}).missing == ("token",)
    assert proof([{"unknown": []}]).missing == ("unknown",)


def test_which_operations_requests_have_called():
    declared = (
        Operation("GET", "/pets/{id}"),
        Operation("GET", "/pets/mine"),
        Operation("POST", "/pets"),
        Operation("GET", "/files/{name}.{kind}"),
    )
    found = called(
        declared, [("GET", "/pets/mine?x=1"), ("POST", "/pets/"), ("GET", "/files/a.txt"), ("PUT", "/pets")]
    )
    assert found.called == (declared[1], declared[2], declared[3])
    assert called(declared, [("GET", "/pets/a%20b")]).called == (declared[0],)
    assert not matches("/pets/{id}", "/pets/") and not matches("/pets/{id}", "/pets/1/toys")
