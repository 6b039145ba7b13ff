"""`slim doctor` says what is missing and the command that brings it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slim.commands.doctor import text_of
from slim.commands.needs import Finding, State, install, strace_version

NOWHERE = "unix:///nowhere/engine.sock"


def doctor(*arguments, path=None, **variables):
    environment = {**os.environ, **variables, "PATH": os.environ["PATH"] if path is None else str(path)}
    return subprocess.run(
        [sys.executable, "-m", "slim", "doctor", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, name: str, text: str = "") -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_without_an_engine_the_exit_code_is_4_and_the_rest_is_examined_all_the_same():
    told = doctor("-H", NOWHERE, "--json")
    assert told.returncode == 4
    findings = {finding["name"]: finding for finding in json.loads(told.stdout)["findings"]}
    assert findings["engine"]["state"] == "missing"
    assert findings["engine"]["detail"] == f"no engine answers at {NOWHERE}: No such file or directory"
    assert findings["engine"]["mend"] == f"docker -H {NOWHERE} version"
    assert {"strace", "toolkit", "ptrace", "space"} <= set(findings)


def test_facts_that_cannot_be_remembered_are_told_and_do_not_matter(tmp_path):
    (tmp_path / "slim").write_text("in the way")
    told = doctor("-H", NOWHERE, "--json", XDG_CACHE_HOME=str(tmp_path))
    findings = {finding["name"]: finding for finding in json.loads(told.stdout)["findings"]}
    assert findings["facts"]["state"] == "optional"
    told = doctor("-H", NOWHERE, "--json", XDG_CACHE_HOME=str(tmp_path / "new"))
    findings = {finding["name"]: finding for finding in json.loads(told.stdout)["findings"]}
    assert findings["facts"]["state"] == "ok"


@pytest.mark.parametrize(
    ("address", "mend"),
    [
        ("garbage", "unset DOCKER_HOST"),
        (NOWHERE, "unset DOCKER_HOST"),
        ("tcp://127.0.0.1:1", "docker version"),
    ],
)
def test_an_engine_that_the_environment_names_wrongly_is_mended_there(address, mend):
    told = doctor("--json", DOCKER_HOST=address)
    assert told.returncode == 4
    assert json.loads(told.stdout)["findings"][0]["mend"] == mend


def test_json_has_a_version_and_says_whether_slim_is_ready():
    told = json.loads(doctor("-H", NOWHERE, "--json").stdout)
    assert (told["version"], told["ready"]) == (1, False)
    assert all(set(finding) == {"name", "state", "detail", "mend"} for finding in told["findings"])


def test_a_missing_strace_is_installed_by_the_installer_that_is_there(tmp_path):
    program(tmp_path, "apt-get")
    told = doctor("-H", NOWHERE, path=tmp_path).stdout
    assert "missing   strace        not installed\n" in told
    assert "apt-get install --yes strace\n" in told


def test_a_strace_that_is_too_old_is_missing(tmp_path):
    program(tmp_path, "strace", "echo 'strace -- version 4.26'")
    told = doctor("-H", NOWHERE, path=tmp_path).stdout
    assert f"{tmp_path}/strace is 4.26; slim needs 5.3 or later" in told


def test_the_version_of_the_strace_that_is_here():
    assert strace_version("strace") >= (5, 3)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("echo 'strace -- version 6.1'", (6, 1)),
        ("echo 'strace -- version 5.10-0.1.dirty'", (5, 10)),
        ("echo nonsense", ()),
        ("exit 1", ()),
    ],
)
def test_versions_as_strace_tells_them(tmp_path, text, version):
    assert strace_version(str(program(tmp_path, "strace", text))) == version


@pytest.mark.parametrize(
    ("installer", "command"),
    [
        ("apt-get", "apt-get install --yes strace"),
        ("dnf", "dnf install --assumeyes strace"),
        ("apk", "apk add strace"),
        ("other", "install strace with this system's package manager"),
    ],
)
def test_the_command_is_that_of_the_system(tmp_path, installer, command):
    program(tmp_path, installer)
    assert install("strace", str(tmp_path)).removeprefix("sudo ") == command


def test_the_text_has_each_command_below_what_it_mends():
    findings = (
        Finding("engine", State.OK, "Docker 28"),
        Finding("strace", State.MISSING, "not installed", "apt-get install --yes strace"),
        Finding("fanotify", State.OPTIONAL, "needs CAP_SYS_ADMIN", "sudo slim run IMAGE"),
    )
    assert text_of(findings) == (
        "ok        engine        Docker 28\n"
        "missing   strace        not installed\n"
        "                        $ apt-get install --yes strace\n"
        "optional  fanotify      needs CAP_SYS_ADMIN\n"
        "                        $ sudo slim run IMAGE\n"
        "1 missing: run what stands below each\n"
    )


def test_nothing_missing_is_said_in_one_line():
    assert text_of((Finding("engine", State.OK, "Docker 28"),)).endswith("Docker 28\nslim is ready\n")
