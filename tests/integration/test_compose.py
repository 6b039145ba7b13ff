"""`--compose`: a service under test with its database and cache around it, by the real Compose."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import belongings, slim, started
from compose_project import of_projects, shop, written
from images.build import build
from images.started import docker

pytestmark = pytest.mark.engine


def ran(folder: Path, project: dict[str, Any], *more: str, **how: Any) -> subprocess.CompletedProcess[str]:
    path = written(folder, project)
    return slim(
        "run", "--compose", str(path), "--service", "web", "-t", f"slim-result/{folder.name}:test", *more,
        folder=folder, **how,
    )  # fmt: skip


def left_behind() -> list[str]:
    """What is labelled as of a project of a slim that has ended."""
    found = []
    shape = '{{.Label "com.docker.compose.project"}}'
    for kind in ("container", "volume", "network"):
        every = ("--all",) if kind == "container" else ()
        told = docker(kind, "ls", *every, "--format", shape, "--filter", "label=com.docker.compose.project")
        projects = {line for line in told.stdout.splitlines() if line.startswith("slim-m")}
        found += [f"{kind} {name}" for name in projects if not is_alive(name)]
    return found


def is_alive(project: str) -> bool:
    return Path(f"/proc/{project.partition('-p')[2].partition('-')[0]}").exists()


def test_a_service_is_slimmed_among_its_dependencies_and_all_of_them_are_gone(tmp_path: Path):
    # each run has a new database, and the user's -e goes before the file's
    fresh = "test \"$(curl -s $SLIM_URL)\" = '2 rows, 2 visits, bye'"
    done = ran(
        tmp_path, shop(), "--http-probe", "/", "--http-probe", "/secret", "--host-probe", fresh,
        "-e", "GREETING=bye", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verified"]
    assert [one["fat"]["status"] for one in report["probes"][:2]] == [200, 200]
    assert [one["kind"] for one in report["probes"]] == ["http", "http", "host", "health"]
    assert "not started, since they need the service under test: proxy" in report["warnings"]
    assert report["runs"][0]["command"] == ["python3", "shop.py"]
    (output,) = tmp_path.glob("*.slim")
    assert "blue" in (output / "transcript.json").read_text()
    for path in output.iterdir():  # a secret's file, and the database's password
        assert not any(secret in path.read_text() for secret in ("sesame", "pa$word")), path
    assert left_behind() == []
    docker("rmi", f"slim-result/{tmp_path.name}:test", check=False)


def web_needs(**services: Any) -> dict[str, Any]:
    """A project whose web needs the given services, each with its condition."""
    conditions = {name: one.pop("condition") for name, one in services.items()}
    depends_on = {name: {"condition": condition} for name, condition in conditions.items()}
    web = {"image": build("redis"), "depends_on": depends_on}
    return {"services": {"web": web, **{n: {"image": build("redis"), **o} for n, o in services.items()}}}


def test_services_of_one_image_are_lives_of_it_each_in_its_place(tmp_path: Path):
    image = build("redis")
    queue = {"image": image, "environment": {"ROLE": "queue"}, "networks": {"default": {"aliases": ["jobs"]}}}
    cache = {"image": image, "environment": {"ROLE": "cache"}}
    project = {"services": {"web": {"image": image}, "queue": queue, "cache": cache}}
    (tmp_path / "probes.yaml").write_text("""\
runs:
  - name: jobs
    service: queue
    steps:
      - exec: test $ROLE = queue && redis-cli -h jobs rpush list one && redis-cli -h cache ping
