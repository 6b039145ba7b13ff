import pytest

from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    TcpProbe,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import Body, Expect, Until, Upload
from probes.exercise.variables import UnknownVariable, expand, expand_text, literal

VARIABLES = {"id": "7", "name": 'Ada "A" Ü#1', "empty": ""}


def test_names_are_replaced_and_what_is_none_stands_for_itself():
    text = "a${id}b${empty}c $id ${ id } ${} ${1} $${id} $$ {id}"
    assert expand_text(text, VARIABLES) == "a7bc $id ${ id } ${} ${1} ${id} $$ {id}"


def test_a_value_is_no_template_again():
    assert expand_text("${a}", {"a": "${b}", "b": "no"}) == "${b}"


def test_a_text_can_be_made_to_stand_for_itself():
    text = "${id} $${id} $"
    assert expand_text(literal(text), {}) == text


def test_an_unknown_variable_names_itself_and_what_is_known():
    with pytest.raises(UnknownVariable) as caught:
        expand(HttpProbe("GET", "/${token}"), VARIABLES)
    assert str(caught.value) == (
        "the variable ${token} was neither given nor captured (known: empty, id, name)"
    )
    with pytest.raises(UnknownVariable, match="none is known"):
        expand_text("${token}", {})


def test_an_http_probe_is_expanded_where_it_has_text_and_keeps_its_name():
    probe = HttpProbe(
        "POST",
        "/u/${id}?q=${name}",
        headers=(("X-Name", "${name}"),),
        body=Body(fields=(("f", "${name}"),), uploads=(Upload("u", "${id}", b"${id}"),)),
        auth=("${id}", "${name}"),
        expect=Expect(headers=(("X", "^${name}$"),), body=("is ${name}",), json=(("/a", '"${name}"'),)),
    )
    ready = expand(probe, VARIABLES)
    assert ready.name == probe.name == "POST /u/${id}?q=${name}"
    assert ready.path == "/u/7?q=Ada%20%22A%22%20%C3%9C%231"
    assert ready.headers == (("X-Name", VARIABLES["name"]),)
    assert ready.body.fields == (("f", VARIABLES["name"]),)
    assert ready.body.uploads == probe.body.uploads, "files stay as they are"
    assert ready.auth == ("7", VARIABLES["name"])
    assert ready.expect.body == (r'is Ada\ "A"\ Ü\#1',)
    assert ready.expect.headers == (("X", r'^Ada\ "A"\ Ü\#1$'),)
    assert ready.expect.json == (("/a", r'"Ada \"A\" \u00dc#1"'),)


def test_a_path_that_was_captured_stays_a_path():
    assert expand(HttpProbe("GET", "${next}"), {"next": "/a/b?x=%20&y=1"}).path == "/a/b?x=%20&y=1"


def test_a_value_is_written_into_json_as_json_wants_it():
    body = Body(b'{"name": "${name}", "id": ${id}}', "application/json; charset=utf-8")
    ready = expand(HttpProbe("POST", "/", body=body), VARIABLES)
    assert ready.body.content == b'{"name": "Ada \\"A\\" \\u00dc#1", "id": 7}'


def test_other_bodies_take_values_as_they_are_and_binary_ones_stay():
    text = expand(HttpProbe("POST", "/", body=Body("x=${name}\xff".encode("latin-1"))), VARIABLES)
    assert text.body.content == b'x=Ada "A" \xc3\x9c#1\xff'
    binary = HttpProbe("POST", "/", body=Body(b"\x00$\xff{"))
    assert expand(binary, VARIABLES).body == binary.body


def test_what_a_crawl_made_up_is_no_template_but_for_its_headers():
    made = HttpProbe("POST", "/${id}", headers=(("A", "${id}"),), body=Body(b"${unknown}"), found_by="crawl")
    ready = expand(made, VARIABLES)
    assert (ready.path, ready.headers, ready.body) == ("/${id}", (("A", "7"),), made.body)


def test_an_operation_names_captured_values_in_its_path():
    made = HttpProbe("PUT", "/${id}", body=Body(b"${unknown}"), found_by="openapi")
    ready = expand(made, VARIABLES)
    assert (ready.path, ready.body) == ("/7", made.body)


def test_command_lines_are_left_to_the_shell():
    assert expand(ExecProbe("echo ${id}"), VARIABLES).command == "echo ${id}"
    assert expand(HostProbe("echo ${HOME}"), {}).command == "echo ${HOME}"
    assert expand(ExecProbe("x", expect=Expect(body=("${id}",))), VARIABLES).expect.body == ("7",)


def test_the_other_kinds_are_expanded_too():
    assert expand(TcpProbe(1, b"GET ${id}\r\n\xff"), VARIABLES).send == b"GET 7\r\n\xff"
    socket = expand(WebSocketProbe("/${id}", ("hi ${id}",), headers=(("C", "${id}"),)), VARIABLES)
    assert (socket.path, socket.messages, socket.headers) == ("/7", ("hi 7",), (("C", "7"),))
    assert expand(GrpcHealthProbe("s${id}"), VARIABLES).service == "s7"
    until = expand(UntilProbe(Until(log="user ${name}", http="/u/${id}")), VARIABLES)
    assert (until.until.log, until.until.http) == (r'user Ada\ "A"\ Ü\#1', "/u/7")
    assert until.name == "until the log says user ${name}"
