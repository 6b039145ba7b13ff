"""`slim trace` as users call it: runs, repeated runs, and containers that already run."""

from __future__ import annotations

import json
import os
import pty
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from busybox_image import busybox_image
from command_line import belongings, slim, started
from images.started import docker

from slim.report.schemas import __file__ as schemas

pytestmark = pytest.mark.engine

SCHEMA = json.loads((Path(schemas).parent / "trace.schema.json").read_text())


@pytest.fixture(scope="module")
def image(engine_answers: str) -> str:
    return busybox_image()


@pytest.fixture
def running(image: str) -> Iterator[str]:
    name = f"slim-test-{secrets.token_hex(6)}"
    docker("run", "--detach", "--init=false", "--name", name, image, "/bin/sleep", "1000")
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def paths(file: Path) -> set[str]:
    return {one["path"] for one in json.loads(file.read_text())["accesses"] if not one["error"]}


def test_the_trace_of_a_run_is_saved_under_the_images_name(image: str, tmp_path: Path) -> None:
    done = slim("trace", image, "--exec-probe", "cat /etc/passwd", "--", "sleep", "1000", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("saved busybox.trace.json\n")
    trace = json.loads((tmp_path / "busybox.trace.json").read_text())
    assert trace["complete"]
    assert trace["image"] == docker("image", "inspect", "--format", "{{.Id}}", image).stdout.strip()
    assert {"/bin/sleep", "/etc/passwd"} <= paths(tmp_path / "busybox.trace.json")


def test_the_report_keeps_to_its_schema(image: str, tmp_path: Path) -> None:
    done = slim("trace", image, "--json", "-o", "t.json", "--repeat", "2", folder=tmp_path)
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (report["file"], report["stability"]["unsteady"]) == ("t.json", [])
    assert report["stability"]["runs"] == 2


def test_a_program_that_opens_another_file_each_time_is_unstable_and_the_union_saved(
    engine_answers: str, tmp_path: Path
) -> None:
    tag = f"slim-test/random-{secrets.token_hex(4)}:1"
    context = tmp_path / "context"
    context.mkdir()
    for number in range(16 * 16):
        (context / f"{number:02x}").write_text("x")
    # a random UUID's first two digits: sixteen runs that all agree do not happen
    (context / "Dockerfile").write_text(
        f"FROM {busybox_image()}\nCOPY ?? /data/\n"
        'CMD ["/bin/sh", "-c", "read id < /proc/sys/kernel/random/uuid; cat /data/${id%%??????-*}"]\n'
    )
    docker("build", "-q", "-t", tag, str(context))
    try:
        done = slim("trace", tag, "--repeat", "3", "-o", "t.json", "--json", folder=tmp_path)
        text = slim("trace", tag, "--repeat", "3", "-o", "u.json", folder=tmp_path)
    finally:
        docker("image", "rm", "--force", tag)
    assert done.returncode == 0, done.stderr
    stability: dict[str, Any] = json.loads(done.stdout)["stability"]
    opened = [one for one in stability["unsteady"] if one["path"].startswith("/data/")]
    assert len(opened) >= 2
    assert all(one["in_image"] and "open" in one["uses"] for one in opened)
    assert {one["path"] for one in opened} <= paths(tmp_path / "t.json")
    assert sorted(run for one in opened for run in one["runs"]) == [1, 2, 3] or len(opened) == 2
    assert "unstable: " in text.stdout
    assert "/data/" in text.stdout


def test_a_container_is_watched_until_ctrl_c_and_goes_on(running: str, tmp_path: Path) -> None:
    with started("trace", "--attach", running, "-o", "t.json", folder=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("attach  watching ")
        docker("exec", running, "cat", "/etc/passwd")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "trace complete · told by a signal" in out
    assert out.endswith("saved t.json\n")
    assert {"/bin/sleep", "/bin/cat", "/etc/passwd"} <= paths(tmp_path / "t.json")
    assert docker("container", "inspect", "--format", "{{.State.Running}}", running).stdout == "true\n"
    assert belongings(process.pid) == ()


def test_sigterm_ends_a_watch_well_too(running: str, tmp_path: Path) -> None:
    with started("trace", "--attach", running, folder=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert "/bin/sleep" in paths(tmp_path / f"{running}.trace.json")


def test_a_watch_ends_when_its_time_is_up(running: str, tmp_path: Path) -> None:
    done = slim("trace", "--attach", running, "--duration", "0.5", "--json", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert 0.5 <= report["seconds"] < 10
    assert report["trace"]["tracers"] == ["fanotify"]


def test_a_watch_ends_with_its_container(running: str, tmp_path: Path) -> None:
    with started("trace", "--attach", running, "-o", "t.json", folder=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        docker("kill", running)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "the container has ended" in out
    assert "/bin/sleep" in paths(tmp_path / "t.json")


def test_enter_ends_a_watch_at_a_terminal(running: str, tmp_path: Path) -> None:
    command = f"{slim_command()} trace --attach {running} -o t.json"
    with subprocess.Popen(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while "watching" not in (line := process.stdout.readline()):
            assert line
        process.stdin.write("\n")
        process.stdin.flush()
        out = process.stdout.read()
    assert process.returncode == 0
    assert "told by Enter" in out


def slim_command() -> str:
    return f"{sys.executable} -u -m slim"


def test_a_container_that_does_not_exist_or_run_is_refused(running: str, tmp_path: Path) -> None:
    absent = slim("trace", "--attach", "slim-test-absent", folder=tmp_path)
    assert (absent.returncode, "no container 'slim-test-absent'" in absent.stderr) == (2, True)
    docker("kill", running)
    ended = slim("trace", "--attach", running, folder=tmp_path)
    assert (ended.returncode, "is not running" in ended.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no IMAGE to trace"),
        (("--attach", "x", "-e", "A=b"), "--env does not go with --attach"),
        (("--attach", "x", "image"), "IMAGE does not go with --attach"),
        (("--attach", "x", "--repeat", "2"), "--repeat does not go with --attach"),
        (("image", "--duration", "3"), "--duration goes with --attach alone"),
        (("image", "-o", "/dev/null/x"), "cannot write /dev/null/x"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = slim("trace", *arguments, folder=tmp_path)
    assert done.returncode in (2, 7)
    assert said in done.stderr


def test_a_held_container_is_watched_until_enter_is_pressed(image: str, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "slim", "trace", "--hold", "600", "--exec-probe", "true", "-o", "t.json"]
    with subprocess.Popen(
        [*command, "--entrypoint", "/bin/sleep", image, "--", "1000"],
        stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        container = held_container(process.pid)
        docker("exec", container, "/bin/cat", "/etc/passwd")
        os.write(master, b"\n")
        _, errors = process.communicate()
    os.close(master)
    os.close(slave)
    assert process.returncode == 0, errors
    seen = {(one["path"], one["probe"]) for one in json.loads((tmp_path / "t.json").read_text())["accesses"]}
    assert ("/etc/passwd", "hold") in seen


def held_container(slim_process: int) -> str:
    """The container of slim's run, once its probe has been and the hold has begun."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for found in docker("ps", "--quiet", "--filter", "label=io.slim.run").stdout.split():
            told = json.loads(docker("inspect", found).stdout)[0]
            if f"-p{slim_process}-" in told["Config"]["Labels"]["io.slim.run"] and told["State"]["Running"]:
                time.sleep(2)  # the probe takes far less
                return found
        time.sleep(0.05)
    raise AssertionError("nothing was started")
