"""When a run is over: by a clock that only waiting moves, and once by real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from probes.exercise.processes import cpu_seconds
from probes.quiet import POLL_SECONDS, until_quiet


class Clock:
    """Time passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)

    @property
    def passed(self) -> float:
        return self.now - 1000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


def rounded(waited: float) -> float:
    return round(waited, 3)


def test_what_rests_is_over_after_the_quiet_time(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: 3.0, quiet=0.2, bound=20, clock=clock)
    assert (rounded(waited), why) == (0.2, "")


def test_what_ticks_like_an_event_loop_rests(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: 0.05 * clock.passed, quiet=1, bound=20, clock=clock)
    assert (rounded(waited), why) == (1.0, "")


def test_what_computes_without_a_new_path_is_waited_for(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: min(clock.passed, 0.6), quiet=0.2, bound=20, clock=clock)
    assert (rounded(waited), why) == (0.8, "")


def test_what_computes_little_but_all_the_time_is_waited_for(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: 0.2 * min(clock.passed, 2.5), quiet=1, bound=20, clock=clock)
    assert (rounded(waited), why) == (3.0, "")


def test_what_never_rests_is_waited_for_until_the_bound(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: clock.passed, quiet=0.1, bound=0.5, clock=clock)
    assert (rounded(waited), why) == (0.5, "its processes are busy")


def test_a_process_that_ended_and_took_its_time_with_it_is_news(clock: Clock):
    waited, why = until_quiet(
        lambda: 7, lambda: 5.0 if clock.passed < 0.15 else 2.0, quiet=0.2, bound=20, clock=clock
    )
    assert (rounded(waited), why) == (0.4, "")


def test_new_paths_are_news_although_nothing_is_computed(clock: Clock):
    waited, why = until_quiet(
        lambda: min(int(clock.passed / 0.1), 6), lambda: 3.0, quiet=0.3, bound=20, clock=clock
    )
    assert 0.9 <= waited <= 0.9 + 2 * POLL_SECONDS
    assert why == ""


def test_new_paths_all_the_time_are_waited_for_until_the_bound(clock: Clock):
    waited, why = until_quiet(lambda: int(clock.passed / 0.1), lambda: 3.0, quiet=0.3, bound=2, clock=clock)
    assert (rounded(waited), why) == (2.0, "new paths are being used")


def test_where_no_process_can_be_seen_paths_alone_decide(clock: Clock):
    waited, why = until_quiet(lambda: 7, lambda: None, quiet=0.1, bound=20, clock=clock)
    assert (rounded(waited), why) == (0.1, "")


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


def test_a_real_program_that_rests_is_over_after_the_quiet_time():
    with program("print('ready', flush=True); input()") as process:
        waited, why = until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.2, bound=20)
    assert 0.2 <= waited < 2
    assert why == ""


def test_the_time_of_a_real_program_that_computes_is_seen(clock: Clock):
    """The clock is the program's own processor time: a busy machine gives it less, and waits longer."""
    with program("print('ready', flush=True)\nwhile True: pass") as process:
        used = partial(cpu_seconds, process.pid)

        def paths() -> int:
            clock.now = 1000.0 + (used() or 0.0)
            return 7

        clock.sleep = lambda _: time.sleep(0.01)  # type: ignore[method-assign]
        waited, why = until_quiet(paths, used, quiet=0.1, bound=0.5, clock=clock)
    assert 0.5 <= waited < 2
    assert why == "its processes are busy"


def test_real_files_are_news(tmp_path: Path):
    """As many as there are: the program makes the next one only when the last was counted."""
    text = (
        "print('ready', flush=True)\n"
        "for number in range(6):\n"
        f"    input(); open(f'{tmp_path}/{{number}}', 'w').close(); print('made', flush=True)\n"
        "input()"
    )
    with program(text) as process:

        def entries() -> int:
            if (made := len(list(tmp_path.iterdir()))) < 6:
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.stdout.readline() == "made\n"
            return made

        waited, why = until_quiet(entries, partial(cpu_seconds, process.pid), quiet=0.1, bound=20)
    assert len(list(tmp_path.iterdir())) == 6
    assert waited >= 0.1 + 5 * POLL_SECONDS
    assert why == ""


def test_a_program_that_has_ended_is_quiet():
    with program("print('ready', flush=True)") as process:
        process.wait()
        began = time.monotonic()
        assert until_quiet(lambda: 7, partial(cpu_seconds, process.pid), quiet=0.1, bound=20)[1] == ""
    assert time.monotonic() - began < 2
