"""`slim run` on real images: what comes out works, beyond what was probed, and nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from command_line import slim
from images.build import build, names, recipe
from images.started import Image, docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "report.schema.json").read_text()
)


@pytest.mark.parametrize("name", names())
def test_the_slim_image_passes_checks_that_slim_never_saw(name: str, tmp_path: Path) -> None:
    fat = build(name)
    before = docker("image", "inspect", fat).stdout
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
    assert docker("image", "inspect", fat).stdout == before
    assert (Image(tag).configuration()) == Image(fat).configuration()
    assert done.stderr == ""