""")
    done = ran(tmp_path, project, "--service", "cache", "--probes", "probes.yaml", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [one["name"] for one in report["runs"]] == ["main", "cache", "jobs"]
    assert not any("not watched" in one for one in report["warnings"])
    docker("rmi", f"slim-result/{tmp_path.name}:test", check=False)


def test_a_service_is_ended_by_its_own_signal(tmp_path: Path):
    script = "trap 'cat /etc/debian_version; exit 0' USR1; while :; do sleep 0.1; done"
    web = {"image": build("redis"), "entrypoint": ["sh", "-c", script], "stop_signal": "SIGUSR1"}
    path = written(tmp_path, {"services": {"web": web}})
    done = slim(
        *(
            "trace",
            "--compose",
            str(path),
            "--service",
            "web",
            "--ready-seconds",
            "1",
            "--exec-probe",
            "true",
        ),
        *("-o", "t.json"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads((tmp_path / "t.json").read_text())["accesses"]
    assert "stop" in {one["probe"] for one in seen if one["path"] == "/etc/debian_version"}


NEVER_HEALTHY = {"test": ["CMD-SHELL", "echo not yet; exit 3"], "interval": "1s", "retries": 1000}
UNHEALTHY = {**NEVER_HEALTHY, "retries": 1}
FAILS: list[tuple[str, Callable[[], dict[str, Any]], int, tuple[str, ...]]] = [
    (
        "a dependency that is unhealthy",
        lambda: web_needs(db={"condition": "service_healthy", "healthcheck": UNHEALTHY}),
        6,
        ("service db is unhealthy", "healthcheck: exit code 3: not yet", "Ready to accept connections"),
    ),
    (
        "a dependency that takes too long",
        lambda: web_needs(db={"condition": "service_healthy", "healthcheck": NEVER_HEALTHY}),
        6,
        ("service db is not healthy after 3 s", "--start-timeout"),
    ),
    (
        "a dependency of a dependency that takes too long",
        lambda: web_needs(
            mid={"condition": "service_started", "depends_on": {"db": {"condition": "service_healthy"}}},
            db={"condition": "service_started", "healthcheck": NEVER_HEALTHY},
        ),
        6,
        ("the services beside web are not up after 3 s",),
    ),
    (
        "a job that fails",
        lambda: web_needs(
            job={
                "condition": "service_completed_successfully",
                "entrypoint": ["sh", "-c", "echo no such table; exit 7"],
            }
        ),
        6,
        ("service job ended with exit code 7", "no such table"),
    ),
    (
        "a healthy service that has ended",
        lambda: web_needs(
            db={
                "condition": "service_healthy",
                "healthcheck": NEVER_HEALTHY,
                "entrypoint": ["sh", "-c", "echo cannot start; exit 2"],
            }
        ),
        6,
        ("service db ended with exit code 2", "cannot start"),
    ),
    (
        "an external network that is not there",
        lambda: {
            "services": {"web": {"image": build("redis"), "networks": ["out"]}},
            "networks": {"out": {"external": True}},
        },
        4,
        ("Compose cannot bring up", "out", "found"),
    ),
    (
        "an external volume that is not there",
        lambda: {
            "services": {"web": {"image": build("redis"), "volumes": ["out:/data"]}},
            "volumes": {"out": {"external": True}},
        },
        4,
        ("out", "found"),
    ),
    (
        "an invalid file",
        lambda: {"services": {"web": {"image": build("redis"), "imagine": 1}}},
        2,
        ("cannot be used", "imagine"),
    ),
    (
        "a service that is not in the file",
        lambda: {"services": {"db": {"image": build("redis")}, "api": {"image": build("redis")}}},
        2,
        ("--service web cannot be used", "name one of api, db"),
    ),
    (
        "an image that is nowhere",
        lambda: {"services": {"web": {"image": "127.0.0.1:1/not-there:1"}}},
        5,
        ("Compose cannot pull the image of service web",),
    ),
]


@pytest.mark.parametrize(
    ("project", "code", "words"), [one[1:] for one in FAILS], ids=[one[0] for one in FAILS]
)
def test_what_goes_wrong_is_told_and_leaves_nothing(
    project: Callable[[], dict[str, Any]], code: int, words: tuple[str, ...], tmp_path: Path
):
    done = ran(tmp_path, project(), "--start-timeout", "3")
    assert done.returncode == code, done.stderr
    for word in words:
        assert word in done.stderr
    assert all(done.stderr.count(log) < 2 for log in ("no such table", "cannot start", "not yet"))
    assert "Traceback" not in done.stderr
    assert left_behind() == []


def test_a_port_that_is_taken_is_told(tmp_path: Path):
    first = docker("run", "-d", "-p", "127.0.0.1::6379", build("redis")).stdout.strip()
    try:
        port = docker("port", first, "6379").stdout.strip()
        project = web_needs(db={"condition": "service_started", "ports": [f"{port}:6379"]})
        done = ran(tmp_path, project)
        assert done.returncode == 4, done.stderr
        assert "port is already allocated" in done.stderr
    finally:
        docker("rm", "-fv", first)
    assert left_behind() == []


def test_external_networks_and_volumes_are_used_and_stay(tmp_path: Path):
    name = f"tmp-compose-{os.getpid()}-{tmp_path.name[-4:]}"
    docker("network", "create", name)
    docker("volume", "create", name)
    try:
        project = web_needs(db={"condition": "service_started"})
        project["services"]["db"]["networks"] = ["out"]
        project["services"]["web"] |= {"networks": ["out"], "volumes": ["out:/data"]}
        project["networks"] = {"out": {"external": True, "name": name}}
        project["volumes"] = {"out": {"external": True, "name": name}}
        done = ran(tmp_path, project, "--exec-probe", "redis-cli -h db ping && ls -d /data")
        assert done.returncode == 0, done.stdout + done.stderr
        for kind in ("network", "volume"):
            assert docker(kind, "inspect", name, check=False).exit_code == 0
    finally:
        docker("network", "rm", name, check=False)
        docker("volume", "rm", name, check=False)
        docker("rmi", f"slim-result/{tmp_path.name}:test", check=False)


def test_without_compose_on_this_machine_the_remedy_is_told(tmp_path: Path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("strace", "sh"):
        (folder / name).symlink_to(str(shutil.which(name)))
    done = ran(tmp_path, web_needs(), environment={"PATH": str(folder)})
    assert done.returncode == 7
    assert "this machine has no Compose" in done.stderr
    assert "apt-get install docker-compose" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--compose", "compose.yml"), "--compose needs --service"),
        (("redis", "--service", "web"), "--service goes with --compose alone"),
        ((), "there is no IMAGE"),
    ],
)
def test_half_an_option_is_refused(arguments: tuple[str, ...], word: str, tmp_path: Path):
    written(tmp_path, {"services": {"web": {"image": "redis"}}})
    done = slim("run", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr


def while_coming_up(process: subprocess.Popen[str]) -> None:
    """Wait until Compose has made something for `process`; the engine's own events tell."""
    events = subprocess.Popen(
        [
            "docker",
            "events",
            "--since",
            "1m",
            "--filter",
            "event=start",
            "--format",
            "{{json .Actor.Attributes}}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, events.kill)
    watchdog.start()
    try:
        with events:
            assert events.stdout
            for line in events.stdout:
                if f"-p{process.pid}-" in json.loads(line).get("com.docker.compose.project", ""):
                    events.kill()
                    return
    finally:
        watchdog.cancel()
        events.kill()
    pytest.fail("nothing was brought up")


def waits_for_ever(folder: Path) -> list[str]:
    db = {"condition": "service_healthy", "healthcheck": NEVER_HEALTHY, "volumes": ["kept:/kept"]}
    path = written(folder, {**web_needs(db=db), "volumes": {"kept": {}}})
    return ["run", "--compose", str(path), "--service", "web", "--start-timeout", "600"]


def test_ctrl_c_while_the_stack_comes_up_leaves_nothing(tmp_path: Path):
    process = started(*waits_for_ever(tmp_path), folder=tmp_path)
    while_coming_up(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert of_projects(process.pid) == []
    assert belongings(process.pid) == ()


def test_what_a_killed_run_left_of_a_stack_is_removed_by_the_next(tmp_path: Path):
    process = started(*waits_for_ever(tmp_path), folder=tmp_path)
    while_coming_up(process)
    process.kill()
    process.communicate()
    # the next run of anything
    slim("run", "slim-test/not-there:1", folder=tmp_path)
    assert of_projects(process.pid) == []
    assert belongings(process.pid) == ()
