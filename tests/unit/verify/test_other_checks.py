"""Images whose HEALTHCHECKs are different commands."""

from probes.watch.trace import Access, Trace, Use
from slim.verify.health import whatever_the_checks_do
from slim.verify.model import Difference, Verdict


def trace(*accesses):
    made = tuple(Access(path, Use.EXEC, "", "/bin/sh", 1, probe, 0.1, 1) for path, probe in accesses)
    return Trace("sha256:0", True, accesses=made)


FAT = trace(("/bin/sh", "healthcheck"), ("/bin/sh", "start"), ("/bin/ls", "GET /"), ("/bin/app", "start"))
SLIM = trace(("/check", "healthcheck"), ("/bin/app", "start"))


def left(*differences):
    verdict = whatever_the_checks_do(Verdict(2, 1, differences, (), ()), "healthcheck", (FAT, SLIM))
    return verdict.differences, verdict.agreed


def test_what_a_check_prints_and_starts_is_its_own():
    printed = Difference("healthcheck", "standard output", "", "PONG")
    started = Difference("the run", "process started", "/bin/sh", "")
    new = Difference("the run", "process started", "", "/check")
    assert left(printed, started, new) == ((), 2)


def test_a_check_that_does_not_pass_differs():
    failed = Difference("healthcheck", "exit code", "0", "1")
    assert left(failed) == ((failed,), 1)


def test_what_others_start_and_print_counts():
    started = Difference("the run", "process started", "/bin/ls", "")
    app = Difference("the run", "process started", "/bin/app", "")
    body = Difference("GET /", "body", "a", "b")
    assert left(started, app, body) == ((started, app, body), 1)
