"""When a run is over: real processes that work, rest, and end."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from probes.exercise.processes import cpu_seconds
from probes.quiet import until_quiet


@contextmanager
def program(text: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has printed its first line."""
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def entries(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_a_program_that_rests_is_over_after_the_quiet_time():
    with program("print('ready', flush=True); input()") as process:
        waited, why = until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.2, bound=20)
    assert 0.2 <= waited < 2
    assert why == ""


def test_a_program_that_computes_without_a_new_path_is_waited_for():
    text = (
        "import time; print('ready', flush=True); end = time.monotonic() + 0.6\n"
        "while time.monotonic() < end: pass\n"
        "input()"
    )
    with program(text) as process:
        waited, why = until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.2, bound=20)
    assert 0.6 <= waited < 5
    assert why == ""


def test_a_program_that_never_rests_is_waited_for_until_the_bound():
    with program("print('ready', flush=True)\nwhile True: pass") as process:
        waited, why = until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.1, bound=0.5)
    assert 0.5 <= waited < 2
    assert why == "its processes are busy"


def test_new_paths_are_news_although_little_is_computed(tmp_path: Path):
    text = (
        "import sys, time; print('ready', flush=True)\n"
        "for number in range(6):\n"
        f"    open(f'{tmp_path}/{{number}}', 'w').close(); time.sleep(0.1)\n"
        "input()"
    )
    with program(text) as process:
        waited, why = until_quiet(
            lambda: entries(tmp_path), partial(cpu_seconds, process.pid), quiet=0.3, bound=20
        )
        assert entries(tmp_path) == 6
    assert waited >= 0.5
    assert why == ""


def test_a_program_that_has_ended_is_quiet():
    with program("print('ready', flush=True)") as process:
        process.wait()
        began = time.monotonic()
        assert until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.1, bound=20)[1] == ""
    assert time.monotonic() - began < 2


def test_where_no_process_can_be_seen_paths_alone_decide():
    waited, why = until_quiet(lambda: 7, lambda: None, quiet=0.1, bound=20)
    assert 0.1 <= waited < 1
    assert why == ""
