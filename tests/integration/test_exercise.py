"""Probes against real containers that serve, misbehave, end, or hide."""

from __future__ import annotations

import dataclasses
import time

import pytest
from exercised import http_server

from probes.exercise.exchange import Result
from probes.exercise.listeners import listeners
from probes.exercise.model import ExecProbe, ExitProbe, HostProbe, HttpProbe, StartProbe
from probes.exercise.runner import exercise, failures, transcribe
from probes.exercise.session import Options
from slim.errors import EngineError, ExerciseError

pytestmark = pytest.mark.engine

GET = HttpProbe("GET", "/")


def test_a_server_is_found_by_what_listens_and_probed_in_order(start):
    session = start.python(http_server())
    probes = (GET, HttpProbe("GET", "/error"), HttpProbe("GET", "/x?y=1"))
    done = exercise(probes, session)
    assert [(one.probe, one.status) for one in done.exchanges] == [
        ("GET /", 200), ("GET /error", 500), ("GET /x?y=1", 200)
    ]  # fmt: skip
    assert (done.probes, done.port) == (probes, 8000)
    assert start.marked == [probe.name for probe in probes]
    assert start.said[0] == "waiting for a TCP listener"
    assert start.said[1].endswith(":8000 to answer HTTP")
    assert failures(done.exchanges) == ("GET /error answered 500",)
    transcript = transcribe(done.exchanges, session)
    assert (transcript.listening, transcript.container_exit_code) == (("0.0.0.0:8000",), None)
    assert any("GET /x?y=1" in line for line in transcript.log_tail)


def test_a_server_that_is_late_is_waited_for(start):
    session = start.python(http_server(delay=1))
    (exchange,) = exercise((GET,), session).exchanges
    assert exchange.status == 200
    assert exchange.seconds < 1, "waiting is not part of the probe"


def test_the_port_that_answers_http_is_found_among_several(start):
    other = "import socket, threading\nsilent = socket.create_server(('0.0.0.0', 7000))\n" + (
        "def bark():\n"
        "    while True:\n"
        "        c, _ = silent.accept(); c.sendall(b'-ERR\\r\\n'); c.close()\n"
        "threading.Thread(target=bark, daemon=True).start()\n"
    )
    done = exercise((), start.python(other + http_server()))
    assert (done.probes, done.port) == ((GET,), 8000)
    assert done.exchanges[0].body == b"/ on 8000"


def test_an_exposed_port_comes_before_a_lower_one_that_also_serves(start):
    both = http_server(port=7000).replace(".serve_forever()", "") + http_server(port=8000)
    (exchange,) = exercise((GET,), start.python(both, exposed=(8000,))).exchanges
    assert exchange.body == b"/ on 8000"


def test_a_wrong_expose_does_not_hide_the_server(start):
    (exchange,) = exercise((GET,), start.python(http_server(), exposed=(9,))).exchanges
    assert exchange.status == 200


def test_a_port_that_never_listens_is_an_error_that_names_what_does(start):
    options = Options(port=9, start_timeout=1)
    with pytest.raises(ExerciseError, match="nothing listens on port 9") as caught:
        exercise((GET,), start.python(http_server(), options=options))
    assert "0.0.0.0:8000" in caught.value.cause
    assert caught.value.remedy == "give the right --port"


def test_a_server_on_loopback_is_out_of_reach_and_the_error_says_so(start):
    options = Options(port=8000, start_timeout=20)
    begin = time.monotonic()
    with pytest.raises(ExerciseError, match=r"only on 127\.0\.0\.1:8000") as caught:
        exercise((GET,), start.python(http_server("127.0.0.1"), options=options))
    assert "0.0.0.0" in caught.value.remedy
    assert time.monotonic() - begin < 10
    assert any("out of reach" in said for said in start.said)


def test_a_server_on_ipv6_only_where_the_network_has_none(start):
    with pytest.raises(ExerciseError, match=r"\[::\]:8000") as caught:
        exercise((GET,), start.python(http_server("::")))
    assert "IPv6 only" in caught.value.cause


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::"])
def test_with_the_hosts_network_loopback_and_ipv6_are_reached(start, address):
    port = {"127.0.0.1": 48231, "::1": 48232, "::": 48233}[address]
    session = start.python(http_server(address, port), network="host")
    done = exercise((), session)
    assert (done.port, done.exchanges[0].status) == (port, 200)
    assert [one.port for one in listeners(session)] == [port], "the host's other listeners do not count"


def test_with_no_network_an_http_probe_is_an_error(start):
    with pytest.raises(ExerciseError, match="cannot be reached") as caught:
        exercise((GET,), start.python(http_server(), network="none"))
    assert "--network none" in caught.value.remedy


