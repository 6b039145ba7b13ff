"""Which process opened a file, and whether that counts as the container's use of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from probes.watch.container_view import ContainerView, link_text
from probes.watch.toolkit import FOLDER, LOADER

_LOADER = re.compile(r"/ld(?:-[^/]*|\d*)?\.so[^/]*$|/ld-[^/]*\.so[^/]*$")
"""ELF interpreters: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld.so.1, ld64.so.2."""
_RUNTIME = re.compile(r"/$|/memfd:runc|.*/(?:runc|crun|youki)\b")
"""How the program of a runtime shows in /proc/pid/exe: runc runs from a detached copy of itself."""
_MOST = 1 << 16
"""Processes that are remembered; past that all are forgotten, and asked for again."""


class Processes:
    """What is known of processes by number, asked of the kernel once for each."""

    def __init__(self, view: ContainerView) -> None:
        self._view = view
        self._own = os.getpid()
        self._programs: dict[int, str] = {}
        """By process of the container: its program; empty where that is not known."""

    def executed(self, pid: int, path: str) -> None:
        """The kernel opened `path` to execute it for `pid`.

        Scripts, their interpreter and its ELF interpreter follow each other: what runs in the
        end is the last that is no ELF interpreter, as in /proc/pid/exe.
        """
        if not _LOADER.search(path):
            self._programs[pid] = path

    def program(self, pid: int) -> str | None:
        """The program that `pid` runs; None for a process that is none of the container's.

        A process that has ended before it could be asked about counts as the container's.
        """
        known = self._programs.get(pid)
        if known is not None:
            return known
        if pid == self._own:
            return None
        inside = self._view.holds(pid)
        try:
            # after its cgroup: a process that is ending leaves that when this link is gone already
            shown = link_text(b"/proc/%d/exe" % pid)
        except OSError:
            shown, inside = "", True
        # neither of these is remembered: the number may come back as a process of the container,
        # and a runtime becomes the program that it was asked to start
        if not inside or (_RUNTIME.match(shown) and self._is_runtime(pid, shown)):
            return None
        if len(self._programs) >= _MOST:
            self._programs.clear()
        if shown == LOADER:
            shown = _carried_tool(pid)
        program = self._programs[pid] = shown.removesuffix(" (deleted)")
        return program

    def is_ours(self, program: str) -> bool:
        """Whether it is a carried tool, whose own files are nobody's accesses. Not the shell: what
        that opens is what a probe's command line asks for."""
        return program.startswith(f"{FOLDER}/") and program != f"{FOLDER}/sh"

    def _is_runtime(self, pid: int, shown: str) -> bool:
        """Whether this program is not in the container's file system."""
        try:
            program = Path(f"/proc/{pid}/exe").stat()
            found = os.stat(shown.lstrip("/") or ".", dir_fd=self._view.root, follow_symlinks=False)
        except OSError:
            return True
        return (program.st_dev, program.st_ino) != (found.st_dev, found.st_ino)


def _carried_tool(pid: int) -> str:
    """Which tool the carried loader runs: the first word of `carried` that is not the loader's."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return LOADER
    return words[3].decode("utf-8", "surrogateescape") if len(words) > 3 else LOADER
