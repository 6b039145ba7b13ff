"""What the first probe waits for, and waiting in the midst of probes, in real containers."""

from __future__ import annotations

import dataclasses
import time

import docker
import pytest
from exercised import http_server

from probes.exercise.exchange import Result
from probes.exercise.model import (
    ExecProbe,
    ExitProbe,
    HealthProbe,
    HostProbe,
    HttpProbe,
    StartProbe,
    UntilProbe,
)
from probes.exercise.parts import Until
from probes.exercise.runner import exercise
from probes.exercise.session import Options
from slim.errors import EngineError, ExerciseError

pytestmark = pytest.mark.engine

GET = HttpProbe("GET", "/")
HEALTH = HealthProbe(("python3", "health.py", "8000"))
"""The HEALTHCHECK of the image flask-debian."""
LATE = (
    "import threading, time\nprint('starting', flush=True)\n"
    "def healthy():\n    time.sleep(1)\n    open('/tmp/healthy', 'w').close()\n    print('now ready')\n"
    "threading.Thread(target=healthy).start()\n"
)
"""Listens at once, but needs a second until it is of use."""
IS_HEALTHY = HealthProbe(("sh", "-c", "echo looking >&2; test -e /tmp/healthy"))

AGAIN = """
import http.server, time
asked = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(204)
        self.end_headers()
while True:
    server = http.server.HTTPServer(("", 8000), Handler)
    while len(asked) != 1:
        server.handle_request()
    asked.append("")
    server.server_close()
    time.sleep(1.5)
"""
"""Listens until it was asked, and after a pause again."""

DIE = 'import urllib.request; urllib.request.urlopen("http://127.0.0.1:8000/die")'


def ready(session, until=None, health=None, **options):
    options = dataclasses.replace(session.options, **options)
    return dataclasses.replace(session, ready=until, health=health, options=options)


def test_the_healthcheck_is_waited_for_and_is_the_last_probe(start):
    session = ready(start.python(LATE + http_server()), health=IS_HEALTHY)
    done = exercise((ExecProbe("test -e /tmp/healthy"),), session, health=IS_HEALTHY)
    assert [(one.probe, one.passed) for one in done.exchanges] == [
        ("exec test -e /tmp/healthy", True), ("healthcheck", True)
    ]  # fmt: skip
    assert done.probes[-1] == IS_HEALTHY
    assert start.said[0] == "waiting until the healthcheck passes"
    assert start.said[1].endswith("tried 1 times, now: exit code 1: looking")
    assert done.exchanges[0].seconds < 1, "waiting is not part of the probe"


def test_a_healthcheck_that_never_passes_is_an_error_with_its_last_output(start):
    health = HealthProbe(("sh", "-c", "echo no database >&2; exit 3"))
    session = ready(start.python(http_server()), health=health, start_timeout=3)
    with pytest.raises(ExerciseError, match="its HEALTHCHECK did not pass") as caught:
        exercise((GET,), session, health=health)
    assert "not within 3 s; tried" in caught.value.cause
    assert "the last time: exit code 3: no database" in caught.value.cause
    assert "its last output:\n  no database" in caught.value.cause
    assert "--start-timeout" in caught.value.remedy


def test_its_own_timeout_counts_where_it_is_longer(start):
    slow = HealthProbe(("sleep", "1.5"), timeout=10, start_period=3600)
    session = ready(start.python(http_server()), health=slow, start_timeout=8, probe_timeout=0.5)
    done = exercise((GET,), session, health=slow)
    assert [one.passed for one in done.exchanges] == [True, True]
    begin = time.monotonic()
    never = dataclasses.replace(slow, argv=("false",))
    with pytest.raises(ExerciseError, match="HEALTHCHECK did not pass"):
        exercise((GET,), ready(session, health=never, start_timeout=1), health=never)
    assert time.monotonic() - begin < 5, "a start timeout of the user's wins over the image's start period"


def test_a_healthcheck_that_hangs_is_cut_off(start):
    health = HealthProbe(("sleep", "60"))
    session = ready(start("sleep", "60"), health=health, start_timeout=0.5)
    begin = time.monotonic()
    with pytest.raises(ExerciseError, match="HEALTHCHECK did not pass") as caught:
        exercise((), session, health=health)
    assert "killed after" in caught.value.cause
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("network", ["", "none"])
def test_a_program_that_ends_by_itself_needs_not_become_healthy(start, network):
    session = ready(start("sh", "-c", "sleep 0.5; echo done", network=network), health=HEALTH)
    done = exercise((), session, health=HEALTH)
    assert done.probes == (ExitProbe(),)
    assert done.exchanges[0].body == b"done\n"
    started = len(start.said)
    session = ready(start("sh", "-c", "echo again", network=network), health=HEALTH)
    replayed = exercise(done.probes, session, health=HEALTH)
    assert replayed.exchanges[0].body == b"again\n"
    assert start.said[started:] == ["waiting for the program to end"], "the replay waits for nothing else"


