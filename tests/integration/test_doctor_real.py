"""`slim doctor` on this machine, with its real engine."""

import json
import subprocess
import sys

import pytest
from images.build import build
from images.started import docker

from slim.engine.runs import LABEL

pytestmark = [pytest.mark.engine, pytest.mark.alone]


def doctor(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "slim", "doctor", "--json", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **environment,
    )


def findings(told):
    return {finding["name"]: finding for finding in json.loads(told.stdout)["findings"]}


def test_a_machine_that_tests_set_up_is_ready():
    told = doctor()
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout)["ready"] is True
    assert findings(told)["engine"]["detail"].startswith("Docker ")


def test_with_an_engine_but_no_strace_the_exit_code_is_7(tmp_path):
    told = doctor(env={"PATH": str(tmp_path)})
    assert told.returncode == 7
    assert findings(told)["engine"]["state"] == "ok"
    assert findings(told)["strace"]["state"] == "missing"


def test_what_a_killed_run_left_behind_is_removed_on_request():
    ended = "from slim.engine.runs import new_run_id; print(new_run_id())"
    run = subprocess.run(
        [sys.executable, "-c", ended], capture_output=True, text=True, check=True
    ).stdout.strip()
    container = docker("create", "--label", f"{LABEL}={run}", build("static")).stdout.strip()
    try:
        told = doctor("--clean")
        assert told.returncode == 0, told.stdout
        assert docker("inspect", container, check=False).exit_code == 1
    finally:
        docker("rm", "--force", container, check=False)


def test_what_a_live_run_uses_is_left_alone():
    live = "import sys; from slim.engine.runs import new_run_id; print(new_run_id(), flush=True)"
    live += "; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", live], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        run = process.stdout.readline().strip()
        container = docker("create", "--label", f"{LABEL}={run}", build("static")).stdout.strip()
        try:
            assert container[:12] not in findings(doctor())["leftovers"]["detail"]
            doctor("--clean")
            assert docker("inspect", container, check=False).exit_code == 0
        finally:
            docker("rm", "--force", container)
