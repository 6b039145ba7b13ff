"""What goes wrong: one clear error, its exit code, nothing left behind, the fat image untouched."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from busybox_image import busybox_image
from command_line import belongings, slim, started
from images.build import build
from images.started import Image, docker

pytestmark = pytest.mark.engine

SERVER = ("--entrypoint", "/bin/busybox")


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """One error with message and remedy, nothing on standard output, and the exit code."""
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert "remedy: " in done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_no_such_image(tmp_path: Path) -> None:
    refused(slim("run", "no-such-image:1", folder=tmp_path), 5, "no-such-image:1", "docker pull")


def test_an_illegal_image_name(tmp_path: Path) -> None:
    refused(slim("run", "UPPER", folder=tmp_path), 2, "'UPPER'", "lower-case")


def test_an_illegal_tag(tmp_path: Path) -> None:
    refused(slim("run", busybox_image(), "--tag", "x:-y", folder=tmp_path), 2, "tag '-y'")


def test_the_fat_images_own_name_for_the_slim_one(tmp_path: Path) -> None:
    fat = busybox_image()
    refused(slim("run", fat, "--tag", fat, folder=tmp_path), 2, "never changed")


def test_no_such_network(tmp_path: Path) -> None:
    done = slim("run", "--network", "nonet", build("static"), folder=tmp_path)
    refused(done, 2, "the engine has no network 'nonet'", "docker network ls")


def test_no_such_user(tmp_path: Path) -> None:
    done = slim("run", "-u", "nosuchuser", build("static"), folder=tmp_path)
    refused(done, 6, "the container cannot be started", "nosuchuser", "check that docker run")


def test_no_such_program(tmp_path: Path) -> None:
    for options in (("--", "nosuchprogram"), ("-u", "65534", "--", "nosuchprogram")):
        done = slim("run", busybox_image(), *options, folder=tmp_path)
        refused(done, 6, "the image has no program 'nosuchprogram'", "docker run would exit with 127")


def test_no_engine(tmp_path: Path) -> None:
    done = slim("run", "x", folder=tmp_path, environment={"DOCKER_HOST": "unix:///nonexistent.sock"})
    refused(done, 4, "unix:///nonexistent.sock", "slim doctor")


def test_an_error_is_json_too_when_that_is_asked_for(tmp_path: Path) -> None:
    done = slim("run", "no-such-image:1", "--json", folder=tmp_path)
    told = json.loads(done.stdout)
    assert told["version"] == 1
    assert (told["error"]["kind"], told["error"]["exit_code"]) == ("image", done.returncode)


@pytest.fixture
def foreign_image(tmp_path: Path) -> Iterator[str]:
    """The busybox image under the name of another architecture."""
    saved = subprocess.run(["docker", "save", busybox_image()], check=True, capture_output=True).stdout
    name = "slim-test/foreign:1"
    with tarfile.open(fileobj=io.BytesIO(saved)) as old, tarfile.open(tmp_path / "f.tar", "w") as new:
        manifest = json.load(old.extractfile("manifest.json"))
        config = json.load(old.extractfile(manifest[0]["Config"]))
        config["architecture"] = "s390x"
        text = json.dumps(config).encode()
        manifest[0] |= {"Config": hashlib.sha256(text).hexdigest() + ".json", "RepoTags": [name]}
        files = {"manifest.json": json.dumps(manifest).encode(), manifest[0]["Config"]: text}
        files |= {layer: old.extractfile(layer).read() for layer in manifest[0]["Layers"]}
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    docker("load", "--input", str(tmp_path / "f.tar"))
    yield name
    docker("image", "rm", "--force", name)


def test_an_image_of_another_architecture(foreign_image: str, tmp_path: Path) -> None:
    refused(slim("run", foreign_image, folder=tmp_path), 5, "s390x")


def test_a_server_that_never_listens(tmp_path: Path) -> None:
    done = slim(
        *("run", "--http-probe", "/", "--start-timeout", "1", *SERVER),
        *(busybox_image(), "--", "sleep", "1000"),
        folder=tmp_path,
    )
    refused(done, 6, "listens", "--start-timeout")


def test_a_container_that_ends_at_once(tmp_path: Path) -> None:
    done = slim(
        *("run", "--http-probe", "/", *SERVER, busybox_image()),
        *("--", "sh", "-c", "echo the database is gone >&2; exit 3"),
        folder=tmp_path,
    )
    refused(done, 6, "exited with code 3", "the database is gone")


HANGS = "import socket, time; s = socket.create_server(('', 8000)); time.sleep(1000)"
"""Accepts connections and never says a word."""


def test_a_probe_that_never_answers(tmp_path: Path) -> None:
    done = slim(
        *("run", "--http-probe", "/", "--probe-timeout", "1", "--ready-port", "8000"),
        *("--entrypoint", "python3", build("flask-debian"), "--", "-c", HANGS),
        folder=tmp_path,
    )
    refused(done, 6, "GET /", "timed out", "--probe-timeout")


def test_a_command_that_prints_without_end(tmp_path: Path) -> None:
    options = ("--probe-timeout", "2", "--ready-seconds", "0.1", *SERVER)
    done = slim(
        *("run", "--exec-probe", "/bin/busybox yes", *options, busybox_image(), "--", "sleep", "100"),
        folder=tmp_path,
    )
    refused(done, 6, "timed out: killed after 2 s")


def test_a_failing_probe_on_the_fat_image(tmp_path: Path) -> None:
    done = slim(
        *("run", "--exec-probe", "cat /nowhere", *SERVER, busybox_image()),
        *("--", "sleep", "1000"),
        folder=tmp_path,
    )
    refused(done, 6, "exec cat /nowhere exited with code 1", "No such file")


def test_a_test_suite_that_fails_on_the_fat_image_is_shown(tmp_path: Path) -> None:
    suite = "seq 1 30; echo expected 2 >&2; exit 1"
    done = slim(
        *("run", "--host-probe", suite, "--start-timeout", "1", *SERVER, busybox_image()),
        *("--", "sleep", "1000"),
        folder=tmp_path,
    )
    assert done.returncode == 6
    assert f"host {suite} exited with code 1: expected 2\n" in done.stderr
    shown = [line.strip() for line in done.stderr.partition("printed:\n")[2].splitlines()]
    assert shown[:20] == [*map(str, range(12, 31)), "expected 2"], "the last 20 lines"


def test_nothing_to_exercise(tmp_path: Path) -> None:
    arguments = ("--start-timeout", "1", *SERVER, busybox_image(), "--", "sleep", "1000")
    refused(slim("run", *arguments, folder=tmp_path), 6, "nothing was exercised", "--allow-unexercised")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_under_the_temporary_folder(small_disk: Path, tmp_path: Path) -> None:
    done = slim(
        "run", build("nginx"), "--http-probe", "/", folder=tmp_path, environment={"TMPDIR": str(small_disk)}
    )
    assert done.returncode == 7, done.stdout + done.stderr
    assert "space" in done.stderr
    assert list(small_disk.iterdir()) == []


def test_a_report_folder_that_cannot_be_written(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "fill").write_bytes(bytes(1 << 20))
    tag = "slim-result/unreported:test"
    done = slim(
        *("run", busybox_image(), "--output", str(small_disk / "report"), "--tag", tag), folder=tmp_path
    )
    assert done.returncode == 7, done.stdout + done.stderr
    assert "--output" in done.stderr
    assert docker("image", "inspect", tag, check=False).exit_code != 0


STAGES = ("", "index", "run", "plan", "build", "verify")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupt_after_each_stage_leaves_nothing(
    stage: str, number: signal.Signals, tmp_path: Path
) -> None:
    fat = build("nginx")
    before = Image(fat).identity()
    tag = f"slim-result/interrupted:{stage or 'start'}"
    with started("run", fat, "--http-probe", "/", "--tag", tag, folder=tmp_path) as process:
        assert process.stdout
        seen = stage == ""
        while not seen and (line := process.stdout.readline()):
            seen = line.split()[0] == stage
        assert seen
        time.sleep(0.05)  # into the stage that follows
        os.killpg(process.pid, number)
        _, errors = process.communicate()
    tagged = docker("image", "inspect", tag, check=False).exit_code == 0
    if tagged:
        docker("image", "rm", tag)
    # before slim is loaded and after all is done, the signal ends Python itself
    bare = (-number,) if stage in ("", "verify") else ()
    done = (0,) if stage == "verify" else ()
    assert process.returncode in (128 + number, *bare, *done), errors
    assert not tagged or stage == "verify"
    assert belongings(process.pid) == ()
    assert Image(fat).identity() == before


@pytest.mark.parametrize("stage", ["index", "run", "build"])
def test_the_next_run_removes_what_a_killed_one_left(stage: str, tmp_path: Path) -> None:
    with started("run", build("nginx"), "--http-probe", "/", folder=tmp_path) as process:
        assert process.stdout
        while (line := process.stdout.readline()) and line.split()[0] != stage:
            pass
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert belongings(process.pid) != ()
    done = slim("run", busybox_image(), "--tag", "slim-result/next:test", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert belongings(process.pid) == ()
    docker("image", "rm", "slim-result/next:test")


def test_a_poisoned_temporary_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    mine = Path(tempfile.gettempdir()) / "slim-notes"
    mine.mkdir(exist_ok=True)
    done = slim("run", busybox_image(), "--tag", "slim-result/next:test", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert mine.is_dir()
    mine.rmdir()
    docker("image", "rm", "slim-result/next:test")


@pytest.mark.parametrize("probe", [(), ("--http-probe", "/")])
def test_a_program_that_is_not_in_the_image(probe: tuple[str, ...], tmp_path: Path) -> None:
    done = slim("run", "--entrypoint", "/nope", *probe, build("nginx"), folder=tmp_path)
    refused(done, 6, "/nope")
    assert "setpriv" not in done.stderr


def test_a_program_that_fails_on_the_fat_image(tmp_path: Path) -> None:
    arguments = (*SERVER, busybox_image(), "--", "sh", "-c", "echo no such option >&2; exit 2")
    refused(slim("run", *arguments, folder=tmp_path), 6, "exit code 2", "--exit-code", "no such option")
    tag = ("--tag", "slim-result/failing:test", "--exit-code", "2")
    done = slim("run", *tag, *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    docker("image", "rm", "slim-result/failing:test")


def test_a_report_folder_that_cannot_be_is_told_before_any_work(tmp_path: Path) -> None:
    done = slim("run", busybox_image(), "--output", "/dev/null", folder=tmp_path)
    refused(done, 2, "/dev/null")
    assert done.stdout == ""


def test_an_illegal_glob_is_told_before_any_work(tmp_path: Path) -> None:
    done = slim("run", busybox_image(), "--include", "relative[", folder=tmp_path)
    refused(done, 2, "relative[")
    assert done.stdout == ""
