"""Images made of a folder for one test or module."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def build_image(reference: str, folder: Path, *options: str) -> str:
    """`reference`, built from `folder` and its Dockerfile."""
    made = subprocess.run(
        ["docker", "build", "--quiet", "--tag", reference, *options, str(folder)],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},  # the one builder that every engine has
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return reference


def compile_static(source: Path, program: Path, *options: str) -> None:
    """`source`, in C, as a program that needs nothing of the image."""
    subprocess.run(["gcc", "-w", "-static", *options, "-o", str(program), str(source)], check=True)
