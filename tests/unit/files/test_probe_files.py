"""What a probe file says, and how its mistakes are told."""

import pytest
from probe_file_mistakes import MISTAKES

from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    TcpProbe,
    Together,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import Body, Capture, Expect, Until, Upload
from probes.files.load import load
from probes.files.problems import ProbeFileError


def test_every_kind_of_step_becomes_its_probe(steps):
    assert steps("""
steps:
  - http: /
  - http: delete /items/1
  - {name: as root, exec: " id -u ", timeout: 5}
  - host: curl $SLIM_URL
  - tcp: 6379
  - tcp: {port: 6379, send: "PING\\r\\n"}
    expect: {body: PONG}
  - websocket: /live
  - websocket: {path: /live, send: [a, b], port: 81, headers: {origin: here}, tls: true}
  - grpc_health: ""
  - grpc_health: {service: shop, port: 50051, tls: true}
  - until: {log: started}
    timeout: 7.5
  - parallel: [{http: /a}, {exec: "true"}]
""") == (
        HttpProbe("GET", "/"),
        HttpProbe("DELETE", "/items/1"),
        ExecProbe("id -u", timeout=5.0, title="as root"),
        HostProbe("curl $SLIM_URL"),
        TcpProbe(6379),
        TcpProbe(6379, b"PING\r\n", expect=Expect(body=("PONG",))),
        WebSocketProbe("/live"),
        WebSocketProbe("/live", ("a", "b"), port=81, headers=(("origin", "here"),), tls=True),
        GrpcHealthProbe(""),
        GrpcHealthProbe("shop", 50051, tls=True),
        UntilProbe(Until(log="started"), timeout=7.5),
        Together((HttpProbe("GET", "/a"), ExecProbe("true"))),
    )


def test_everything_that_a_request_may_say(steps):
    (probe,) = steps("""
steps:
  - name: order
    http:
      method: put
      path: /orders?x=1
      port: 8443
      headers: {Accept: application/json, X-Number: 1.10}
      json: {item: 1, gift: true, note: null, words: [no, "1"]}
      auth: {user: admin, password: 0123}
      tls: true
      verify: true
      http2: true
      follow: false
      timeout: 3
      retries: 2
    expect:
      status: [200, 201]
      headers: {content-type: json$}
      body: [ordered, "\\\\d+"]
      json: {/id: 7, "": {a: [1]}}
    capture:
      token: {header: x-token}
      session: {cookie: sid}
      id: {json: /id}
      word: {regex: "a(b)c"}
      csrf: {html: csrf_token}
""")
    assert probe == HttpProbe(
        "PUT", "/orders?x=1", port=8443,
        headers=(("Accept", "application/json"), ("X-Number", "1.10")),
        body=Body(b'{"item":1,"gift":true,"note":null,"words":["no","1"]}', "application/json"),
        auth=("admin", "0123"), tls=True, verify=True, http2=True, follow=False, timeout=3.0, retries=2,
        title="order",
        expect=Expect(
            status=(200, 201), headers=(("content-type", "json$"),), body=("ordered", "\\d+"),
            json=(("/id", "7"), ("", '{"a": [1]}')),
        ),
        captures=(
            Capture("token", "header", "x-token"), Capture("session", "cookie", "sid"),
            Capture("id", "json", "/id"), Capture("word", "regex", "a(b)c"),
            Capture("csrf", "html", "csrf_token"),
        ),
    )  # fmt: skip


