"""What a run did besides answering."""

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import judged, page, run, wrote

from probes.exercise.logs import errors_of
from probes.watch.trace import Use
from slim.verify.beyond import _alike
from slim.verify.tokens import tokens


def beyond(*fats, slim):
    """Aspect and both sides of each difference of runs that are given by what they did."""
    made = [run(page("x"), **one) for one in (*fats, slim)]
    return [(one.aspect, one.fat, one.slim) for one in judged(*made[:-1], slim=made[-1]).differences]


def files(*paths, **more):
    return {"accesses": wrote(*paths, **more)}


def test_sockets_are_a_set():
    both = {"listening": ("0.0.0.0:80", "127.0.0.1:9000")}
    assert beyond(both, both, slim={"listening": ("127.0.0.1:9000", "0.0.0.0:80")}) == []
    assert beyond(both, both, slim={"listening": ("0.0.0.0:80",)}) == [("listening", "127.0.0.1:9000", "")]
    more = {"listening": ("0.0.0.0:80", "127.0.0.1:9000", "0.0.0.0:81")}
    assert beyond(both, both, slim=more) == [("listening", "", "0.0.0.0:81")]


def test_a_port_that_the_fat_runs_differ_in_may_be_any():
    fats = {"listening": ("0.0.0.0:80", "0.0.0.0:40123")}, {"listening": ("0.0.0.0:80", "0.0.0.0:51111")}
    assert beyond(*fats, slim={"listening": ("0.0.0.0:80", "0.0.0.0:33333")}) == []
    assert beyond(*fats, slim={"listening": ("0.0.0.0:40123",)}) == [("listening", "0.0.0.0:80", "")]
    assert beyond(*fats, slim={"listening": ("0.0.0.0:80",)}) == [("listening", "0.0.0.0:…", "")]
    assert beyond(*fats, {"listening": ("0.0.0.0:80",)}, slim={"listening": ("0.0.0.0:80",)}) == []


def test_a_container_that_died_on_slim_alone():
    assert beyond({}, {}, slim={"end": 1}) == [("end", "still running", "exit code 1")]
    assert beyond({"end": 0}, {"end": 0}, slim={"end": 3}) == [("end", "exit code 0", "exit code 3")]
    assert beyond({"end": 0}, {"end": None}, slim={"end": 0}) == []
    assert beyond({"end": 0}, {"end": 0}, slim={}) == []


def test_a_file_that_is_written_on_one_side_only():
    one = files("/run/a")
    assert beyond(one, one, slim=one) == []
    assert beyond(one, one, slim=files()) == [("file written", "/run/a", "")]
    assert beyond(one, one, slim=files("/run/a", "/var/core")) == [("file written", "", "/var/core")]


def test_a_file_that_is_gone_while_others_are_written():
    both = files("/data/index", "/run/a")
    assert beyond(both, both, slim=files("/run/a")) == [("file written", "/data/index", "")]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("/tmp/tmpab3_x9zk", "/tmp/tmpq7w2_e4r", "/tmp/tmpzzzzabcd"),
        ("/run/app.7.sock", "/run/app.9.sock", "/run/app.301.sock"),
        ("/tmp/pymp-a3b_dk2e/pym-1-4x", "/tmp/pymp-q7w2_e4r/pym-1-5y", "/tmp/pymp-xmnitzog/pym-1-6z"),
        ("/run/app.7.sock", "/run/app.7.sock", "/run/app.9.sock"),
        ("/var/cache/5b0e7d3c/x.bin", "/var/cache/6c0e7d3d/x.bin", "/var/cache/7d0e7d3e/x.bin"),
        ("/tmp/.ZendSem.qecTKD", "/tmp/.ZendSem.vNHEZP", "/tmp/.ZendSem.lsuPJr"),
        ("/tmp/.ZendSem.qecTK1", "/tmp/.ZendSem.vNHEZ2", "/tmp/.ZendSem.lsuPJr"),
        ("/tmp/upload-aZbYcX.part", "/tmp/upload-qWeRtY.part", "/tmp/upload-LkJhGf.part"),
    ],
)
def test_names_that_are_volatile(first, second, third):
    assert beyond(files("/a", first), files("/a", second), slim=files("/a", third)) == []
    assert beyond(files("/a", first), files("/a", second), slim=files("/a", third, "/core")) == [
        ("file written", "", "/core")
    ]
    assert len(beyond(files("/a", first), files("/a", second), slim=files("/a"))) == 1


def test_thousands_of_names_that_are_volatile_take_no_time():
    """Of eight small letters and digits one in nineteen has no digit: such a name is told from its like."""
    chance = random.Random(6)
    letters = string.ascii_lowercase + string.digits
    fats = [{f"/tmp/up-{''.join(chance.choices(letters, k=8))}" for _ in range(4000)} for _ in range(3)]
    began = time.process_time()
    assert beyond(*(files(*sorted(one)) for one in fats[:2]), slim=files(*sorted(fats[2]))) == []
    assert time.process_time() - began < 10


