import json

import pytest
import yaml
from openapi_documents import document, pets

from probes.openapi.document import parse_document, parse_text
from probes.openapi.settings import Bounds
from slim.errors import UsageError


def refusal(content, bounds=None):
    with pytest.raises(UsageError) as caught:
        parse_document(content, "api.yaml", bounds or Bounds())
    assert caught.value.message == "--openapi api.yaml cannot be used"
    assert caught.value.remedy
    return caught.value.cause


def test_json_and_yaml_give_the_same_document():
    assert parse_document(json.dumps(pets()).encode(), "a", Bounds()) == pets()
    assert parse_document(yaml.safe_dump(pets()).encode(), "a", Bounds()) == pets()


def test_yaml_is_read_as_json_would_be():
    text = b"openapi: 3.1.0\npaths: {/a: {get: {responses: {200: {description: no}}}}}\nx-when: 2020-01-01\n"
    found = parse_document(text, "a", Bounds())
    assert found["x-when"] == "2020-01-01"
    assert found["paths"]["/a"]["get"]["responses"] == {"200": {"description": "no"}}


def test_a_byte_order_mark_and_yaml_that_begins_with_a_brace_are_no_trouble():
    assert parse_text(b"\xef\xbb\xbf{a: 1}", "a") == {"a": 1}


@pytest.mark.parametrize("version", ["2.0", "3.0.0", "3.0.4", "3.1.0", "3.1.1"])
def test_supported_versions(version):
    content = json.dumps(document({"/": {}}, version)).encode()
    assert parse_document(content, "a", Bounds())["paths"] == {"/": {}}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'{"openapi": "3.1.0",', "it is no valid JSON: Expecting property name"),
        (b"a: [1\nb: 2", "it is neither JSON nor YAML: while parsing a flow sequence"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"", "it has no `openapi` or `swagger` key"),
        (b"\n<!doctype html><title>API: a: b</title>", "it is a page of HTML, or XML"),
        (b"[1, 2]", "it has no `openapi` or `swagger` key"),
        (b'{"swagger": "1.2", "paths": {"/": {}}}', "it is OpenAPI 1.2"),
        (b'{"openapi": "4.0.0", "paths": {"/": {}}}', "it is OpenAPI 4.0.0"),
        (b'{"openapi": "3.0.0", "paths": []}', "`paths` is not an object"),
        (b'{"openapi": "3.0.0"}', "it declares no path"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"- " * 100_000, "it is nested too deeply"),
        (b"a: &a [*a]", "it holds more than 2,000,000 values"),
        (b"!!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_what_is_no_document_is_told(content, cause):
    assert cause in refusal(content)


def test_a_document_is_bounded_in_bytes_and_in_values():
    assert refusal(b" " * 2_000_001, Bounds(document_bytes=2_000_000)) == "it is larger than 1 MB"
    laughs = "\n".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "values" in refusal(f"a: &a [x]\n{laughs}\n".encode())


def test_what_yaml_shares_is_not_shared():
    found = parse_text(b"a: &a {b: 1}\nc: *a\n", "a")
    assert found == {"a": {"b": 1}, "c": {"b": 1}}
    assert found["a"] is not found["c"]
