import hashlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from probes.exercise.command import OUTPUT_KEPT, run_bounded, shell_argv
from slim.errors import Interrupted, UsageError

PATH = {"PATH": os.environ["PATH"]}


def sh(command, environment=PATH, timeout=20.0):
    return run_bounded(("/bin/sh", "-c", command), environment, timeout)


def gone(pid):
    """Whether a killed process has ended; the kernel may take a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
    return False


def test_outputs_and_exit_code_are_kept_apart():
    done = sh("echo out; echo err >&2; exit 3")
    assert (done.exit_code, bytes(done.stdout.head), bytes(done.stderr.head)) == (3, b"out\n", b"err\n")


def test_the_environment_is_exactly_what_was_given():
    done = sh("/usr/bin/env", {"SLIM_URL": "http://x", "PATH": "/nowhere"})
    names = {line.split(b"=")[0] for line in bytes(done.stdout.head).splitlines()}
    assert names <= {b"SLIM_URL", b"PATH", b"PWD", b"OLDPWD", b"SHLVL", b"_"}


def test_there_is_no_input():
    assert sh("cat", timeout=10).exit_code == 0


def test_a_signal_counts_as_a_shell_counts_it():
    assert sh("kill -TERM $$").exit_code == 128 + 15


def test_a_command_that_never_ends_is_killed_with_its_children(tmp_path):
    begin = time.monotonic()
    done = sh(f"sleep 1000 & echo $! > {tmp_path}/pid; wait", timeout=0.5)
    assert done.exit_code is None
    assert time.monotonic() - begin < 5
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_command_that_closed_its_outputs_is_still_waited_for():
    assert sh("exec >&- 2>&-; sleep 0.3; exit 4").exit_code == 4
    assert sh("exec >&- 2>&-; sleep 1000", timeout=0.3).exit_code is None


def test_a_background_child_does_not_hold_the_probe_up():
    begin = time.monotonic()
    done = sh("echo done; sleep 1000 &")
    assert (done.exit_code, bytes(done.stdout.head)) == (0, b"done\n")
    assert time.monotonic() - begin < 5


def test_a_child_that_left_the_group_does_not_hold_the_probe_up(tmp_path):
    begin = time.monotonic()
    done = sh(f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 20' & sleep 0.3; echo done")
    assert (done.exit_code, bytes(done.stdout.head)) == (0, b"done\n")
    assert time.monotonic() - begin < 10
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_large_output_is_hashed_whole_and_kept_in_part():
    done = sh("head -c 5000000 /dev/zero")
    assert (len(done.stdout.head), done.stdout.size) == (OUTPUT_KEPT, 5_000_000)
    assert done.stdout.digest.hexdigest() == hashlib.sha256(bytes(5_000_000)).hexdigest()


def test_endless_output_is_bounded_in_memory_and_time():
    done = sh("cat /dev/zero", timeout=0.5)
    assert (done.exit_code, len(done.stdout.head)) == (None, OUTPUT_KEPT)


def test_a_command_line_goes_to_the_shell_or_is_split_where_there_is_none():
    assert shell_argv("a 'b c'", ("/bin/sh", "-c")) == ("/bin/sh", "-c", "a 'b c'")
    assert shell_argv("a 'b c'", ()) == ("a", "b c")
    with pytest.raises(UsageError, match="No closing quotation"):
        shell_argv("a 'b", ())


def test_an_interruption_kills_the_command_with_its_children(tmp_path):
    def interrupt(number, frame):
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(Interrupted):
            sh(f"sleep 1000 & echo $! > {tmp_path}/pid; wait")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_command_ends_with_slim_even_where_slim_is_killed(tmp_path):
    program = "import sys; from probes.exercise.command import run_bounded; run_bounded(sys.argv[1:], {}, 60)"
    command = f"sleep 600 & echo $! $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pids; wait"
    slim = subprocess.Popen(
        [sys.executable, "-c", program, "/bin/sh", "-c", f"PATH={PATH['PATH']}; {command}"]
    )
    while not (tmp_path / "pids").exists():
        time.sleep(0.01)
    slim.kill()
    slim.wait()
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())
