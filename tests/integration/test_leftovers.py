"""A run leaves nothing behind: not when it ends, fails, is interrupted, or was killed before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from busybox_image import busybox_image
from images.started import docker

from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.runs import FOLDER_PREFIX, LABEL, Run, new_run_id, open_run, remove_leftovers
from slim.errors import EngineError, HostError

pytestmark = [pytest.mark.engine, pytest.mark.alone]

_PROGRAM = """
import sys, time
from pathlib import Path
from slim.engine.connect import connect
from slim.engine.interface import ContainerSpec
from slim.engine.interrupts import interruptible
from slim.engine.runs import open_run
from slim.errors import SlimError

engine = connect()
try:
    with interruptible(), open_run(engine, temporary=Path(sys.argv[1])) as run:
        container = engine.create_container(
            ContainerSpec(sys.argv[2], command=("/bin/sleep", "1000"), volumes=(f"slim-test-{run.id}:/v",)),
            labels=run.labels,
        )
        container.start()
        engine.create_volume(f"slim-test-own-{run.id}", labels=run.labels)
        engine.tag_image(sys.argv[2], run.pending_reference)
        (run.folder / "file").write_text("x")
        print(run.id, flush=True)
        container.wait()
except SlimError as error:
    print(error, flush=True)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def image(engine_answers: str) -> str:
    return busybox_image()


