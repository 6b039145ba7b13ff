"""`slim explain` as users call it: one run, then questions about its report, without an engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import time
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest
from command_line import slim
from images.build import build
from images.started import docker

from probes.watch.traces_file import load_trace
from slim.closure.plan_file import read_plan
from slim.explain.answer import explanation
from slim.explain.model import Decision
from slim.explain.saved import Saved
from slim.report.schemas import __file__ as schemas

pytestmark = pytest.mark.engine

SCHEMA = json.loads((Path(schemas).parent / "explain.schema.json").read_text())
NO_ENGINE = {"DOCKER_HOST": "tcp://127.0.0.1:9"}
TAG = "slim-result/explained:1"
STATED = re.compile(r"application|config|include|named|repair|package|profile:.*|parent")
"""Rules that keep a path without a tracer having seen anything that leads to it."""


@pytest.fixture(scope="module")
def reports(engine_answers: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of one run, in shop.slim."""
    folder = tmp_path_factory.mktemp("explain")
    done = slim(
        *("run", build("flask-debian"), "--tag", TAG, "-o", "shop.slim", "--http-probe", "/"),
        *("--exclude", "/usr/share/javascript"),
        folder=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    docker("image", "rm", TAG)
    return folder


@pytest.fixture(scope="module")
def saved(reports: Path) -> Saved:
    read = read_plan((reports / "shop.slim/plan.json").read_text(), "plan.json")
    return Saved(read.plan, read.tree, load_trace(reports / "shop.slim/trace.json"))


def explain(reports: Path, *arguments: str) -> CompletedProcess[str]:
    done = slim("explain", TAG, *arguments, folder=reports, environment=NO_ENGINE)
    assert done.stderr == "" or done.returncode != 0
    return done


def answers(reports: Path, *arguments: str) -> list[dict[str, Any]]:
    done = explain(reports, *arguments, "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    found: list[dict[str, Any]] = report["answers"]
    return found


def test_a_kept_path_is_traced_back_to_a_program_and_a_probe(reports: Path) -> None:
    (answer,) = answers(reports, "usr/lib/x86_64-linux-gnu/libexpat.so.1")
    link, file = answer["explained"]
    assert (link["kind"], link["target"], link["package"]) == (
        "symlink",
        file["path"].rpartition("/")[2],
        "dpkg:libexpat1",
    )
    assert file["observed"]
    assert file["chain"][-1]["path"] == file["path"]
    assert file["chain"][0]["rule"] == "observed"
    assert {"program", "probe", "use"} <= file["sightings"][0].keys()
    assert file["sightings"][0]["probe"] == "start"
    shown = explain(reports, file["path"]).stdout
    assert re.search(r"why +observed: opened by \S+ under start", shown)


def test_every_path_of_the_plan_can_be_explained(saved: Saved) -> None:
    began = time.monotonic()
    for path in saved.tree:
        one = explanation(path, saved)
        if one.decision is Decision.DROPPED:
            assert one.reason
            assert one.remedies
            continue
        assert one.chain[-1].path == path
        assert one.observed or STATED.fullmatch(one.chain[0].rule), (path, one.chain)
        for before, step in zip(one.chain, one.chain[1:], strict=False):
            assert step.needed_by == before.path
    assert time.monotonic() - began < 60


DROPPED = (
    "/usr/bin/perl",
    "/usr/share/zoneinfo/right/UTC",
    "/usr/lib/python3.11/turtle.py",
    "/usr/share/javascript",
    "/usr/lib/x86_64-linux-gnu/gconv/BIG5.so",
)


@pytest.mark.parametrize("path", DROPPED)
def test_what_is_said_to_keep_a_dropped_path_does_keep_it(reports: Path, path: str, tmp_path: Path) -> None:
    if path not in json.loads((reports / "shop.slim/plan.json").read_text())["dropped"]:
        pytest.fail(f"{path} is not dropped any more: choose another")
    ((one,),) = [answer["explained"][:1] for answer in answers(reports, path)]
    assert one["decision"] == "dropped"
    remedies = [found for found in one["remedies"] if "probe" not in found["words"][0]]
    assert remedies
    for number, remedy in enumerate(remedies):
        words = [] if remedy["leave_out"] else ["--exclude", "/usr/share/javascript", *remedy["words"]]
        output = tmp_path / f"{number}.json"
        done = slim(
            *("plan", build("flask-debian"), "--trace", str(reports / "shop.slim/trace.json")),
            *("-o", str(output), *words),
            folder=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        if not remedy["leave_out"] or path != "/usr/share/javascript":
            assert path in json.loads(output.read_text())["kept"], remedy


def test_a_probe_that_is_suggested_keeps_the_path(reports: Path, tmp_path: Path) -> None:
    module = "/usr/lib/python3.11/turtle.py"
    assert "--exec-probe" in explain(reports, module).stdout
    probe = "cat " + shlex.quote(module)
    done = slim("run", build("flask-debian"), "--tag", "slim-result/explained:2", "--exec-probe", probe,
                "-o", "out", folder=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    docker("image", "rm", "slim-result/explained:2")
    shown = slim("explain", "slim-result/explained:2", module, "-o", "out", folder=tmp_path).stdout
    assert f"observed: opened by /usr/bin/cat under exec {probe}" in shown or "opened by" in shown


def test_what_was_excluded_names_the_option(reports: Path) -> None:
    shown = explain(reports, "/usr/share/javascript/jquery/jquery.js").stdout
    assert "without --exclude /usr/share/javascript " in shown


def test_a_name_that_is_like_that_of_a_secret_hides_nothing(reports: Path) -> None:
    shown = explain(reports, "/etc/passwd", "/usr/share/doc/passwd", "dpkg:passwd").stdout
    assert "/etc/passwd: kept, " in shown
    assert "package passwd: none of its files was used" in shown
    assert "***" not in shown


def test_an_empty_path_is_an_error(reports: Path) -> None:
    done = explain(reports, "/etc/passwd", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a path is empty" in done.stderr


def test_the_folder_or_its_plan_stands_for_the_image(reports: Path) -> None:
    by_name = explain(reports, "/usr/bin/perl").stdout
    for itself in ("shop.slim", "./shop.slim/", "shop.slim/plan.json"):
        done = slim("explain", itself, "/usr/bin/perl", folder=reports, environment=NO_ENGINE)
        assert (done.returncode, done.stdout, done.stderr) == (0, by_name, "")


def test_what_slim_plan_wrote_is_explained(reports: Path, tmp_path: Path) -> None:
    trace = str(reports / "shop.slim/trace.json")
    done = slim("plan", build("flask-debian"), "--trace", trace, "-o", "shop.plan.json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    asked = ("/usr/bin/python3.11", "--top", "--json")
    done = slim("explain", "shop.plan.json", *asked, folder=tmp_path, environment=NO_ENGINE)
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (report["folder"], report["reference"], report["tag"]) == ("shop.plan.json", "", "")
    assert report["answers"][0]["explained"][0]["observed"]
    assert report["top"]["size"] > 0


def test_names_that_the_image_never_held_are_told_with_those_that_are_near(reports: Path) -> None:
    done = explain(reports, "/etc/pasword", "/tmp/nothing-at-all", "dpkg:libexpat")
    assert done.returncode == 2
    assert "/etc/pasword: not in the image: the image holds no /etc/pasword" in done.stdout
    assert "near names: /etc/passwd" in done.stdout
    assert "dpkg:libexpat1" in done.stdout


def test_one_name_that_matches_is_enough_to_succeed(reports: Path) -> None:
    assert explain(reports, "/etc/pasword", "/etc/passwd").returncode == 0


def test_folders_globs_and_packages_are_summed_up_by_reason(reports: Path) -> None:
    folder, glob, package = answers(reports, "/usr/lib/python3.11", "/usr/lib/**/*.so.?", "dpkg:tzdata")
    for answer, meaning in ((folder, "folder"), (glob, "glob"), (package, "package")):
        assert answer["meaning"] == meaning
        assert answer["paths"] == answer["kept"] + answer["dropped"]
        assert sum(one["paths"] for one in answer["amounts"]) == answer["paths"]
        sizes = sum(one["size"] for one in answer["amounts"])
        assert sizes == answer["kept_size"] + answer["dropped_size"]
    assert explain(reports, "dpkg:tzdata").stdout.startswith("dpkg:tzdata (dpkg:tzdata 20")


def test_links_on_the_way_are_told(reports: Path) -> None:
    assert explain(reports, "/bin/sh").stdout.startswith("/bin/sh: by way of 1 link: /bin\n/usr/bin/sh: ")


def test_what_is_big_and_what_could_go(reports: Path) -> None:
    done = explain(reports, "--top", "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    top = report["top"]
    for shares in ("rules", "packages", "folders"):
        assert sum(one["size"] for one in top[shares]) == top["size"]
    assert top["size"] == json.loads((reports / "shop.slim/report.json").read_text())["slim"]["size"]
    assert {one["level"] for one in top["chances"]} == {"low", "medium", "high"}
    assert all(one["risk"] and one["options"] for one in top["chances"])


@pytest.mark.parametrize("chance", ["time-zones", "character-sets", "traced-only"])
def test_what_an_option_is_said_to_drop_is_what_it_drops(reports: Path, chance: str, tmp_path: Path) -> None:
    top = json.loads(explain(reports, "--top", "--json").stdout)["top"]
    (option,) = next(one["options"] for one in top["chances"] if one["id"] == chance)
    arguments = (
        *("plan", build("flask-debian"), "--trace", str(reports / "shop.slim/trace.json"), "--json"),
        *("--exclude", "/usr/share/javascript", "-o", str(tmp_path / "p.json")),
    )
    before = json.loads(slim(*arguments, folder=tmp_path).stdout)["plan"]["kept_bytes"]
    after = json.loads(slim(*arguments, *option["words"], folder=tmp_path).stdout)["plan"]["kept_bytes"]
    assert before - after == option["size"]


def examples() -> list[tuple[str, str]]:
    """(command, what it prints) of every example in docs/explain.md."""
    text = (Path(__file__).parents[2] / "docs/explain.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(\$ slim explain .*?)```", text, re.DOTALL)
    return [(one[1], one[2]) for block in blocks for one in re.finditer(r"\$ (.*)\n([^$]*)", block)]


@pytest.mark.parametrize(("command", "shown"), examples())
def test_the_documented_examples_are_what_is_printed(reports: Path, command: str, shown: str) -> None:
    name, verb, image, *arguments = shlex.split(command)
    assert (name, verb, image) == ("slim", "explain", "shop")
    lines = re.escape(shown).replace("\\\n…\\\n", "\n(.*\n)*").replace("…", ".*")
    printed = explain(reports, *arguments).stdout
    assert re.fullmatch(re.sub(r"(\\ )+", r"\\s+", lines), printed), printed


def test_it_is_quick(reports: Path) -> None:
    for limit, argument in ((1.0, "/usr/bin/perl"), (2.0, "--top")):
        began = time.monotonic()
        explain(reports, argument)
        assert time.monotonic() - began < limit * 2, "twice the aim, for a busy machine"


def test_a_report_of_another_image_is_refused_with_a_remedy(reports: Path) -> None:
    done = slim("explain", "other:1", "/etc", "-o", "shop.slim", folder=reports, environment=NO_ENGINE)
    assert done.returncode == 2
    assert "shop.slim is not the report of other:1" in done.stderr
    assert "--report FOLDER" in done.stderr


def test_a_report_that_is_not_there_is_told_with_those_that_are(reports: Path, tmp_path: Path) -> None:
    done = slim("explain", "other", "/etc", folder=reports)
    assert (done.returncode, "there are reports in shop.slim" in done.stderr) == (2, True)
    done = slim("explain", "other", "/etc", "-o", "nowhere", folder=tmp_path)
    assert (done.returncode, "nowhere is not a report folder" in done.stderr) == (2, True)


def test_files_that_do_not_belong_together_are_refused(reports: Path, tmp_path: Path) -> None:
    shutil.copytree(reports / "shop.slim", tmp_path / "x.slim")
    trace = json.loads((tmp_path / "x.slim/trace.json").read_text())
    (tmp_path / "x.slim/trace.json").write_text(json.dumps({**trace, "image": "sha256:0"}))
    done = slim("explain", TAG, "/etc", folder=tmp_path)
    assert (done.returncode, "do not belong together" in done.stderr) == (2, True)


def test_a_plan_of_an_older_slim_is_refused(reports: Path, tmp_path: Path) -> None:
    shutil.copytree(reports / "shop.slim", tmp_path / "x.slim")
    (tmp_path / "x.slim/plan.json").write_text('{"version": 1}')
    done = slim("explain", TAG, "/etc", folder=tmp_path)
    assert (done.returncode, "an older slim wrote it" in done.stderr) == (2, True)
