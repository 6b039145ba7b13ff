"""Which documents the options name, and what is wrong with them before anything runs."""

import http.server
import json
import subprocess
import sys
import threading

import click
import pytest

from slim.commands.options_openapi import openapi_from, openapi_options
from slim.errors import UsageError

DOCUMENT = {"openapi": "3.1.0", "paths": {"/a": {"get": {}}}}


def given(*arguments):
    """What the options make of a command line; errors are raised."""
    command = click.command()(openapi_options(lambda **options: openapi_from(options)))
    return command.main(arguments, standalone_mode=False)


class Site(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self):
        other = f"http://127.0.0.1:{self.server.server_port}/openapi.json"  # the test asks for localhost
        status, headers, body = {
            "/openapi.json": (200, {}, json.dumps(DOCUMENT).encode()),
            "/moved": (301, {"Location": "/openapi.json"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/away": (302, {"Location": other}, b""),
        }.get(self.path, (404, {}, b"no"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def test_nothing_is_called_unless_it_is_asked_for():
    assert given() is None


def test_a_file_and_a_url_are_read_at_once_and_a_path_when_the_container_runs(tmp_path, site):
    file = tmp_path / "api v1.json"
    file.write_text(json.dumps(DOCUMENT))
    documents = [file.as_uri(), f"{site}/moved", "/openapi.json"]
    calls = given(*(word for one in documents for word in ("--openapi", one)), "--openapi-destructive")
    assert [(one.name, one.document) for one in calls.outside] == [(name, DOCUMENT) for name in documents[:2]]
    assert calls.settings.documents == tuple(documents)
    assert calls.settings.methods == ("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")


def test_headers_are_sent_as_they_are_given():
    calls = given("--openapi", "/a", "--openapi-header", "X-Key:  a: b ", "--openapi-header", "T: ${token}")
    assert calls.settings.headers == (("X-Key", "a: b"), ("T", "${token}"))


@pytest.mark.parametrize("text", ["", "X-Key", ": a", "X Key: a", "X: a\nY: b", "Ü: a"])
def test_what_is_no_header_is_refused(text):
    with pytest.raises(UsageError, match="not of the form 'Name: value'"):
        given("--openapi", "/a", "--openapi-header", text)


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/missing", "404 Not Found"),
        ("/round", "more than 5 redirects"),
        ("/away", "it redirects to another site, http://127.0.0.1:"),
    ],
)
def test_a_url_without_a_document(site, path, cause):
    with pytest.raises(UsageError) as caught:
        given("--openapi", site + path)
    assert caught.value.message == f"--openapi {site}{path} cannot be used"
    assert cause in caught.value.cause and caught.value.remedy


@pytest.mark.parametrize("name", ["http://localhost:1/x.json", "https://", "no/such/file.yaml", "."])
def test_what_cannot_be_read_is_a_usage_error(name):
    with pytest.raises(UsageError) as caught:
        given("--openapi", name)
    assert caught.value.cause and caught.value.remedy


def test_a_file_does_not_lead_out_of_its_folder(tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    paths = {"/a": {"$ref": "link.json"}, "/b": {"$ref": "../secret.json"}, "/c": {"get": {}}}
    (folder / "api.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    (loaded,) = given("--openapi", (folder / "api.json").as_uri()).outside
    assert ["could not be read" in loaded.notes[0], "was not fetched" in loaded.notes[1]] == [True, True]


def test_without_the_library_the_remedy_is_how_to_install_it(monkeypatch):
    # The library is installed where tests run; this is how Python itself says of a name that there is none.
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(UsageError) as caught:
        given("--openapi", "/openapi.json")
    assert caught.value.remedy == "pip install 'slim-proven[openapi]'"


def test_slim_starts_without_the_library():
    code = (
        "import sys, slim.cli; print([one for one in ('schemathesis', 'hypothesis') if one in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
