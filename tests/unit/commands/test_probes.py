"""`slim probes check` and `slim probes schema`; init needs an engine."""

import json

import jsonschema
import pytest
from click.testing import CliRunner

from probes.files.schema import schema_text as probe_file_schema
from slim.cli import slim
from slim.errors import UsageError
from slim.report.probes_model import ProbesCheck
from slim.report.schemas.__main__ import schema_text

FILE = """\
port: 8000
ready: {log: listening}
variables: {user: ada, password: secret-word}
steps:
  - name: log in
    http:
      path: /login
      form: {user: "${user}", password: "${password}"}
      headers: {x-key: secret-key}
    expect: {status: [200, 204], headers: {x: y}, body: hello, json: {/ok: true}}
    capture: {token: {json: /token}}
  - http: {path: /api, json: {a: 1}, bearer: "${token}", port: 81}
  - exec: id -u
    expect: {exit_code: 3}
  - host: curl $SLIM_URL
  - tcp: {port: 6379, send: PING}
  - websocket: {path: /live, send: [a, b]}
  - grpc_health: shop
  - until: {seconds: 1.5}
  - parallel: [{http: /a}, {tcp: 1}]
  - http:
      path: /upload
      multipart: [{field: a, content: b}, {field: f, content: c, filename: d.txt}]
  - http: {path: /text, method: put, body: abc}
runs:
  - {name: worker, command: "work 'the mail'", idle: true}
  - {name: tool, entrypoint: sh -c, command: [ls], exit_code: 2}
"""
TOLD = """\
a.yaml: 11 steps in 3 runs
main: the image's own command, once the log says listening
    1  log in: http POST /login with the fields user, password · expects 200 or 204, header x, /hello/, /o…
    2  http POST /api with 7 bytes of application/json on port 81
    3  exec id -u · expects exit code 3
    4  host curl $SLIM_URL
    5  tcp 6379, sends 4 bytes
    6  websocket /live, sends 2
    7  grpc health of shop
    8  waits until 1.5 s have passed
    9  at the same time: http GET /a | tcp 1
   10  http POST /upload with 1 fields and 1 files
   11  http PUT /text with 3 bytes
worker: work 'the mail'
       no steps: what can be exercised is found out
tool: sh -c ls
       runs to its own end, with exit code 2
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(slim, ["probes", *arguments])


def test_check_tells_what_a_file_would_do_one_line_a_step(run, tmp_path):
    (tmp_path / "a.yaml").write_text(FILE)
    done = run("check", "a.yaml")
    assert (done.exit_code, done.output) == (0, TOLD)
    assert "secret" not in done.output


def test_check_for_machines_follows_its_schema(run, tmp_path):
    (tmp_path / "a.yaml").write_text(FILE)
    (tmp_path / "b.toml").write_text("prot = 1\n[[steps]]\nhtp = '/'\n")
    done = run("check", "a.yaml", "b.toml", "gone.yaml", "--json")
    told = json.loads(done.output)
    jsonschema.validate(told, json.loads(schema_text(ProbesCheck)))
    assert done.exit_code == 2
    right, wrong, gone = told["files"]
    assert [run["name"] for run in right["runs"]] == ["main", "worker", "tool"]
    assert [step["kind"] for step in right["runs"][0]["steps"]] == [
        "http", "http", "exec", "host", "tcp", "websocket", "grpc_health", "until", "parallel", "http",
        "http",
    ]  # fmt: skip
    assert [(one["file"], one["line"], one["key"]) for one in wrong["problems"]] == [
        ("b.toml", 1, "prot"), ("b.toml", 3, "steps[0].htp"),
    ]  # fmt: skip
    assert (wrong["runs"], gone["problems"][0]["line"]) == ([], 0)


def test_check_tells_the_mistakes_of_all_files_and_what_the_others_do(run, tmp_path):
    (tmp_path / "a.yaml").write_text("steps: [{http: /}]")
    (tmp_path / "b.yaml").write_text("prot: 1\nruns: [{name: a, idle: perhaps}]")
    done = run("check", "b.yaml", "a.yaml", "gone.toml")
    assert isinstance(done.exception, UsageError)
    assert done.exception.message == "3 mistakes in b.yaml, gone.toml"
    assert done.exception.cause.splitlines() == [
        "b.yaml:1:1: prot: there is no key prot here; did you mean port?",
        "b.yaml:2:24: runs[0].idle: true or false is wanted, and this is 'perhaps'; write true or false",
        "gone.toml: it cannot be read: No such file or directory; give the path of a readable file",
    ]
    assert done.output == "a.yaml: 1 step in 1 run\nmain: the image's own command\n    1  http GET /\n"


def test_the_schema_is_printed_as_it_is_shipped(run):
    assert run("schema").output == probe_file_schema()


@pytest.mark.parametrize(
    ("output", "message"),
    [("there.yaml", "there.yaml exists"), ("a.toml", "--output a.toml is not called as a YAML file is")],
)
def test_init_refuses_an_output_before_anything_runs(run, tmp_path, output, message):
    (tmp_path / "there.yaml").write_text("mine")
    done = run("init", "no-such-image", "-o", output)
    assert (type(done.exception), done.exception.message) == (UsageError, message)
    assert (tmp_path / "there.yaml").read_text() == "mine"


@pytest.mark.parametrize("verb", ["run", "trace"])
def test_a_wrong_probe_file_is_told_before_any_engine_is_asked(verb, tmp_path):
    (tmp_path / "a.yaml").write_text("steps: [{htpp: /}]")
    arguments = [verb, "no-such-image", "--host", "tcp://127.0.0.1:1", "--probes", str(tmp_path / "a.yaml")]
    done = CliRunner().invoke(slim, arguments)
    assert isinstance(done.exception, UsageError)
    assert done.exception.remedy == "did you mean http?"


def test_a_file_that_leaves_the_images_own_command_out_goes_with_no_probes_of_it(tmp_path):
    (tmp_path / "a.yaml").write_text("main: false\nruns: [{name: a, command: b}]")
    arguments = ["run", "no-such-image", "--http-probe", "/", "--probes", str(tmp_path / "a.yaml")]
    done = CliRunner().invoke(slim, arguments)
    assert isinstance(done.exception, UsageError)
    assert done.exception.cause == "that is for the image's own command, which is not run"


def test_check_shows_no_secret_of_the_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-value")
    (tmp_path / "a.yaml").write_text(
        "steps:\n  - exec: deploy --key ${env:SHOP_TOKEN}\n  - http: /a?k=${env:SHOP_TOKEN}\n"
        "runs: [{name: a, command: 'x ${env:SHOP_TOKEN}'}]"
    )
    (tmp_path / "b.yaml").write_text("steps: [{http: '${env:SHOP_TOKEN}'}]")
    for arguments in (("check", "a.yaml"), ("check", "a.yaml", "--json")):
        done = run(*arguments)
        assert done.exit_code == 0
        assert "deploy" in done.output
        assert "s3cr3t" not in done.output
    error = run("check", "b.yaml").exception
    assert error.cause == (
        "b.yaml:1:16: steps[0].http: '${env:SHOP_TOKEN}' is not a path; write /${env:SHOP_TOKEN}"
    )