def test_with_no_network_commands_and_one_shot_programs_work(start):
    (exchange,) = exercise((ExecProbe("id -u"),), start("sleep", "60", network="none")).exchanges
    assert exchange.passed
    done = exercise((), start("sh", "-c", "sleep 0.3; echo bye", network="none"))
    assert done.probes == (ExitProbe(),)


def test_a_user_defined_network_has_a_resolver_that_is_no_listener(start, engine):
    # Docker's resolver listens on 127.0.0.11 in each container of such a network.
    import docker

    client = docker.from_env()
    network = client.networks.create("slim-test-exercise-net", check_duplicate=True)
    try:
        session = start.python(http_server(delay=0.5), network=network.name)
        assert exercise((), session).port == 8000
        assert [str(one) for one in listeners(session)] == ["0.0.0.0:8000"]
    finally:
        for container in start.containers:
            container.remove()
        start.containers.clear()
        network.remove()
        client.close()


def test_a_container_that_ends_at_once_is_an_error_with_its_last_words(start):
    session = start("sh", "-c", "echo starting; echo 'no such table' >&2; exit 3")
    with pytest.raises(ExerciseError, match="exited with code 3 after") as caught:
        exercise((GET,), session)
    assert "no such table" in caught.value.cause
    assert caught.value.remedy


def test_a_one_shot_program_is_its_own_probe(start):
    done = exercise((), start("sh", "-c", "echo out; echo err >&2; exit 4"))
    (exchange,) = done.exchanges
    assert done.probes == (ExitProbe(),)
    assert (exchange.kind, exchange.exit_code, exchange.body, exchange.stderr) == (
        "exit", 4, b"out\n", b"err\n"
    )  # fmt: skip
    assert exchange.passed, "its exit code may be anything"


def test_a_server_that_fails_to_start_is_no_one_shot_program(start):
    with pytest.raises(ExerciseError, match="exited with code 1"):
        exercise((), start("sh", "-c", "echo no database >&2; exit 1", exposed=(8000,)))


def test_a_program_that_does_not_end_times_out(start):
    session = start("sleep", "60", options=Options(run_timeout=0.5))
    (exchange,) = exercise((ExitProbe(),), session).exchanges
    assert (exchange.result, exchange.exit_code) == (Result.TIMED_OUT, None)
    assert "--run-timeout" in exchange.detail


def test_a_probe_that_kills_the_server_is_told_with_exit_code_and_log(start):
    session = start.python(http_server())
    before, killed, after = exercise((GET, HttpProbe("GET", "/die"), GET), session).exchanges
    assert before.passed
    assert (killed.result, killed.exit_code, killed.status) == (Result.DIED, 7, None)
    assert "about to die" in killed.detail
    assert (after.result, after.exit_code) == (Result.DIED, 7)
    assert failures((before, killed, after))[0].startswith("GET /die found the container dead: exit code 7")


def test_a_command_that_kills_the_container_is_told(start):
    session = start("sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; done")
    (exchange,) = exercise((ExecProbe("kill -TERM 1; sleep 5; false"),), session).exchanges
    assert (exchange.result, exchange.exit_code) == (Result.DIED, 9)


def test_nothing_listens_and_nothing_ends_is_an_error_unless_allowed(start):
    options = Options(start_timeout=0.5)
    session = start("sleep", "60", options=options)
    with pytest.raises(ExerciseError, match="nothing was exercised") as caught:
        exercise((), session)
    assert "--allow-unexercised" in caught.value.remedy
    allowed = dataclasses.replace(session, options=dataclasses.replace(options, allow_unexercised=True))
    (started,) = exercise((), allowed).exchanges
    assert (started.kind, started.passed) == ("start", True)


def test_a_worker_that_may_idle_is_started_and_that_is_all(start):
    begin = time.monotonic()
    done = exercise((), start("sh", "-c", "while :; do sleep 0.2; done"), idle=True)
    assert done.probes == (StartProbe(),)
    assert "started only" in done.exchanges[0].detail
    assert time.monotonic() - begin < 10, "it does not wait for the start timeout"


def test_what_may_idle_but_ends_or_answers_is_exercised(start):
    late = start("sh", "-c", "sleep 1; echo out")
    assert exercise((), late, idle=True).probes == (ExitProbe(),)
    assert exercise((), start.python(http_server(delay=1)), idle=True).exchanges[0].status == 200