def test_a_life_of_another_command_may_fail_the_healthcheck(start):
    session = ready(start("sleep", "60"), health=HEALTH)
    begin = time.monotonic()
    done = exercise((ExecProbe("true"),), session, health=HEALTH, idle=True)
    assert (len(done.probes), [one.passed for one in done.exchanges]) == (1, [True])
    assert done.notes[0].startswith("the HEALTHCHECK is left out, as it does not pass: healthcheck exited")
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "until",
    [
        Until(log="^now r.ady$"),
        Until(http="/ready"),
        Until(command="test -e /tmp/healthy"),
        Until(port=8000),
        Until(seconds=1.2),
    ],
)
def test_what_the_user_says_is_waited_for(start, until):
    listens_late = http_server(delay=1.2) if until.port or until.http else http_server()
    session = ready(start.python(LATE + listens_late), until)
    done = exercise((ExecProbe("cat /tmp/healthy"), GET), session)
    assert [one.passed for one in done.exchanges] == [True, True]
    assert start.said[0].startswith("waiting until ")


def test_the_healthcheck_is_not_waited_for_where_the_user_says_otherwise(start):
    session = ready(start.python(LATE + http_server()), Until(port=8000), health=IS_HEALTHY)
    first, health = exercise((ExecProbe("test ! -e /tmp/healthy"),), session, health=IS_HEALTHY).exchanges
    assert first.passed, "it had not passed yet"
    assert health.passed, "as a probe it is tried until it passes"


def test_the_last_log_line_is_shown_while_the_log_is_waited_for(start):
    session = ready(
        start("sh", "-c", "for i in 1 2 3; do echo step $i >&2; sleep 0.2; done; printf ready; sleep 0.5"),
        Until(log="step 3"),
        start_timeout=10,
    )
    assert exercise((ExecProbe("true"),), session).exchanges[0].passed
    assert "waiting until the log says step 3; now: step 2" in start.said


def test_a_line_that_never_comes_is_an_error_with_what_came(start):
    program = "echo hello; while :; do sleep 0.05; done"
    session = ready(start("sh", "-c", program), Until(log="ready"), start_timeout=0.7)
    with pytest.raises(ExerciseError, match="never came true: the log says ready") as caught:
        exercise((ExecProbe("true"),), session)
    assert "not within 0.7 s; the last line was: hello" in caught.value.cause


def test_a_log_without_end_is_read_as_it_comes(start):
    program = "yes 'line after line' | head -c 3000000; echo; echo ready; sleep 60"
    session = ready(start("sh", "-c", program), Until(log="^ready$"))
    assert exercise((ExecProbe("true"),), session).exchanges[0].passed


def test_without_a_network_log_command_and_port_are_waited_for(start):
    for until in (Until(log="now ready"), Until(command="test -e /tmp/healthy"), Until(port=8000)):
        session = ready(start.python(LATE + http_server("127.0.0.1"), network="none"), until)
        (exchange,) = exercise((ExecProbe("true"),), session).exchanges
        assert exchange.passed


def test_a_container_that_ends_before_it_is_ready_is_told_with_its_log(start):
    session = ready(start("sh", "-c", "echo no config; exit 3"), Until(log="ready"))
    with pytest.raises(ExerciseError, match="exited with code 3") as caught:
        exercise((GET,), session)
    assert "no config" in caught.value.cause


def test_a_host_probe_knows_every_port_after_a_command_was_waited_for(start):
    other = "import socket\nother = socket.create_server(('0.0.0.0', 7000))\n"
    other += "own = socket.create_server(('127.0.0.1', 7001))\n"
    session = start.python(other + http_server(), exposed=(8000,))
    session = dataclasses.replace(session, environment={"PATH": "/usr/bin:/bin", "SLIM_PORT": "old"})
    probes = (ExecProbe("true"), HostProbe("env"))
    told = exercise(probes, session, variables={"token": "a b", "odd": "x\0y"}).exchanges[1].body.decode()
    found = dict(line.split("=", 1) for line in told.splitlines())
    address = session.container.state().addresses[0]
    ours = {name: value for name, value in found.items() if name.startswith("SLIM_")}
    assert ours == {
        "SLIM_CONTAINER": session.container.name,
        "SLIM_HOST": address,
        "SLIM_PORT": "8000",
        "SLIM_PORT_7000": "7000",
        "SLIM_PORT_8000": "8000",
        "SLIM_URL": f"http://{address}:8000",
    }
    assert (found["token"], "odd" in found) == ("a b", False)


def test_from_afar_ports_are_those_that_are_published(start_far):
    session = start_far.python(http_server(), publish=(8000,))
    published = session.container.state().published[8000][1]
    probe = HostProbe('test "$SLIM_PORT_8000" = "$SLIM_PORT" && echo "$SLIM_PORT_8000"')
    (exchange,) = exercise((probe,), session).exchanges
    assert (exchange.body, published != 8000) == (f"{published}\n".encode(), True)


