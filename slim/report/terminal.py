"""Stages on the terminal: results on standard output, what is going on on standard error."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from slim.progress import StageRecord

NAME_WIDTH = 8
SUMMARY_WIDTH = 62


def stage_line(record: StageRecord) -> str:
    """One finished stage: name, what came out, seconds."""
    return f"{record.name:<{NAME_WIDTH}}{record.summary:<{SUMMARY_WIDTH}} {record.seconds:6.1f} s"


class TerminalListener:
    """Shows stages as they end; while they run, a live line where standard error is a terminal.

    `results` is where finished stages go, or None for nowhere (`--quiet`, `--json`).
    In a pipe nothing is written to standard error at all.
    """

    def __init__(self, results: TextIO | None, errors: TextIO = sys.stderr) -> None:
        self._results = results
        self._console = Console(file=errors, highlight=False)
        self._live: Status | None = None

    def began(self, name: str) -> None:
        """A live line appears."""
        if self._console.is_terminal:
            self._live = self._console.status(Text(f"{name} …"))
            self._live.start()

    def says(self, name: str, text: str) -> None:
        """The live line's text changes."""
        if self._live is not None:
            self._live.update(Text(f"{name:<{NAME_WIDTH}}{text}"))

    def ended(self, record: StageRecord) -> None:
        """The live line goes, the result stays."""
        self._clear()
        if self._results is not None:
            self._results.write(stage_line(record).rstrip() + "\n")
            self._results.flush()

    def failed(self, _name: str) -> None:
        """The live line goes; the error follows by another way."""
        self._clear()

    def _clear(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
