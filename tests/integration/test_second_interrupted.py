"""Whatever ends slim while a second run goes on ends that too."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from busybox_image import busybox_image

from slim.commands.second import SECOND
from slim.engine.interface import Engine
from slim.engine.runs import LABEL, remove_leftovers

pytestmark = [pytest.mark.engine, pytest.mark.alone]

_PROGRAM = """
import sys, time
from pathlib import Path
from probes.exercise.model import ExecProbe
from probes.exercise.session import Options
from probes.life import Life
from slim.commands.exercising import Exercising
from slim.commands.observing import observe_life
from slim.commands.second import second_runs
from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec
from slim.engine.interrupts import interruptible
from slim.engine.read import read_image
from slim.engine.runs import open_run
from slim.errors import HostError, SlimError
from slim.progress import Stages
from slim.report.terminal import TerminalListener

temporary, image, waits = sys.argv[1:]
engine = connect()
try:
    with interruptible(), open_run(engine, temporary=Path(temporary)) as run:
        spec = ContainerSpec(
            image,
            entrypoint=("/bin/sh",),
            command=("-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"),
            volumes=(f"slim-test-{run.id}:/state",),
        )
        late = ExecProbe("test ! -e /state/first || sleep 100; : >/state/first")
        asked = Exercising(
            image=image,
            lives=(Life(spec, (late,)),),
            options=Options(probe_timeout=200),
            watch="strace",
            settle=0.5,
            held=None,
            environment={},
            accept_incomplete=False,
            portable=False,
        )
        setting = asked.setting(engine, run)
        fat = read_image(engine, image, run.folder)
        seen = (observe_life(setting, fat, asked.lives[0], asked, Stages(TerminalListener(None))),)
        with second_runs(setting, fat, seen, asked) as runs:
            print(run.id, flush=True)
            if waits == "waits":
                runs.again()
            if waits == "fails":
                time.sleep(1.5)
                raise HostError("of the build")
            time.sleep(1000)
except SlimError as error:
    print(error, flush=True)
    sys.exit(error.exit_code)
"""


@contextmanager
def other_slim(engine: Engine, folder: Path, waits: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process whose second run is in the middle of its probe; and the run's id."""
    arguments = [sys.executable, "-c", _PROGRAM, str(folder), busybox_image(), waits]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            identifier = process.stdout.readline().strip()
            late = time.monotonic() + 20
            while not list(engine.labelled(f"{SECOND}={identifier}")):
                assert time.monotonic() < late
                time.sleep(0.05)
            yield process, identifier
        finally:
            process.kill()


@pytest.mark.parametrize("waits", ["waits", "works"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_wherever_slim_is(engine: Engine, tmp_path: Path, number: int, waits: str) -> None:
    with other_slim(engine, tmp_path, waits) as (process, identifier):
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(30) == 128 + number
        assert "interrupted" in process.stdout.read()
    assert time.monotonic() - began < 5
    assert list(engine.labelled(f"{LABEL}={identifier}")) == []


def test_an_error_elsewhere_is_the_one_that_is_told(engine: Engine, tmp_path: Path) -> None:
    with other_slim(engine, tmp_path, "fails") as (process, identifier):
        assert process.wait(10) == 7
        assert process.stdout.read() == "of the build\n"
    assert list(engine.labelled(f"{LABEL}={identifier}")) == []


def test_an_impatient_user_is_served_as_well(engine: Engine, tmp_path: Path) -> None:
    with other_slim(engine, tmp_path, "waits") as (process, identifier):
        time.sleep(0.5)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.001)
        assert process.returncode in (130, -signal.SIGINT, 1)
    assert list(engine.labelled(f"{LABEL}={identifier}")) == []


def test_what_kill_leaves_the_next_run_removes(engine: Engine, tmp_path: Path) -> None:
    with other_slim(engine, tmp_path, "works") as (process, identifier):
        process.kill()
        process.wait()
        told = remove_leftovers(engine, temporary=tmp_path)
    assert [line.split()[1] for line in told].count("container") >= 1
    assert list(engine.labelled(f"{LABEL}={identifier}")) == []
