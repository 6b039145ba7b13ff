"""`slim diff` on a real engine, as the user runs it."""

import json
import secrets
import subprocess
import sys
from importlib.resources import files

import jsonschema
import pytest
from images.build import build as fat_reference
from images.started import docker

from slim.build import build_archive
from slim.diff import PathRemoved, diff_images
from slim.engine.read import read_image
from slim.plan import Plan, Reason

pytestmark = pytest.mark.engine

CHANGED = """
FROM {base}
RUN chmod 4755 /usr/bin/env && rm /usr/bin/yes && echo new >/etc/new && echo >>/etc/passwd
RUN chown 7:8 /etc/shells && ln -sf /nowhere /usr/bin/awk && touch -d @0 /etc/group
ENV ADDED=1
"""


def slim(*argv):
    return subprocess.run(
        [sys.executable, "-m", "slim", *argv], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def changed():
    tag = f"slim-test-diff/{secrets.token_hex(4)}:changed"
    docker("build", "--quiet", "--tag", tag, "-", data=CHANGED.format(base=fat_reference("base")).encode())
    yield tag
    docker("image", "rm", tag)


@pytest.fixture(scope="module")
def slimmed(engine, tmp_path_factory):
    """A fat image, and one made of the half of it."""
    folder = tmp_path_factory.mktemp("slimmed")
    fat = read_image(engine, fat_reference("metadata"), folder)
    kept = {path: (Reason("test", "half"),) for path in fat.tree if not path.startswith("/usr/share")}
    reference = f"slim-test-diff/{secrets.token_hex(4)}:slim"
    build_archive(fat, Plan(fat.id, kept, {}), folder / "slim.tar", reference=reference)
    engine.load_image(folder / "slim.tar")
    yield fat.reference, reference
    engine.remove_image(reference)


def test_an_image_is_the_same_as_itself_by_any_name():
    reference = fat_reference("base")
    told = slim("diff", reference, docker("image", "inspect", "-f", "{{.Id}}", reference).stdout.strip())
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.endswith("the same image\n")


def test_changes_of_a_dockerfile_are_told_one_by_one(changed):
    told = slim("diff", fat_reference("base"), changed, "--json", "--ignore", "mtime", "--ignore", "history")
    assert (told.returncode, told.stderr) == (1, "")
    report = json.loads(told.stdout)
    schema = json.loads(files("slim.report.schemas").joinpath("diff.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert {event["path"] for event in report["removed"]} == {"/usr/bin/yes"}
    assert {event["path"] for event in report["added"]} == {"/etc/new"}
    aspects = {
        event["path"]: {change["aspect"] for change in event["changes"]} for event in report["changed"]
    }
    assert aspects == {
        "/usr/bin/env": {"mode"},
        "/etc/passwd": {"content"},
        "/etc/shells": {"owner"},
        "/usr/bin/awk": {"link-target"},
    }
    assert {"field": "config.Env.ADDED", "before": None, "after": "1"} in report["config"]
    assert [event["state"] for event in report["layers"]] == ["shared", "added", "added"]
    coreutils = next(item for item in report["packages"] if item["package"] == "coreutils")
    assert coreutils["amount"]["files_before"] - coreutils["amount"]["files_after"] == 1


def test_times_alone_are_a_difference(changed):
    report = json.loads(slim("diff", fat_reference("base"), changed, "--json").stdout)
    changes = {event["path"]: event["changes"] for event in report["changed"]}
    assert [(change["aspect"], change["after"]) for change in changes["/etc/group"]] == [
        ("mtime", "1970-01-01T00:00:00Z")
    ]


@pytest.mark.parametrize("way", [(), ("--portable",)], ids=["folders", "stream"])
def test_a_slim_image_is_recognised(slimmed, way):
    told = slim("diff", *slimmed, *way)
    assert (told.returncode, told.stderr) == (1, "")
    assert "B is a slim image of A: all its" in told.stdout
    assert "/usr/share" in told.stdout
    assert "… and" in told.stdout
    assert "config:" not in told.stdout


def test_all_cuts_nothing_short(slimmed):
    told = slim("diff", *slimmed, "--all")
    assert "… and" not in told.stdout


def test_both_ways_of_reading_find_the_same(engine, slimmed, tmp_path):
    images = []
    for name, portable in (("folders", False), ("stream", True)):
        (tmp_path / name).mkdir()
        images.append(read_image(engine, slimmed[1], tmp_path / name, portable=portable))
    fat = read_image(engine, slimmed[0], tmp_path)
    one, other = (diff_images(fat, image) for image in images)
    assert one == other
    assert {type(event) for event in one.paths} == {PathRemoved}


def test_nothing_of_a_comparison_stays_behind(slimmed, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "slim", "diff", *slimmed, "--portable"],
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [
        ("slim-test-diff/none:1", "slim-test-diff/none:2"),
        ("Not A Name", "slim-test-diff/none:2"),
        ("-H", "unix:///nonexistent.sock", "a", "b"),
        ("only-one",),
        ("a", "b", "--ignore", "everything"),
    ],
    ids=["no such image", "no legal name", "no engine", "one argument", "no such option value"],
)
def test_all_trouble_is_exit_code_2(argv):
    told = slim("diff", *argv)
    assert (told.returncode, told.stdout) == (2, "")
    assert "rror: " in told.stderr
    assert "Traceback" not in told.stderr
