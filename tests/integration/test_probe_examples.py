"""Every example of docs/probes.md runs, on images of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import slim
from images.build import build
from images.started import docker

GUIDE = (Path(__file__).parents[2] / "docs/probes.md").read_text(encoding="utf-8")
IMAGES = {"shop": "django", "items": "fastapi", "cache": "redis", "textkit": "oneshot"}
"""What an image is called in the guide → the recipe that stands for it."""
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```(sh|yaml|toml)\n(.*?)```", re.DOTALL)
FOUND = [match.groups() for match in EXAMPLE.finditer(GUIDE)]
FILES = [(image, suffix, text) for image, suffix, text in FOUND if suffix != "sh"]
COMMANDS = [(image, text) for image, language, text in FOUND if language == "sh"]


def test_no_example_of_a_file_or_a_command_goes_without_a_test():
    fenced = len(re.findall(r"^```(?:sh|yaml|toml)$", GUIDE, re.MULTILINE))
    assert fenced == len(FOUND) + 1, "the one with mistakes has a test of its own"


@pytest.mark.parametrize(("image", "suffix", "text"), FILES)
def test_a_file_is_right(image, suffix, text, tmp_path):
    (tmp_path / f"example.{suffix}").write_text(text)
    done = slim("probes", "check", f"example.{suffix}", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.engine
@pytest.mark.parametrize(("image", "suffix", "text"), FILES)
def test_a_file_exercises_its_image(image, suffix, text, tmp_path):
    (tmp_path / f"example.{suffix}").write_text(text)
    done = slim("trace", build(IMAGES[image]), "--probes", f"example.{suffix}", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.engine
@pytest.mark.parametrize(("image", "text"), COMMANDS)
def test_commands_work_one_after_the_other(image, text, tmp_path):
    fat, name = build(IMAGES[image]), f"slim-test/guide-{image}:{abs(hash(text)) % 10_000}"
    docker("tag", fat, name)
    try:
        for line in text.splitlines():
            words = re.findall(r"'([^']*)'|(\S+)", line)
            argv = [name if word == image else word for word in (quoted or bare for quoted, bare in words)]
            done = slim(*argv[1:], folder=tmp_path)
            assert done.returncode == 0, (line, done.stderr)
    finally:
        docker("rmi", name, f"{name}-slim", check=False)


def test_mistakes_are_told_as_the_guide_says(tmp_path):
    written = re.search(r"<!-- mistakes -->\n```yaml\n(.*?)```", GUIDE, re.DOTALL)
    told = re.search(r"<!-- told -->\n```\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "shop.yaml").write_text(written[1])
    done = slim("probes", "check", "shop.yaml", folder=tmp_path)
    assert done.returncode == 2
    shown = [line.strip().removeprefix("cause:").strip() for line in done.stderr.splitlines()]
    assert shown[1:-1] == told[1].splitlines()
