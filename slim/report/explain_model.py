"""What `slim explain --json` prints.

Version 1. The JSON Schema explain.schema.json in schemas/ is made from these types by
`python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from slim.explain.model import Answer
from slim.explain.top_model import Top

VERSION = 1


@dataclass(frozen=True)
class ExplainReport:
    """One `slim explain`."""

    version: int
    image: str
    """The fat image's id."""
    reference: str
    """What the fat image was called when it was slimmed; empty of a plan alone."""
    tag: str
    """The slim image's name; empty where it was not verified."""
    folder: str
    """Where the report is that all of this comes from; a plan's file, where that is all."""
    answers: tuple[Answer, ...]
    """One for each path, glob, folder or package that was asked for."""
    top: Top | None
    """Only with --top."""
