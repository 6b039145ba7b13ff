"""YAML and TOML say the same; both know where everything stands; the schema agrees with both."""

import json
import tomllib

import jsonschema
import pytest

from probes.files.load import load
from probes.files.nodes import Mapping, Problems, Scalar, Sequence
from probes.files.problems import ProbeFileError
from probes.files.schema import schema_text
from probes.files.toml_nodes import parse_toml
from probes.files.yaml_nodes import parse_yaml

YAML = """\
variables: {user: admin, version: 1.10, big: 1_000}
port: 8000
ready: {log: listening}
steps:
  - http: /
    expect: {status: [200, 304]}
  - name: log in
    http:
      path: /login
      form: {user: "${user}", remember: true}
    capture:
      token: {html: csrf}
  - http: {path: /api, json: {a: [1, 2.5, text, false]}}
    expect: {json: {/ok: true}}
  - parallel: [{http: /a}, {tcp: 6379}]
runs:
  - name: worker
    command: [worker, --queue, mail]
    env: {DEBUG: true, RATIO: 1.50, N: 5}
    idle: true
  - name: migrate
    command: manage.py migrate
"""
TOML = """\
port = 8000
ready.log = "listening"

[variables]
user = "admin"
version = 1.10
big = "1_000"

[[steps]]
http = "/"
expect = {status = [200, 304]}

[[steps]]
name = "log in"
[steps.http]
path = "/login"
form = {user = "${user}", remember = true}
[steps.capture]
token = {html = "csrf"}

[[steps]]
[steps.http]
path = "/api"
json = {a = [
    1,   # one
    2.5,
    'text', false,
]}
[steps.expect.json]
"/ok" = true

[[steps]]
parallel = [{http = "/a"}, {tcp = 6379}]

[[runs]]
name = "worker"
command = ["worker", "--queue", "mail"]
env = {DEBUG = true, RATIO = 1.50, N = 5}
idle = true

[[runs]]
name = "migrate"
command = "manage.py migrate"
"""


def test_the_same_content_gives_the_same_lives(tmp_path):
    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "a.toml").write_text(TOML)
    one, other = load(tmp_path / "a.yaml", {}), load(tmp_path / "a.toml", {})
    assert (one.main, one.runs) == (other.main, other.runs)
    assert len(one.main.probes) == 4
    assert [run.name for run in one.runs] == ["worker", "migrate"]


def places(node, key=()):
    """Every key, with the line and column of what is there."""
    if isinstance(node, Mapping):
        for name, place, inner in node.entries:
            yield (*key, name), place
            yield from places(inner, (*key, name))
    elif isinstance(node, Sequence):
        for number, inner in enumerate(node.items):
            yield (*key, number), inner.place
            yield from places(inner, (*key, number))
    else:
        assert isinstance(node, Scalar)


def test_toml_places_are_where_the_keys_are_written():
    problems = Problems("a.toml")
    found = dict(places(parse_toml(TOML, problems)))
    assert problems.found == []

    def at(word):
        line = next(number for number, line in enumerate(TOML.splitlines(), 1) if word in line)
        return line, TOML.splitlines()[line - 1].index(word) + 1

    assert found[("port",)] == (1, 1)
    assert found[("steps", 1, "http", "form", "remember")] == at("remember")
    assert found[("steps", 2, "http", "json", "a", 2)] == at("'text'")
    assert found[("steps", 2, "expect", "json", "/ok")] == at('"/ok"')
    assert found[("steps", 3, "parallel", 1, "tcp")] == at("tcp")
    assert found[("runs", 1, "name")] == at('name = "migrate"')


def test_toml_strings_of_every_kind_are_passed_over():
    text = 'a = """\n[no]\n\\""" x = 1 """\n'
    text += "b = '''\n[[no]]'''\n\"c.d\" = '#'\ne.f = \"\\\"]\" # g = 1\nh = 1\n"
    found = dict(places(parse_toml(text, Problems("a.toml"))))
    assert found == {
        ("a",): (1, 1), ("b",): (4, 1), ("c.d",): (6, 1), ("e",): (7, 1), ("e", "f"): (7, 1), ("h",): (8, 1),
    }  # fmt: skip
    assert tomllib.loads(text)["c.d"] == "#"


@pytest.mark.parametrize(
    ("content", "line", "cause"),
    [
        ("port = 1\nsteps = [\n", 3, "Invalid value"),
        ("port = 1\nport = 2\n", 2, "Cannot overwrite a value"),
        ("[[steps]]\nhttp = '/'\n\n[[steps]]\nhtp = '/'\n", 5, "there is no key htp here"),
        ("[[steps]]\nhttp = '/'\nexpect = {\n  body = '('}\n", 3, "Invalid initial character"),
        ("[[runs]]\nname = 'a'\n[[runs.steps]]\nexec = ''\n", 4, "the command line is empty"),
        ("variables = {a = 'x', b = '${env:GONE}'}\r\n", 1, "has no variable GONE"),
        ("when = 2020-01-01\n", 1, "there is no key when here"),
    ],
)
def test_mistakes_in_toml_have_their_line(tmp_path, content, line, cause):
    (tmp_path / "a.toml").write_bytes(content.encode())
    with pytest.raises(ProbeFileError) as caught:
        load(tmp_path / "a.toml", {})
    (problem,) = caught.value.problems
    assert (problem.line, cause in problem.cause) == (line, True), problem


def test_yaml_and_its_schema_agree_on_what_is_right():
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(TOML), schema)


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": []},
        {"steps": [{"name": "a"}]},
        {"steps": [{"http": "/", "exec": "a"}]},
        {"steps": [{"http": {}}]},
        {"ready": {"log": "a", "port": 1}},
        {"runs": [{"command": "a"}]},
        {"port": 0},
    ],
)
def test_the_schema_refuses_what_loading_refuses(wrong, tmp_path):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(schema_text()))
    (tmp_path / "a.yaml").write_text(json.dumps(wrong))
    with pytest.raises(ProbeFileError):
        load(tmp_path / "a.yaml", {})


def test_every_key_is_described_for_editors():
    schema = json.loads(schema_text())
    bare = [
        f"{name}.{key}"
        for name, of in schema["$defs"].items()
        for key, value in of["properties"].items()
        if not value.get("description")
    ]
    assert bare == []


def test_an_anchor_used_often_is_made_once():
    problems = Problems("a.yaml")
    node = parse_yaml("a: &x [1]\nb: [*x, *x]", problems)
    (_, _, first), (_, _, second) = node.entries
    assert second.items == (first, first)
    assert second.items[0] is first


def test_what_a_plain_scalar_is_in_json():
    """YAML 1.2.2, section 10.3.2."""
    text = "[1, -1, 0o17, 0x1F, 1.5, .5, 1e3, true, TRUE, null, ~, no, 1_000, '5', !!str 5, 2020-01-01, .inf]"
    node = parse_yaml(text, Problems("a.yaml"))
    assert [item.value for item in node.items] == [
        1, -1, 15, 31, 1.5, 0.5, 1000.0, True, True, None, None, "no", "1_000", "5", "5",
        "2020-01-01", ".inf",
    ]  # fmt: skip