def test_bodies_and_files_are_read_when_the_file_is(written, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/order.json").write_bytes(b"{}")
    (tmp_path / "data/cat.png").write_bytes(b"\x89PNG\0")
    probes = load(written("""
steps:
  - http: {path: /, body: no}
  - http: {path: /, body_file: data/order.json}
  - http: {path: /, form: {a: 1, b: yes}}
  - http: {path: /, bearer: abc}
  - http:
      path: /
      multipart:
        - {field: title, content: A cat}
        - {field: picture, file: data/cat.png}
        - {field: note, content: hello, filename: n.bin, type: text/x-note}
"""), {}).main.probes  # fmt: skip
    assert [probe.body for probe in probes] == [
        Body(b"no"),
        Body(b"{}", "application/json"),
        Body(fields=(("a", "1"), ("b", "yes"))),
        None,
        Body(
            fields=(("title", "A cat"),),
            uploads=(
                Upload("picture", "cat.png", b"\x89PNG\0", "image/png"),
                Upload("note", "n.bin", b"hello", "text/x-note"),
            ),
        ),
    ]
    assert [probe.method for probe in probes] == ["POST", "POST", "POST", "GET", "POST"]
    assert probes[3].headers == (("authorization", "Bearer abc"),)


def test_words_are_what_they_look_like(written):
    """The Norway problem: what older YAML takes for booleans, numbers in base 60 and dates is text."""
    file = load(written("""
variables: {country: no, on: off, version: 1.10, port: 0x1F, time: 22:22, day: 2020-01-01, octal: 0777}
runs:
  - name: "5"
    env: {DEBUG: yes, EMPTY: "", BIG: 1_000}
    user: 1000
"""), {})  # fmt: skip
    assert dict(file.main.variables) == {
        "country": "no", "on": "off", "version": "1.10", "port": "0x1F", "time": "22:22",
        "day": "2020-01-01", "octal": "0777",
    }  # fmt: skip
    (run,) = file.runs
    assert run.environment == (("DEBUG", "yes"), ("EMPTY", ""), ("BIG", "1_000"))
    assert run.user == "1000"


@pytest.mark.parametrize(("word", "meant"), [("true", True), ("yes", True), ("On", True), ("off", False)])
def test_where_a_boolean_is_wanted_every_spelling_of_it_counts(steps, word, meant):
    (probe,) = steps(f"steps: [{{http: {{path: /, follow: {word}}}}}]")
    assert probe.follow is meant


def test_a_command_of_several_lines_is_called_after_its_first(steps):
    (probe,) = steps("steps:\n  - exec: |\n      set -e\n      ls /\n")
    assert (probe.command, probe.name) == ("set -e\nls /", "exec set -e …")


def test_repeat_does_a_step_so_often(steps):
    assert steps("steps: [{http: /, repeat: 3}]") == (HttpProbe("GET", "/"),) * 3


def test_the_environment_is_taken_where_it_is_named(written):
    file = load(
        written("""
port: ${env:PORT}
variables: {token: "${env:TOKEN}", region: "${env:REGION:-eu}", empty: "${env:EMPTY:-}", kept: "$${env:X}"}
steps:
  - http: {path: "/${env:TOKEN}", headers: {a: "${token}", b: "$${token}"}}
  - exec: echo ${HOME} ${env:TOKEN}
"""),
        {"TOKEN": "a${b", "PORT": "81"},
    )
    main = file.main
    assert main.port == 81
    assert dict(main.variables) == {"token": "a${b", "region": "eu", "empty": "", "kept": "${env:X}"}
    assert main.probes[0].path == "/a$${b", "what the environment says is no template"
    assert main.probes[0].headers == (("a", "${token}"), ("b", "$${token}"))
    assert main.probes[1].command == "echo ${HOME} a${b"


def test_anchors_merges_and_keys_of_ones_own(steps):
    assert steps("""
x-common: &common {method: HEAD, headers: {a: b}}
steps:
  - http: {<<: *common, path: /}
  - http: {path: /x, method: GET, <<: [*common, {port: 9}]}
""") == (
        HttpProbe("HEAD", "/", headers=(("a", "b"),)),
        HttpProbe("GET", "/x", headers=(("a", "b"),), port=9),
    )


@pytest.mark.parametrize(
    "content", ["\ufeffsteps:\n  - http: /\n", "steps:\r\n  - http: /\r\n", "---\nsteps: [{http: /}]\n..."]
)
def test_marks_of_editors_do_no_harm(steps, content):
    assert steps(content) == (HttpProbe("GET", "/"),)


@pytest.mark.parametrize(("content", "told"), MISTAKES, ids=[content[:40] for content, _ in MISTAKES])
def test_a_mistake_is_told_with_line_key_cause_and_remedy(problems, content, told):
    (found,) = problems(content)
    assert found[:2] == told[:2]
    assert told[2] in found[2]
    assert told[3] in found[3]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems):
    found = problems("""\
variabels: {}
steps:
  - http: {path: /, methd: PUT}
    expect: {body: "("}
  - exec: a
    http: /
  - tcp: {port: 0}
runs:
  - name: a
    prot: 1
    steps:
      - until: {}
""")
    assert [(line, key) for line, key, _, _ in found] == [
        (1, "variabels"), (3, "steps[0].http.methd"), (4, "steps[0].expect.body"), (5, "steps[1]"),
        (7, "steps[2].tcp.port"), (10, "runs[0].prot"), (12, "runs[0].steps[0].until"),
    ]  # fmt: skip


def test_the_error_of_one_mistake_is_a_sentence(written):
    path = written("steps:\n  - htpp: /\n")
    with pytest.raises(ProbeFileError) as caught:
        load(path, {})
    assert caught.value.message == f"the probe file {path}:2:5, key steps[0].htpp is wrong"
    assert (caught.value.cause, caught.value.remedy) == ("there is no key htpp here", "did you mean http?")


def test_the_error_of_many_mistakes_is_bounded(written):
    path = written("steps:\n" + "  - htpp: /\n" * 60)
    with pytest.raises(ProbeFileError) as caught:
        load(path, {})
    lines = caught.value.cause.splitlines()
    assert caught.value.message == f"the probe file {path} has 60 mistakes"
    assert lines[0] == f"{path}:2:5: steps[0].htpp: there is no key htpp here; did you mean http?"
    assert (len(lines), lines[-1]) == (51, "and 10 more")


def test_values_are_captured_of_commands_and_connections(steps):
    written = """\
steps:
      - {exec: make-token, capture: {token: {json: /token}}}
      - {host: date, capture: {day: {regex: "[0-9]+"}}}
      - {tcp: 7, capture: {banner: {regex: .+}}}
      - {websocket: /, capture: {id: {json: ""}}}
      - http: "/${token}/${day}/${banner}/${id}"
"""
    *captures, _ = (one.captures for one in steps(written))
    assert captures == [
        (Capture("token", "json", "/token"),),
        (Capture("day", "regex", "[0-9]+"),),
        (Capture("banner", "regex", ".+"),),
        (Capture("id", "json", ""),),
    ]


def test_variables_are_known_once_they_are_given_or_captured(steps, problems):
    assert steps("""
variables: {a: 1}
steps:
  - parallel:
      - http: "/${a}"
        capture: {b: {html: token}}
  - http: "/${b}"
  - exec: echo ${whatever}
""")
    ((_, key, cause, _),) = problems("steps:\n  - http: '/${b}'\n    capture: {b: {html: x}}")
    assert (key, cause[:4]) == ("steps[0]", "${b}")
