import json

from probes.openapi.references import bundle, follow, resolve, same_site
from probes.openapi.settings import Bounds
from slim.errors import UsageError

SITE = "http://api.example.com/docs/openapi.json"


class Site:
    """Documents by URL, and what was asked for."""

    def __init__(self, **documents):
        self.documents = {f"http://api.example.com/docs/{name}.json": one for name, one in documents.items()}
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        if url not in self.documents:
            raise UsageError("no", cause="answered 404")
        return json.dumps(self.documents[url]).encode()


def test_other_documents_of_the_same_site_become_part_of_it():
    site = Site(
        pet={
            "Pet": {"properties": {"kind": {"$ref": "#/Kind"}, "back": {"$ref": "openapi.json#/x"}}},
            "Kind": 1,
        }
    )
    start = {"a": {"$ref": "pet.json#/Pet"}, "b": {"$ref": "./pet.json#/Kind"}, "x": {"$ref": "#/a"}}
    found, notes = bundle(start, SITE, site)
    assert notes == ()
    assert site.asked == ["http://api.example.com/docs/pet.json"]
    pet = follow(found, found["a"])["properties"]
    assert resolve(found, pet["kind"]["$ref"]) == 1
    assert pet["back"] == {"$ref": "#/x"}


def test_nothing_is_fetched_from_elsewhere():
    site = Site()
    start = {"a": {"$ref": "https://evil.example/x.json#/A"}, "b": {"$ref": "//evil.example/y.json"}}
    found, notes = bundle(start, SITE, site)
    assert site.asked == []
    assert notes == (
        "https://evil.example/x.json, to which the document refers, is elsewhere and was not fetched",
        "http://evil.example/y.json, to which the document refers, is elsewhere and was not fetched",
    )
    assert found["a"] == {"$ref": "https://evil.example/x.json#/A"}


def test_what_cannot_be_read_is_told_once():
    start = {"a": {"$ref": "no.json#/A"}, "b": {"$ref": "no.json#/B"}}
    notes = bundle(start, SITE, Site())[1]
    assert notes == (
        "http://api.example.com/docs/no.json, to which the document refers, could not be read: answered 404",
    )


def test_documents_that_refer_to_ever_further_ones_are_bounded():
    class Endless(Site):
        def __call__(self, url):
            self.asked.append(url)
            return json.dumps({"$ref": f"{len(self.asked)}.json"}).encode()

    site = Endless()
    notes = bundle({"$ref": "0.json"}, SITE, site, Bounds(documents=7))[1]
    assert len(site.asked) == 7
    assert notes[0].endswith("was not read: more than 7 documents are referred to")


def test_examples_and_properties_of_such_names_are_data():
    start = {"example": {"$ref": "http://x/y"}, "properties": {"$ref": {"type": "string"}, "$id": {"a": 1}}}
    assert bundle(json.loads(json.dumps(start)), SITE, Site()) == (start, ())


def test_addresses_that_a_library_might_follow_are_taken_out():
    start = {"$schema": "http://x/y", "a": {"$id": "http://x/z", "externalValue": "http://x/w", "b": 1}}
    assert bundle(start, SITE, Site()) == ({"a": {"b": 1}}, ())


def test_references_in_a_circle_lead_nowhere():
    assert follow({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}, {"$ref": "#/a"}) == {}
    assert resolve({"a/b": [{"~": 5}]}, "#/a~1b/0/~0") == 5
    assert resolve({}, "#/nothing/here") is None


def test_a_file_may_refer_to_files_in_its_folder_only():
    start = "file:///api/docs/openapi.yaml"
    assert same_site(start, "file:///api/docs/parts/pet.yaml")
    assert not same_site(start, "file:///etc/passwd")
    assert not same_site(start, "file:///api/docs/../../etc/passwd")
    assert not same_site(start, "file:///api/docs/%2e%2e/secret")
    assert not same_site(start, "http://localhost/x")
    assert not same_site("http://a:1/x", "http://a:2/x")
