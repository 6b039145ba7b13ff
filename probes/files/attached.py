"""The files that a probe file names: bodies, uploads, environments."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from probes.files.nodes import Problems
from probes.files.problems import Key
from slim.engine.options import read_environment_file
from slim.errors import UsageError

MAX_FILE = 16 << 20
"""Bytes of one file that a probe file names …"""
MAX_TOGETHER = 64 << 20
"""… and of all of them."""


class Attached:
    """Reads files that are named relative to the probe file's folder."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems
        self._left = MAX_TOGETHER

    def content(self, name: str, key: Key) -> bytes:
        """The file's bytes; empty where it cannot be read, which is told."""
        path = self._path(name, key)
        if path is None:
            return b""
        try:
            content = path.read_bytes()
        except OSError as error:
            self._cannot(path, error.strerror or str(error), key)
            return b""
        self._left -= len(content)
        if self._left < 0:
            cause = f"the files that are named here have more than {MAX_TOGETHER >> 20} MiB together"
            self._problems.add(key, cause, "use smaller files, or a host step with curl")
        return content

    def environment(
        self, name: str, surroundings: Mapping[str, str], key: Key
    ) -> tuple[tuple[str, str], ...]:
        """The variables of an env file, in docker's format."""
        path = self._path(name, key)
        if path is None:
            return ()
        try:
            return read_environment_file(path, surroundings)
        except UsageError as error:
            self._problems.add(key, error.cause, error.remedy)
            return ()

    def _path(self, name: str, key: Key) -> Path | None:
        """The path of a regular file of bearable size; None where there is none, which is told."""
        if not name or "\0" in name:
            self._problems.add(key, "that is no file's name", "name a file, relative to the probe file")
            return None
        path = self._folder / name
        try:
            found = path.stat()
        except OSError as error:
            self._cannot(path, error.strerror or str(error), key)
            return None
        if not stat.S_ISREG(found.st_mode):
            self._cannot(path, "it is not a regular file", key)
            return None
        if found.st_size > MAX_FILE:
            self._cannot(path, f"it has more than {MAX_FILE >> 20} MiB", key)
            return None
        return path

    def _cannot(self, path: Path, why: str, key: Key) -> None:
        remedy = "name a readable file; its path is relative to the probe file's folder"
        self._problems.add(key, f"{path} cannot be used: {why}", remedy)
