"""`slim run` on real images: what comes out works, beyond what was probed, and nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from images.build import build, names, recipe
from images.started import Image, docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "report.schema.json").read_text()
)


def slim(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command line, as a user runs it, in `folder`."""
    return subprocess.run(
        [sys.executable, "-m", "slim", *arguments],
        capture_output=True, text=True, check=False, cwd=folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def belongings() -> tuple[str, ...]:
    """Everything in the engine that carries a run's label or pending tag."""
    found = []
    for kind in ("container", "volume", "network"):
        every = ("--all",) if kind == "container" else ()
        told = docker(kind, "ls", *every, "--quiet", "--filter", "label=io.slim.run")
        found += [f"{kind} {one}" for one in told.stdout.split()]
    found += [f"image {one}" for one in docker("images", "--quiet", "slim-pending/*").stdout.split()]
    return tuple(found)


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
