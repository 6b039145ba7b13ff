"""`slim run` on real images: what comes out works, beyond what was probed, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import jsonschema
import pytest
from command_line import slim, started
from images.build import build, names, recipe
from images.started import Image, docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "report.schema.json").read_text()
)


@pytest.mark.parametrize("name", names())
def test_the_slim_image_passes_checks_that_slim_never_saw(name: str, tmp_path: Path) -> None:
    fat = build(name)
    before = Image(fat).identity()
    tag = f"slim-result/{name}:test"
    done = slim("run", "--tag", tag, "--json", fat, *recipe(name).probe_arguments, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert report["verified"]
    assert report["lookups"] == []
    results = recipe(name).beyond(Image(tag))
    assert [f"{check.name}: {check.detail}" for check in results if not check.ok] == []
    assert report["slim"]["size"] < report["fat"]["size"] or name == "static"
    assert Image(fat).identity() == before
    assert (Image(tag).configuration()) == Image(fat).configuration()
    assert done.stderr == ""


STUBBORN = """
import http.server, signal
signal.signal(signal.SIGTERM, lambda *_: None)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"here")
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def test_an_application_that_does_not_obey_its_stop_signal_is_slimmed_all_the_same(tmp_path: Path) -> None:
    tag = "slim-result/stubborn:test"
    done = slim(
        *("run", "--tag", tag, "--http-probe", "/", "--entrypoint", "python3"),
        *(build("flask-debian"), "--", "-c", STUBBORN),
        folder=tmp_path,
    )
    assert "bug in slim" not in done.stderr
    # the recipe's HEALTHCHECK asks this server too, and it answers everything
    assert done.returncode == 0, done.stdout + done.stderr
    docker("image", "rm", tag)


def test_a_trace_that_is_none_is_told_before_the_image_runs(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    done = slim("run", build("nginx"), "--trace", "broken.json", folder=tmp_path)
    assert done.returncode == 2
    assert "broken.json" in done.stderr
    assert "run " not in done.stdout


def test_a_program_whose_tracer_was_killed_is_an_incomplete_trace(tmp_path: Path) -> None:
    """strace's death makes the program's own calls fail: that is no failure of the program."""
    script = "while :; do read line < /proc/1/status && sleep 0.1; cat /etc/passwd >/dev/null || exit 9; done"
    with started(
        *("run", "--tracer", "strace", "--exec-probe", "sleep 3", "--entrypoint", "sh", build("nginx")),
        *("--", "-c", script),
        folder=tmp_path,
    ) as process:
        tracer = _tracer_of(process.pid)
        os.kill(tracer, signal.SIGKILL)
        _, errors = process.communicate()
    assert process.returncode == 3, errors
    assert "incomplete" in errors


def _tracer_of(slim_process: int) -> int:
    """The process id of the strace that the run of `slim_process` started, once it traces."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for label in docker("ps", "--quiet", "--filter", "label=io.slim.run").stdout.split():
            told = json.loads(docker("inspect", label).stdout)[0]
            if f"-p{slim_process}-" in told["Config"]["Labels"]["io.slim.run"] and told["State"]["Pid"]:
                status = Path(f"/proc/{told['State']['Pid']}/status").read_text()
                tracer = int(status.split("TracerPid:")[1].split()[0])
                if tracer:
                    return tracer
        time.sleep(0.05)
    raise AssertionError("nothing was traced")