@given(st.lists(st.text("a7/-", min_size=1, max_size=6), min_size=2, max_size=2))
def test_names_are_alike_where_they_differ_in_parts_with_digits_of_about_one_length(both):
    mine, its = map(tokens, both)
    differing = [pair for pair in zip(mine, its, strict=False) if pair[0] != pair[1]]
    alike = len(mine) == len(its) and all(
        abs(len(one) - len(other)) <= 2 and "7" in one + other for one, other in differing
    )
    kind = ("/", "x")
    assert _alike({both[0]: kind}, [both[1]]) == ({both[1]: {kind}} if alike else {})


def test_what_is_no_file_of_the_container_is_left_out():
    other = files("/a", "/proc/self/oom_score_adj", "/dev/null", "/app/__pycache__/x.cpython-311.pyc")
    assert beyond(files("/a"), files("/a"), slim=other) == []
    late = {"accesses": (*wrote("/a"), *wrote("/b", probe="web: stop"))}
    assert beyond(files("/a"), files("/a"), slim=late) == []


def test_what_only_one_tracer_saw_is_no_difference():
    more = {"accesses": (*wrote("/a"), *wrote("/b", tracer="fanotify"))}
    assert beyond(more, files("/a"), slim=files("/a")) == []


def test_an_incomplete_trace_says_nothing_of_files():
    assert beyond(files("/a"), files("/a"), slim={**files("/b"), "complete": False}) == []


def test_processes_are_a_set():
    def started(*paths):
        return files(*paths, use=Use.EXEC)

    both = started("/bin/sh", "/usr/bin/git")
    assert beyond(both, both, slim=started("/usr/bin/git", "/bin/sh")) == []
    assert beyond(both, both, slim=started("/bin/sh")) == [("process started", "/usr/bin/git", "")]
    sides = beyond(started("/bin/sh"), started("/bin/sh"), slim=started("/bin/sh", "/bin/false"))
    assert sides == [("process started", "", "/bin/false")]


LOG = "2026-11-21 08:29:{:02} ERROR [worker-{}] cannot reach db:5432 (attempt {})"


def errors(*lines):
    return {"errors": lines}


def test_error_lines_of_the_log_whatever_their_number():
    fats = errors(LOG.format(11, 1, 1)), errors(LOG.format(15, 2, 1), LOG.format(16, 3, 2))
    assert beyond(*fats, slim=errors(LOG.format(44, 7, 9))) == []
    found = beyond(*fats, slim=errors(LOG.format(44, 7, 9), "ERROR: template index.html not found"))
    assert found == [("error in the log", "", "ERROR: template index.html not found")]
    assert beyond(errors(), errors(), slim=errors("panic: x")) == [("error in the log", "", "panic: x")]
    assert [one[0] for one in beyond(*fats, slim=errors())] == ["error in the log"]


def test_differences_beyond_probes_are_told_of_the_run():
    verdict = judged(run(page("x")), run(page("x")), slim=run(page("x"), listening=("0.0.0.0:1",)))
    assert [one.probe for one in verdict.differences] == ["the run"]
    assert (verdict.agreed, verdict.verified) == (1, False)


@pytest.mark.parametrize(
    "line",
    [
        "2026/11/21 08:29:20 [error] 7#7: *1 open() failed (2: No such file or directory)",
        "[2026-11-21 08:29:20 +0000] [7] [ERROR] Exception in worker process",
        'level=error msg="cannot open"',
        '{"level":"error","msg":"x"}',
        '{"level":50,"time":1,"msg":"x"}',
        "Traceback (most recent call last):",
        "jinja2.exceptions.TemplateNotFound: index.html",
        "django.core.exceptions.ImproperlyConfigured",
        "java.lang.NullPointerException: x",
        "panic: runtime error: index out of range",
        'FATAL:  role "x" does not exist',
        "sh: 1: git: not found",
    ],
)
def test_lines_at_error_level(line):
    assert errors_of(line.encode()) == (line,)


@pytest.mark.parametrize(
    "line",
    [
        '172.17.0.1 - - [21/Nov/2026:08:29:20 +0000] "GET /error HTTP/1.1" 200 12',
        "[2026-11-21 08:29:20 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000",
        "INFO: 0 errors found",
        '{"level":30,"msg":"errors: none"}',
    ],
)
def test_lines_that_are_none(line):
    assert errors_of(line.encode()) == ()


def test_error_lines_are_bounded():
    log = b"".join(b"ERROR %d %s\n" % (n, b"x" * 5000) for n in range(5000))
    found = errors_of(log)
    assert len(found) == 200
    assert max(map(len, found)) == 500
