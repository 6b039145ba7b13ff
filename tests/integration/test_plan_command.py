"""`slim plan` as users call it: from saved traces, without a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def plan(traces: Path, *arguments: str, output: Path) -> dict[str, dict[str, Any]]:
    done = slim("plan", build("c-hello"), *arguments, "-o", str(output), folder=traces)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, dict[str, Any]] = json.loads(output.read_text())
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


def test_every_kept_path_leads_to_an_observation_or_a_stated_rule(traces: Path, tmp_path: Path) -> None:
    for mode in ("traced", "closure", "package"):
        kept = plan(traces, "--trace", "two.json", "--keep", mode, output=tmp_path / mode)["kept"]
        for path in kept:
            walked: list[object] = []
            while (source := kept[path][0].get("source")) is not None:
                assert source in kept
                assert path not in walked, f"a circle: {walked}"
                walked.append(path)
                path = source
            rule = kept[path][0]["rule"]
            assert rule in STATED or rule.startswith("profile:") or path == "/", (path, kept[path])


STATED = ("observed", "application", "entrypoint", "command", "config", "named")


def test_a_plan_is_the_same_with_facts_remembered_and_without(traces: Path, tmp_path: Path) -> None:
    arguments = ("plan", build("flask-debian"), "--trace", "flask.json")
    traced = slim("trace", build("flask-debian"), "-o", "flask.json", "--http-probe", "/", folder=tmp_path)
    assert traced.returncode == 0, traced.stderr
    texts = []
    for name, options in (("none", ("--no-cache",)), ("cold", ()), ("warm", ())):
        environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = slim(*arguments, "-o", name, *options, folder=tmp_path, environment=environment)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "cache/slim/facts.sqlite").exists() is (name != "none")
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1] == texts[2]


def test_profiles_of_the_projects_folder_take_part_and_are_named(traces: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".slim" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(
        'name = "mine"\nsummary = "Mine."\n[[keep]]\npaths = "/etc/fstab"\nreason = "I want it"\n'
    )
    arguments = ("plan", build("c-hello"), "--trace", str(traces / "one.json"), "-o", "p.json")
    done = slim(*arguments, folder=tmp_path)
    assert "profile: mine, from .slim/profiles/mine.toml\n" in done.stdout
    assert "/etc/fstab" in json.loads((tmp_path / "p.json").read_text())["kept"]
    assert slim(*arguments, "--no-profile", "mine", folder=tmp_path).returncode == 0
    assert "/etc/fstab" not in json.loads((tmp_path / "p.json").read_text())["kept"]
    refused = slim(*arguments, "--no-profile", "min", folder=tmp_path)
    assert (refused.returncode, "near names are mine" in refused.stderr) == (2, True)


def test_a_package_is_kept_by_its_name_and_gaps_are_told(traces: Path, tmp_path: Path) -> None:
    arguments = ("plan", build("c-hello"), "--trace", str(traces / "one.json"), "-o", "p.json")
    done = slim(
        *arguments, "--keep-package", "bash", "--exclude", "/usr/lib/**/libtinfo.so.*", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "p.json").read_text())
    assert "/usr/share/doc/bash/copyright" in made["kept"] or "/etc/bash.bashrc" in made["kept"]
    assert [line for line in done.stdout.splitlines() if line.startswith("withheld: ")]
    refused = slim(*arguments, "--keep-package", "bsah", folder=tmp_path)
    assert (refused.returncode, "dpkg:bash" in refused.stderr) == (2, True)
