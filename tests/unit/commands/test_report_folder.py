"""Whose report a folder holds."""

import json

import pytest

from probes.watch.trace import Trace
from probes.watch.traces_file import trace_text
from slim.closure.plan_file import plan_text
from slim.commands.report_folder import read_report_folder
from slim.errors import UsageError
from slim.oci.tree import Tree
from slim.plan import Plan, Reason

FAT = "sha256:" + "a" * 64
SLIM = "sha256:" + "b" * 64


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the report of registry/shop:2 in shop.slim."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "shop.slim", "registry.example/shop:2", "registry.example/shop:2-slim")
    return tmp_path


def write(folder, reference, tag, image=FAT):
    folder.mkdir()
    report = {"fat": {"id": image, "reference": reference}, "slim": {"id": SLIM}, "tag": tag}
    plan = Plan(FAT, {"/": (Reason("parent", "the root"),)}, {})
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "plan.json").write_text(plan_text(plan, Tree({}, 1)))
    (folder / "trace.json").write_text(trace_text(Trace(FAT, True)))


@pytest.mark.parametrize(
    "image",
    ["registry.example/shop:2", "registry.example/shop:2-slim", FAT, FAT[7:19], SLIM, SLIM[:20]],
)
def test_an_image_is_found_by_its_names_and_ids(here, image):
    found = read_report_folder(image, None)
    assert (str(found.folder), found.reference) == ("shop.slim", "registry.example/shop:2")


def test_a_name_without_a_tag_means_latest(here):
    write(here / "app.slim", "app", "app:latest-slim")
    assert str(read_report_folder("app:latest", None).folder) == "app.slim"
    with pytest.raises(UsageError, match=r"shop\.slim is not the report of registry\.example/shop"):
        read_report_folder("registry.example/shop", None)


def test_a_report_under_another_name_is_found_too(here):
    write(here / "tuned.slim", "shop:3", "tiny:1")
    assert str(read_report_folder("shop:3", None).folder) == "tuned.slim"
    assert str(read_report_folder("tiny:1", None).folder) == "tuned.slim"


def test_an_image_that_was_not_tagged_has_a_report_all_the_same(here):
    write(here / "broken.slim", "broken:1", "")
    assert read_report_folder("broken:1", None).tag == ""


def test_what_is_no_report_is_refused_by_name(here):
    (here / "shop.slim/report.json").write_text("[]")
    with pytest.raises(UsageError, match=r"report\.json cannot be read as a report"):
        read_report_folder("registry.example/shop:2", None)
    (here / "shop.slim/report.json").unlink()
    with pytest.raises(UsageError, match=r"shop\.slim is not a report folder"):
        read_report_folder("registry.example/shop:2", here / "shop.slim")


def test_a_plan_of_another_image_is_refused(here):
    write(here / "other.slim", "other:1", "", image="sha256:" + "c" * 64)
    with pytest.raises(UsageError, match="do not belong together"):
        read_report_folder("other:1", None)


def test_the_report_of_slim_verify_is_not_taken_for_one(here):
    (here / "shop.slim/report.json").write_text(json.dumps({"fat": {}, "slim": {}}))
    with pytest.raises(UsageError, match="cannot be read as a report of slim run") as caught:
        read_report_folder("shop", here / "shop.slim")
    assert caught.value.cause == "it has no 'tag', as reports of slim run have"


@pytest.mark.parametrize("called", ["shop.slim", "shop.slim/", "./shop.slim", "shop.slim/report.json"])
def test_the_folder_itself_stands_for_its_image(here, called):
    assert read_report_folder(called, None).reference == "registry.example/shop:2"


def test_an_absolute_folder_stands_for_its_image_from_anywhere(here, monkeypatch):
    monkeypatch.chdir("/")
    assert read_report_folder(str(here / "shop.slim"), None).tag == "registry.example/shop:2-slim"


def test_an_image_that_is_called_as_a_folder_is_meant_where_it_has_a_report(here):
    write(here / "shop.slim.slim", "shop.slim", "shop.slim:latest-slim")
    assert str(read_report_folder("shop.slim", None).folder) == "shop.slim.slim"


def test_a_folder_of_any_name_is_never_taken_for_an_image_unasked(here):
    write(here / "out", "other:1", "")
    with pytest.raises(UsageError, match="there is no report of out here") as caught:
        read_report_folder("out", None)
    assert "slim explain ./out" in caught.value.remedy
    assert read_report_folder("./out", None).reference == "other:1"


def test_a_plan_alone_is_read_and_knows_of_no_names(here):
    found = read_report_folder("shop.slim/plan.json", None)
    assert (str(found.folder), found.reference, found.tag) == ("shop.slim/plan.json", "", "")
    assert found.saved.plan.image == FAT
    assert found.saved.trace.accesses == ()


def test_a_plan_is_not_taken_for_the_folder_of_an_image_that_it_cannot_name(here):
    with pytest.raises(UsageError, match="is a file, not a report folder") as caught:
        read_report_folder("shop:2", here / "shop.slim/plan.json")
    assert "slim explain" in caught.value.remedy
