"""Several lives of one image in one `slim run`, on real images; and what is told of them."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from busybox_image import busybox_image
from command_line import belongings, slim, started
from images.build import build
from images.started import docker

from slim.report.schemas import __file__ as schemas

pytestmark = pytest.mark.engine


def schema(name: str) -> Any:
    return json.loads((Path(schemas).parent / f"{name}.schema.json").read_text())


@pytest.fixture(scope="module")
def busybox(engine_answers: str) -> str:
    return busybox_image()


def reports(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """report.json and transcript.json of the only report folder, which keep to their schemas."""
    (output,) = folder.glob("*.slim")
    report = json.loads((output / "report.json").read_text())
    transcript = json.loads((output / "transcript.json").read_text())
    jsonschema.validate(report, schema("report"))
    jsonschema.validate(transcript, schema("transcript"))
    return report, transcript


def test_a_server_a_tool_and_a_worker_of_one_image(tmp_path: Path) -> None:
    tag = "slim-result/lives-redis:test"
    worker = "while :; do redis-benchmark --version; date >/dev/null; sleep 1; done"
    done = slim(
        *("run", "--tag", tag, "--entrypoint", "env", build("redis"), "--no-main"),
        *("--run", "server: redis-server --requirepass s3cretvalue", "-e", "REDIS_PASSWORD=s3cretvalue"),
        *("--run", "tool: redis-cli --version", "--run", f'worker: sh -c "{worker}"'),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("run ")] == ["server:", "tool:", "worker:"]
    assert "worker: started only" in done.stdout
    report, transcript = reports(tmp_path)
    runs = {one["name"]: one for one in report["runs"]}
    assert list(runs) == ["server", "tool", "worker"]
    assert runs["tool"]["exit_code"] == 0
    assert runs["tool"]["slim_exit_code"] == 0
    assert [name for name, one in runs.items() if one["started_only"]] == ["server", "worker"]
    assert runs["server"]["command"] == ["env", "redis-server", "--requirepass", "***"]
    assert any(one.endswith(":6379") for one in runs["server"]["listening"])
    assert {one["run"] for one in report["probes"]} == set(runs)
    (tool,) = (one for one in transcript["runs"] if one["name"] == "tool")
    assert tool["probes"][0]["probe"] == "tool: run to its end"
    assert tool["probes"][0]["fat"]["body"]["text"].startswith("redis-cli ")
    assert tool["probes"][0]["fat"]["body"] == tool["probes"][0]["slim"]["body"]
    for path in (tmp_path / "redis.slim").iterdir():
        assert "s3cretvalue" not in path.read_text(), path
    assert "s3cretvalue" not in done.stdout + done.stderr
    docker("image", "rm", tag)


def test_a_web_server_and_its_migration(tmp_path: Path) -> None:
    tag = "slim-result/lives-django:test"
    done = slim(
        *("run", "--tag", tag, build("django"), "--http-probe", "/"),
        *("--run", "check: python manage.py check", "--run", "migrate: python manage.py migrate --plan"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report, _ = reports(tmp_path)
    assert [one["name"] for one in report["runs"]] == ["main", "check", "migrate"]
    assert report["port"] == report["runs"][0]["port"] == 8000
    assert [one["probe"] for one in report["probes"]] == [
        "main: GET /", "check: run to its end", "migrate: run to its end",
    ]  # fmt: skip
    checked = docker("run", "--rm", tag, "python", "manage.py", "check")
    assert "no issues" in checked.stdout
    docker("image", "rm", tag)


def test_what_only_one_life_uses_is_kept_and_told_under_its_name(busybox: str, tmp_path: Path) -> None:
    tag = "slim-result/lives-busybox:test"
    done = slim(
        *("run", "--tag", tag, busybox, "--run", "reader: /bin/cat /etc/passwd"),
        *("--", "/bin/env"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (output,) = tmp_path.glob("*.slim")
    trace = json.loads((output / "trace.json").read_text())
    seen = {(one["path"], one["probe"]) for one in trace["accesses"] if not one["error"]}
    assert ("/etc/passwd", "reader: start") in seen
    assert ("/bin/env", "main: start") in seen
    assert docker("run", "--rm", tag, "/bin/cat", "/etc/passwd").stdout
    docker("image", "rm", tag)


def test_a_life_that_fails_on_the_fat_image_is_named(busybox: str, tmp_path: Path) -> None:
    done = slim("run", busybox, "--run", "good: /bin/env", "--run", "bad: /bin/cat /absent", folder=tmp_path)
    assert done.returncode == 6
    assert "run     good: run to its end → exit code 0" in done.stdout
    assert "bad: " in done.stderr
    assert "exit code 1, not 0" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_life_that_ends_on_the_slim_image_alone_fails_the_verification(
    busybox: str, tmp_path: Path
) -> None:
    idle = 'worker: /bin/sh -c "read line < /etc/passwd || exit 3; while :; do /bin/sleep 1; done"'
    done = slim(
        *("run", busybox, "--no-main", "--run", "good: /bin/env", "--run", idle, "--exclude", "/etc/passwd"),
        folder=tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report, _ = reports(tmp_path)
    assert {one["name"]: one["verified"] for one in report["runs"]} == {"good": True, "worker": False}
    # whether it ends before or after it counts as started is a matter of milliseconds
    found = [(one["probe"], one["aspect"]) for one in report["differences"]]
    assert ("worker: the run", "end") in found or ("worker: start", "reachability") in found
    assert {probe for probe, _ in found} <= {"worker: the run", "worker: start"}
    assert ["--include /etc/passwd" in step for step in report["next_steps"]] == [True]


def test_ctrl_c_in_the_second_life_leaves_nothing(busybox: str, tmp_path: Path) -> None:
    with started(
        *("run", busybox, "--no-main", "--run", "first: /bin/env"),
        *("--run", 'second: /bin/sh -c "while :; do :; done"'),
        folder=tmp_path,
    ) as process:
        assert process.stdout is not None
        while "first: " not in process.stdout.readline():
            assert process.poll() is None
        _await_container(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert belongings(process.pid) == ()
    assert list(tmp_path.iterdir()) == []


def test_runs_before_one_that_fails_are_saved(busybox: str, tmp_path: Path) -> None:
    done = slim(
        *("trace", busybox, "--no-main", "--run", "good: /bin/cat /etc/passwd", "--run", "bad: /bin/cat /no"),
        *("-o", "t.json"),
        folder=tmp_path,
    )
    assert done.returncode == 6
    assert "saved t.json: 1 of 2 runs" in done.stderr
    trace = json.loads((tmp_path / "t.json").read_text())
    assert trace["complete"]
    assert "/etc/passwd" in {one["path"] for one in trace["accesses"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "no name here"), "has no name"),
        (("--run", "Web: serve"), "has no name"),
        (("--run", "web: "), "has no command"),
        (("--run", "web: 'serve"), "cannot be split"),
        (("--run", "web: a", "--run", "web: b"), "two runs are called web"),
        (("--run", "main: a"), "two runs are called main"),
        (("--no-main",), "leaves nothing to run"),
        (("--no-main", "--run", "web: a", "--http-probe", "/"), "--no-main does not go with --http-probe"),
        (("--no-main", "--run", "web: a", "--", "serve"), "--no-main does not go with a command after --"),
    ],
)
def test_what_cannot_be_a_run_is_refused_before_anything_starts(
    arguments: tuple[str, ...], said: str, busybox: str, tmp_path: Path
) -> None:
    for verb in ("run", "trace"):
        done = slim(verb, busybox, *arguments, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert "remedy:" in done.stderr


def _await_container(process: subprocess.Popen[str]) -> None:
    """Until a container of the run that `process` is in is up."""
    while True:
        assert process.poll() is None
        for found in docker("ps", "--quiet", "--filter", "label=io.slim.run").stdout.split():
            told = json.loads(docker("inspect", found, check=False).stdout or "[]")
            mine = told and f"-p{process.pid}-" in told[0]["Config"]["Labels"]["io.slim.run"]
            if mine and told[0]["State"]["Running"] and told[0]["Args"][-1] == "while :; do :; done":
                return


def test_a_healthcheck_is_not_waited_for_beside_another_command(tmp_path: Path) -> None:
    """That of flask-debian asks port 8000, where only the image's own command listens."""
    tag = "slim-result/lives-health:test"
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(
        "runs:\n"
        "  - name: elsewhere\n"
        "    command: gunicorn --bind 0.0.0.0:9000 site_app:app\n"
        "    steps: [http: /]\n"
        "  - {name: worker, command: sleep 1000}\n"
    )
    arguments = ("run", "--tag", tag, build("flask-debian"), "--probes", str(elsewhere))
    refused = slim(*arguments, "--start-timeout", "4", folder=tmp_path)
    assert refused.returncode == 6, "a life of which nothing was exercised"
    assert "worker: nothing was exercised" in refused.stderr
    assert "the HEALTHCHECK is left out, as it does not pass" in refused.stderr
    assert "`idle: true` for a run of a probe file" in refused.stderr
    elsewhere.write_text(elsewhere.read_text().replace("sleep 1000", "sleep 1000, idle: true"))
    done = slim(*arguments, "--start-timeout", "4", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "elsewhere: the HEALTHCHECK is left out, as it does not pass: " in done.stdout
    report, _ = reports(tmp_path)
    kinds = {(one["run"], one["kind"]) for one in report["probes"]}
    assert kinds == {("main", "http"), ("main", "health"), ("elsewhere", "http"), ("worker", "start")}
    docker("image", "rm", tag)