def test_a_listener_without_http_exercises_nothing(start):
    with pytest.raises(ExerciseError, match="nothing was exercised") as caught:
        exercise((), start("redis-server", "--protected-mode", "no", image="redis"))
    assert ":6379 accepts connections but does not answer HTTP" in caught.value.cause


def test_redis_is_exercised_by_commands_as_soon_as_it_listens(start):
    session = start("redis-server", image="redis", exposed=(6379,))
    exchanges = exercise((ExecProbe("redis-cli set a 1"), ExecProbe("redis-cli get a")), session).exchanges
    assert [one.body for one in exchanges] == [b"OK\n", b"1\n"]
    assert start.marked == ["exec redis-cli set a 1", "exec redis-cli get a"]


def test_a_server_that_says_nothing_is_ready_for_commands_when_it_listens(start):
    session = start("sh", "-c", "sleep 1; exec redis-server", image="redis", exposed=(6379,))
    (exchange,) = exercise((ExecProbe("redis-cli ping"),), session).exchanges
    assert exchange.body == b"PONG\n"


def test_a_worker_that_never_listens_takes_commands_soon(start):
    begin = time.monotonic()
    (exchange,) = exercise((ExecProbe("echo hello; exit 5"),), start("sleep", "60")).exchanges
    assert (exchange.result, exchange.exit_code, exchange.passed) == (Result.ANSWERED, 5, False)
    assert time.monotonic() - begin < 3
    assert failures((exchange,)) == ("exec echo hello; exit 5 exited with code 5: hello",)


def test_a_command_that_never_ends_is_cut_off(start):
    session = start("sleep", "60", options=Options(probe_timeout=0.5))
    (exchange,) = exercise((ExecProbe("sleep 50"),), session).exchanges
    assert (exchange.result, exchange.exit_code) == (Result.TIMED_OUT, None)


def test_an_exec_probe_is_wrapped(start):
    session = dataclasses.replace(start("sleep", "60"), wrap=lambda argv: ("env", "WRAPPED=1", *argv))
    (exchange,) = exercise((ExecProbe("echo $WRAPPED"),), session).exchanges
    assert exchange.body == b"1\n"


def test_a_host_probe_knows_where_the_container_is(start):
    session = start.python(http_server())
    command = (
        "python3 -c 'import os, urllib.request as u;"
        'print(u.urlopen(os.environ["SLIM_URL"] + "/x").read().decode())\';'
        "echo $SLIM_HOST:$SLIM_PORT; docker inspect -f '{{.State.Status}}' $SLIM_CONTAINER"
    )
    (exchange,) = exercise((HostProbe(command),), session).exchanges
    address = session.container.state().addresses[0]
    assert exchange.body.decode().split("\n") == ["/x on 8000", f"{address}:8000", "running", ""]
    assert exchange.passed


def test_a_host_probe_of_a_container_that_does_not_listen_has_no_url(start):
    session = start("sleep", "60", options=Options(start_timeout=0.5))
    (exchange,) = exercise((HostProbe("echo ${SLIM_URL-none}"),), session).exchanges
    assert exchange.body == b"none\n"


def test_an_image_without_a_shell_takes_plain_commands(start):
    session = start("/httpd", image="static", exposed=(8080,))
    (without,) = exercise((ExecProbe("/httpd --check"),), session).exchanges
    assert (without.passed, without.exit_code in (126, 127)) == (False, True)
    (exchange,) = exercise((ExecProbe("/httpd --check"),), dataclasses.replace(session, shell=())).exchanges
    assert exchange.passed


def test_a_far_engines_container_is_read_from_inside_and_reached_by_its_published_port(start_far):
    session = start_far.python(http_server(delay=0.5), publish=(8000,))
    done = exercise((), session)
    assert (done.port, done.exchanges[0].status) == (8000, 200)
    assert transcribe(done.exchanges, session).listening == ("0.0.0.0:8000",)
    assert any("waiting for 127.0.0.1:" in said for said in start_far.said)


def test_a_far_container_without_cat_is_taken_to_listen_where_it_should(start_far):
    session = start_far.python(http_server(), publish=(8000,), exposed=(8000,))
    blind = dataclasses.replace(session, cat=("/nonexistent/cat",))
    assert [one.port for one in listeners(blind)] == [8000]
    with pytest.raises(EngineError, match="listening sockets cannot be read"):
        listeners(dataclasses.replace(blind, exposed=()))


def test_a_far_container_ends_and_takes_commands_as_a_near_one_does(start_far):
    assert exercise((), start_far("sh", "-c", "echo out")).exchanges[0].body == b"out\n"
    (exchange,) = exercise((ExecProbe("echo hi"),), start_far("sleep", "60")).exchanges
    assert exchange.body == b"hi\n"
