"""Pairs of images for `slim verify`, and its reports."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
from command_line import slim
from images.build import build
from images.started import docker

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "verify.schema.json").read_text()
)
Make = Callable[..., str]


@contextmanager
def changed_images() -> Iterator[Make]:
    """Makes an image of a recipe's, changed by a Dockerfile; all are gone in the end."""
    made: list[str] = []

    def image(base: str, *lines: str, stage: str = "") -> str:
        tag = f"slim-test-verify/{secrets.token_hex(4)}:1"
        from_line = f"FROM {build(base)}" + (f" AS fat\n{stage}" if stage else "")
        docker("build", "--quiet", "--tag", tag, "-", data="\n".join((from_line, *lines)).encode())
        made.append(tag)
        return tag

    try:
        yield image
    finally:
        for tag in made:
            docker("image", "rm", "--force", tag)


def verify(*arguments: str, folder: Path) -> tuple[CompletedProcess[str], dict[str, Any]]:
    """What `slim verify --json` came to, and its report, which follows the schema."""
    done = slim("verify", "--json", *arguments, folder=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (report["exit_code"], report["agree"]) == (done.returncode, done.returncode == 0)
    told = done.stderr.splitlines()
    assert (not told) if report["agree"] else (len(told) == 1 and told[0].startswith("not verified: "))
    return done, report