@contextmanager
def other_slim(temporary: Path, image: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process in the middle of a run that has made one of everything; and the run's id."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(temporary), image], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def found(engine: Engine, identifier: str, temporary: Path) -> list[str]:
    """The kinds of things that there are of a run."""
    kinds = [kind for kind, _, _ in engine.labelled(f"{LABEL}={identifier}")]
    kinds += ["image" for _ in engine.pending_images(f"slim-run/{identifier}")]
    kinds += ["folder"] if (temporary / f"{FOLDER_PREFIX}{identifier}").exists() else []
    return kinds


EVERYTHING = ["container", "volume", "volume", "image", "folder"]


def fill(engine: Engine, image: str, run: Run) -> None:
    engine.create_container(ContainerSpec(image, command=("/bin/sleep", "9")), labels=run.labels).start()
    for number in range(2):
        engine.create_volume(f"slim-test-{number}-{run.id}", labels=run.labels)
    engine.tag_image(image, run.pending_reference)


def test_a_run_that_ends_leaves_nothing(engine: Engine, image: str, tmp_path: Path):
    with open_run(engine, temporary=tmp_path) as run:
        fill(engine, image, run)
        assert found(engine, run.id, tmp_path) == EVERYTHING
        assert run.folder.stat().st_mode & 0o777 == 0o700
    assert found(engine, run.id, tmp_path) == []
    assert engine.find_image(image)


def test_a_run_that_fails_leaves_nothing_and_its_error_is_the_one_that_is_seen(
    engine: Engine, image: str, tmp_path: Path
):
    with pytest.raises(HostError, match="the run's own"), open_run(engine, temporary=tmp_path) as run:
        fill(engine, image, run)
        raise HostError("the run's own")
    assert found(engine, run.id, tmp_path) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_live_runs_is_not(
    engine: Engine, image: str, tmp_path: Path
):
    with other_slim(tmp_path, image) as (_, alive), other_slim(tmp_path, image) as (killed, dead):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert found(engine, dead, tmp_path) == EVERYTHING
        with open_run(engine, temporary=tmp_path) as run:
            assert found(engine, dead, tmp_path) == []
            assert found(engine, alive, tmp_path) == EVERYTHING
            told = [line for line in run.leftovers if dead in line]
            assert [line.split()[1] for line in run.leftovers].count("container") >= 1
            assert [line.split()[:2] for line in told] == [
                ["removed", "volume"],
                ["removed", "volume"],
                ["removed", "image"],
                ["removed", "folder"],
            ]
    remove_leftovers(engine, temporary=tmp_path)
    assert found(engine, alive, tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_interrupted_leaves_nothing(engine: Engine, image: str, tmp_path: Path, number: int):
    with other_slim(tmp_path, image) as (process, identifier):
        assert found(engine, identifier, tmp_path) == EVERYTHING
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert "interrupted" in process.stdout.read()
    assert found(engine, identifier, tmp_path) == []


def test_an_impatient_user_does_not_stop_the_cleanup(engine: Engine, image: str, tmp_path: Path):
    with other_slim(tmp_path, image) as (process, identifier):
        while process.poll() is None:  # as fast as it goes, to its very end
            process.send_signal(signal.SIGINT)
            os.sched_yield()
        # a signal after the last handler is gone ends Python in its own way
        assert process.returncode in (130, -signal.SIGINT, 1)
    assert found(engine, identifier, tmp_path) == []


def test_things_of_other_machines_are_left_alone(engine: Engine, image: str, tmp_path: Path):
    _, _, rest = new_run_id().partition("-")
    foreign = f"m000000000000-{rest}"
    volume = f"slim-test-{foreign}"
    (tmp_path / f"{FOLDER_PREFIX}{foreign}").mkdir()
    engine.create_volume(volume, labels={LABEL: foreign})
    try:
        remove_leftovers(engine, temporary=tmp_path)
        assert found(engine, foreign, tmp_path) == ["volume", "folder"]
    finally:
        docker("volume", "rm", volume)


def test_a_link_in_the_temporary_folder_is_never_followed(engine: Engine, tmp_path: Path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    machine, boot, _, start, rest = new_run_id().split("-")
    link = tmp_path / f"{FOLDER_PREFIX}{machine}-{boot}-p999999999-{start}-{rest}"
    link.symlink_to(precious)
    remove_leftovers(engine, temporary=tmp_path)
    assert (precious / "file").read_text() == "x"


def test_what_cannot_be_removed_is_listed_with_its_command_and_the_rest_is_removed(
    engine: Engine, image: str, tmp_path: Path
):
    name = "slim-test-stubborn"
    try:
        with pytest.raises(EngineError) as caught, open_run(engine, temporary=tmp_path) as run:
            fill(engine, image, run)
            # somebody else's container holds on to one of the run's volumes
            docker("create", "--name", name, "-v", f"slim-test-0-{run.id}:/v", image)
        assert f"docker volume rm slim-test-0-{run.id}" in caught.value.remedy
        assert "in use" in caught.value.cause
        assert found(engine, run.id, tmp_path) == ["volume"]
    finally:
        docker("rm", "-v", name)
        docker("volume", "rm", f"slim-test-0-{run.id}")


def test_an_engine_that_goes_away_is_told_together_with_what_happened(
    engine: Engine, image: str, tmp_path: Path
):
    with relay(tmp_path / "relay") as cut:
        lost = connect(f"unix://{tmp_path}/relay")
        with pytest.raises(EngineError) as caught, open_run(lost, temporary=tmp_path) as run:
            cut()
            raise HostError("the disk is full")
        lost.close()
    assert "the disk is full" in caught.value.cause
    assert run.id in caught.value.remedy
    assert not run.folder.exists()


@contextmanager
def relay(path: Path) -> Iterator[Callable[[], None]]:
    """Another way to the engine, which can be cut."""
    ends: list[socket.socket] = []
    gone = threading.Event()

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near = listener.accept()[0]
                if gone.is_set():
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                ends.extend((near, far))
                far.connect("/var/run/docker.sock")
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()

        def cut() -> None:
            gone.set()
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        try:
            yield cut
        finally:
            cut()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for end in ends:
                end.close()


def test_two_runs_at_once_do_not_disturb_each_other(engine: Engine, image: str, tmp_path: Path):
    failures: list[BaseException] = []
    both_are_open = threading.Barrier(2)

    def one() -> None:
        mine = connect()
        try:
            with open_run(mine, temporary=tmp_path) as run:
                fill(mine, image, run)
                both_are_open.wait(60)
                remove_leftovers(mine, temporary=tmp_path)
                assert found(mine, run.id, tmp_path) == EVERYTHING
                both_are_open.wait(60)
            assert found(mine, run.id, tmp_path) == []
        except BaseException as error:
            failures.append(error)
            both_are_open.abort()
        finally:
            mine.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_temporary_folder_that_is_not_there_is_an_error_of_this_machine(engine: Engine, tmp_path: Path):
    missing = open_run(engine, temporary=tmp_path / "missing")
    with pytest.raises(HostError, match="cannot make the folder") as caught, missing:
        pass
    assert "TMPDIR" in caught.value.remedy