def test_an_exec_probe_is_the_images_user_with_its_environment_and_folder(start):
    session = start("sleep", "60", workdir="/app/data", environment=(("SHOP", "one"),))
    probe = ExecProbe('id -un; pwd; echo "$SHOP $PYTHONDONTWRITEBYTECODE $token"; id -Gn')
    (exchange,) = exercise((probe,), session, variables={"token": "a b"}).exchanges
    assert exchange.body.decode().splitlines() == ["app", "/app/data", "one 1 a b", "app audio"]
    assert exchange.sent.line == probe.command


def test_commands_have_a_timeout_of_their_own(start):
    session = start("sleep", "60")
    probes = (ExecProbe("sleep 50", timeout=0.4), HostProbe("sleep 50", timeout=0.4))
    begin = time.monotonic()
    exchanges = exercise(probes, session).exchanges
    assert [one.result for one in exchanges] == [Result.TIMED_OUT, Result.TIMED_OUT]
    assert exchanges[0].detail.startswith("killed after 0.4 s; give a longer --probe-timeout")
    assert time.monotonic() - begin < 8
    look = ExecProbe(r"cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -c 'sleep 5[0]'")
    (left,) = exercise((look,), session).exchanges
    assert left.body == b"0\n", "none is left"


def test_waiting_in_the_midst_of_probes(start):
    session = start.python(LATE + http_server())
    probes = (
        GET,
        UntilProbe(Until(log="now ready")),
        ExecProbe("test -e /tmp/healthy"),
        UntilProbe(Until(http="/error"), timeout=1.5),
        UntilProbe(Until(port=9), timeout=0.5, title="nine"),
        UntilProbe(Until(health=True)),
        UntilProbe(Until(command="exit 4"), timeout=2),
    )
    done = exercise(probes, session).exchanges
    assert [one.passed for one in done] == [True, True, True, False, False, False, False]
    assert (done[1].kind, done[1].sent.line) == ("until", "until the log says now ready")
    told = [one.detail for one in done[3:]]
    assert [one.result for one in done[3:]] == [
        Result.TIMED_OUT, Result.TIMED_OUT, Result.REFUSED, Result.TIMED_OUT
    ]  # fmt: skip
    assert told[0].startswith("not within 1.5 s; tried ") and told[0].endswith(":8000: status 500")
    assert (done[4].probe, told[1]) == ("nine", "not within 0.5 s; it listens on 0.0.0.0:8000")
    assert told[2] == "the image has no HEALTHCHECK"
    assert told[3].startswith("not within 2 s; tried ") and told[3].endswith("the last time: exit code 4")


def test_a_port_that_was_open_before_is_waited_for_once_more(start):
    again = UntilProbe(Until(port=8000), timeout=10)
    done = exercise((HttpProbe("GET", "/", 8000), again, GET), start.python(AGAIN)).exchanges
    assert [one.passed for one in done] == [True, True, True], done
    assert done[1].seconds > 0.5


def test_a_container_that_dies_while_it_is_waited_for_is_told(start):
    for until in (
        Until(log="never"),
        Until(port=9),
        Until(http="/error"),
        Until(command="false"),
        Until(seconds=9),
    ):
        session = start.python(http_server())
        kill = ExecProbe(f"(sleep 0.4; python3 -c '{DIE}') >/dev/null 2>&1 &")
        session = dataclasses.replace(session, options=Options(probe_timeout=8))
        _, _, died = exercise((GET, kill, UntilProbe(until)), session).exchanges
        assert (died.result, died.kind) == (Result.DIED, "until"), until
        assert died.seconds < 5


def test_a_log_that_cannot_be_read_back_is_an_error_of_the_engine(start, engine):
    client = docker.from_env()
    session = start("sleep", "60")
    silent = client.containers.run(
        client.containers.get(session.container.id).image.id,
        entrypoint=["sleep", "60"], detach=True, log_config={"type": "none"},
    )  # fmt: skip
    start.containers.append(engine.find_container(silent.id)[0])
    session = dataclasses.replace(session, container=start.containers[-1], ready=Until(log="ready"))
    with pytest.raises(EngineError, match="cannot read the output"):
        exercise((ExecProbe("true"),), session)
    client.close()


BUSY = "while True: sum(range(100000))"


@pytest.mark.parametrize("spec", [{}, {"network": "none"}, {"exposed": (8000,)}])
def test_a_worker_without_a_port_is_not_waited_for_longer_than_its_user_said(start, spec):
    worker = start("python3", "-c", f"print('at work', flush=True)\n{BUSY}", **spec)
    session = ready(worker, Until(log="at work"), allow_unexercised=True, start_timeout=60)
    begin = time.monotonic()
    assert exercise((), session).probes == (StartProbe(),)
    assert time.monotonic() - begin < 10


def test_a_server_that_listens_soon_after_is_asked_and_a_program_that_ends_is_none_to_ask(start):
    late = "print('at work', flush=True)\n" + http_server(delay=1)
    session = ready(start.python(late), Until(log="at work"), allow_unexercised=True)
    assert exercise((), session).exchanges[0].status == 200
    ends = start("sh", "-c", "echo at work; sleep 1")
    session = ready(ends, Until(log="at work"), allow_unexercised=True)
    assert exercise((), session).probes == (ExitProbe(),)
