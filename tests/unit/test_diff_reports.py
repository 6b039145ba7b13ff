"""A difference as text and as JSON."""

import json
from importlib.resources import files

import jsonschema
import pytest
from handmade import TIME, Handmade

from slim.diff import Ignore, diff_images
from slim.report.diff_json import diff_json, schema_text
from slim.report.diff_text import diff_text

STATUS = b"Package: tool\nStatus: install ok installed\nVersion: 1.2-3\nArchitecture: amd64\n\n"

TEXT = r"""
A  shop:1       14 files, 2.2 kB, 1 layer
B  shop:1-slim  12 files, 232 B, 1 layer

B is not a slim image of A: 2 of its 12 files are not as in A.

config: 1 field differs
  config.Env.MODE: "x" → (none)

layers: 0 shared, 1 removed, 1 added
  removed  A0  sha256:0000000000000000000000000000000000000000000000000000000000000000
  added    B0  sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff

files: 3 removed (2.0 kB), 1 added (5 B), 1 changed, size −90 %

folders:                                             files               size
  /usr                                               6 → 4          2.1 kB → 120 B       −2.0 kB
    /usr/lib                                         3 → 1          2.0 kB → 0 B         −2.0 kB
    /usr/bin                                         2 → 2           120 B → 120 B          ±0 B
  /                                                  1 → 2             0 B → 5 B            +5 B
  /etc                                               1 → 0             0 B → 0 B            ±0 B

packages:                                            files               size
  tool 1.2-3 (dpkg)                                  2 → 1          2.1 kB → 120 B       −2.0 kB
  (no package)                                       3 → 3           107 B → 112 B          +5 B

removed:
    2.0 kB  /usr/lib/tool
       0 B  /etc
       0 B  /usr/lib/caf\xe9

added:
       5 B  /new

changed:
     120 B  /usr/bin/tool
            mode: 0755 → 4755
            mtime: 2023-11-14T22:13:20Z → 2023-11-14T22:13:21Z
""".lstrip()


@pytest.fixture
def difference(tmp_path):
    packages = STATUS
    a = (
        Handmade(tmp_path / "a")
        .file("/usr/bin/tool", bytes(120), mode=0o755)
        .file("/usr/lib/tool", bytes(2000))
        .link(b"/usr/lib/caf\xe9", "tool")
        .folder("/etc")
        .file("/var/lib/dpkg/status", packages)
        .file("/var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n/usr/lib/tool\n")
    )
    b = (
        Handmade(tmp_path / "b")
        .file("/usr/bin/tool", bytes(120), mode=0o4755, mtime=TIME + 1)
        .folder("/usr/lib", mtime=0)  # as the one that A only implies
        .file("/new", b"12345")
        .file("/var/lib/dpkg/status", packages)
        .file("/var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n/usr/lib/tool\n")
    )
    other = {"type": "layers", "diff_ids": ["sha256:" + "f" * 64]}
    return diff_images(
        a.image(reference="shop:1", config={"Env": ["MODE=x"]}),
        b.image(reference="shop:1-slim", config={}, rootfs=other),
    )


def without_ids(text, difference):
    for side in (difference.a, difference.b):
        text = text.replace(side.id.removeprefix("sha256:")[:12] + "  ", "")
    return text


def test_the_whole_text(difference):
    assert without_ids(diff_text(difference), difference) == TEXT


def test_long_lists_are_cut_unless_all_is_asked_for(tmp_path):
    a = Handmade(tmp_path / "a")
    for number in range(30):
        a.file(f"/d/{number:02}", bytes(number))
    difference = diff_images(a.image(), Handmade(tmp_path / "b").folder("/d").image())
    text = diff_text(difference)
    assert "      29 B  /d/29\n" in text
    assert "      10 B  /d/10\n  … and 10 more (use --all)\n" in text
    assert "/d/00" in diff_text(difference, everything=True)
    assert "more (use --all)" not in diff_text(difference, everything=True)


def test_the_same_image_needs_three_lines(tmp_path):
    image = Handmade(tmp_path).file("/a", b"1").image()
    assert diff_text(diff_images(image, image)).splitlines()[-1] == "the same image"


def test_what_was_ignored_is_said(tmp_path):
    a = Handmade(tmp_path / "a").file("/f", mtime=1).image(reference="a")
    b = Handmade(tmp_path / "b").file("/f", mtime=2).image(reference="b")
    lines = diff_text(diff_images(a, b, ignore=frozenset({Ignore.MTIME, Ignore.LAYERS}))).splitlines()
    assert lines[2:] == ["ignored: layers, mtime", "no difference"]


def test_a_slim_image_is_told_as_one(tmp_path):
    a = Handmade(tmp_path / "a").file("/f").file("/g").image()
    b = Handmade(tmp_path / "b").file("/f").image()
    assert "B is a slim image of A: all its 2 files are in A, identical.\n" in diff_text(diff_images(a, b))


def test_json_keeps_to_its_schema(difference, tmp_path):
    schema = json.loads(files("slim.report.schemas").joinpath("diff.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    report = json.loads(diff_json(difference))
    jsonschema.validate(report, schema)
    image = Handmade(tmp_path).image()
    jsonschema.validate(json.loads(diff_json(diff_images(image, image))), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**report, "removed": [{"path": 1}]}, schema)


def test_the_shipped_schema_is_that_of_the_types():
    shipped = files("slim.report.schemas").joinpath("diff.schema.json").read_text()
    assert shipped == schema_text(), "run python -m slim.report.schemas"


def test_json_has_every_event_with_its_details(difference):
    report = json.loads(diff_json(difference))
    assert (report["version"], report["same"]) == (1, False)
    assert report["totals"] == {
        "removed": 3, "removed_size": 2000, "added": 1, "added_size": 5, "changed": 1,
    }  # fmt: skip
    assert report["slim_of"] == {"holds": False, "exceptions": ["/new", "/usr/bin/tool"]}
    assert report["removed"] == [
        {"path": "/etc", "kind": "directory", "size": 0},
        {"path": "/usr/lib/caf\udce9", "kind": "symlink", "size": 0},
        {"path": "/usr/lib/tool", "kind": "file", "size": 2000},
    ]
    (changed,) = report["changed"]
    assert changed["changes"][0] == {"aspect": "mode", "before": "0755", "after": "4755"}
    assert report["config"] == [{"field": "config.Env.MODE", "before": "x", "after": None}]
    assert [event["state"] for event in report["layers"]] == ["removed", "added"]
    assert report["packages"][0]["package"] == "tool"
    assert report["packages"][0]["amount"]["size_before"] == 2120
