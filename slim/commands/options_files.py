"""Probe files: `--probes FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from probes.files.lives import lives_from, together
from probes.files.load import ProbeFile, load
from probes.life import Life

probe_file_options = click.option(
    "--probes",
    "probe_files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Probes and runs from a YAML or TOML file; see docs/probes.md. May be given many times.",
)
"""Probes, and lives of the image, from files."""


def probe_files_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> ProbeFile | None:
    """The probe files that the user gave, read, checked and put together; None where there is none.

    `environment` is slim's own. `probes.files.lives.lives_from` makes lives of it. Raises UsageError.
    """
    files = [load(path, environment) for path in given["probe_files"]]
    return together(files) if files else None


def with_probe_files(
    given: Mapping[str, Any], environment: Mapping[str, str], main: Life, further: tuple[Life, ...]
) -> tuple[Mapping[str, Any], Life, tuple[Life, ...]]:
    """`given`, the image's own life and the further ones, with what the probe files say of them.

    `given` says `no_main` too where the files leave the image's own command out. Raises UsageError.
    """
    file = probe_files_from(given, environment)
    if file is None:
        return given, main, further
    own, runs = lives_from(file, main)
    if own is None:
        return {**given, "no_main": True}, main, (*further, *runs)
    return given, own, (*further, *runs)
