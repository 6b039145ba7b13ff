"""`slim plan` as users call it: from saved traces, without a run."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from busybox_image import busybox_image
from command_line import slim
from images.build import build
from images.started import docker

from slim.report.schemas import __file__ as schemas

pytestmark = pytest.mark.engine

SCHEMA = json.loads((Path(schemas).parent / "plan.schema.json").read_text())


@pytest.fixture(scope="module")
def traces(engine_answers: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two traces of one image under different probes, and one of another image."""
    folder = tmp_path_factory.mktemp("traces")
    fat = build("c-hello")
    for name, probe in (("one", "cat /etc/deluser.conf"), ("two", "stat /etc/fstab && cat /etc/pam.conf")):
        done = slim(
            "trace", fat, "-o", f"{name}.json", "--entrypoint", "sleep", "--exec-probe", probe, "--", "1000",
            folder=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert slim("trace", busybox_image(), "-o", "foreign.json", folder=folder).returncode == 0
    return folder


def plan(traces: Path, *arguments: str, output: Path) -> dict[str, dict[str, object]]:
    done = slim("plan", build("c-hello"), *arguments, "-o", str(output), folder=traces)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, dict[str, object]] = json.loads(output.read_text())
    return loaded


def test_traces_add_up(traces: Path, tmp_path: Path) -> None:
    options = ("--keep", "traced")
    one = plan(traces, "--trace", "one.json", *options, output=tmp_path / "1")
    two = plan(traces, "--trace", "two.json", *options, output=tmp_path / "2")
    both = plan(traces, "--trace", "one.json", "--trace", "two.json", *options, output=tmp_path / "b")
    assert "/etc/pam.conf" not in one["kept"]
    assert "/etc/deluser.conf" not in two["kept"]
    assert {"/etc/pam.conf", "/etc/deluser.conf"} <= both["kept"].keys()
    assert set(both["kept"]) >= set(one["kept"]) | set(two["kept"])


def test_counts_and_sizes_are_told_and_fit_the_file(traces: Path, tmp_path: Path) -> None:
    output = tmp_path / "p.json"
    arguments = ("plan", build("c-hello"), "--trace", "one.json", "-o", str(output))
    done = slim(*arguments, "--json", folder=traces)
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    made = json.loads(output.read_text())
    assert (report["plan"]["kept"], report["plan"]["dropped"]) == (len(made["kept"]), len(made["dropped"]))
    text = slim(*arguments, folder=traces)
    assert f"kept     {len(made['kept']):,} paths, " in text.stdout
    assert f"dropped  {len(made['dropped']):,} paths, " in text.stdout
    assert text.stderr == ""


def test_a_trace_of_another_image_is_refused_with_both_digests(traces: Path) -> None:
    done = slim("plan", build("c-hello"), "--trace", "one.json", "--trace", "foreign.json", folder=traces)
    assert done.returncode == 2
    assert "foreign.json is a trace of another image" in done.stderr
    for reference in (busybox_image(), build("c-hello")):
        assert docker("image", "inspect", "--format", "{{.Id}}", reference).stdout.strip() in done.stderr


def test_an_incomplete_trace_is_refused_unless_accepted(traces: Path, tmp_path: Path) -> None:
    trace = json.loads((traces / "one.json").read_text())
    (tmp_path / "t.json").write_text(json.dumps({**trace, "complete": False, "reasons": ["a line was cut"]}))
    arguments = ("plan", build("c-hello"), "--trace", "t.json")
    refused = slim(*arguments, folder=tmp_path)
    assert refused.returncode == 3
    assert "a line was cut" in refused.stderr
    assert slim(*arguments, "--accept-incomplete", folder=tmp_path).returncode == 0


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    done = slim("plan", busybox_image(), "--trace", "t.json", folder=tmp_path)
    assert (done.returncode, "t.json cannot be read as a trace" in done.stderr) == (2, True)
    assert slim("plan", busybox_image(), folder=tmp_path).returncode == 2
