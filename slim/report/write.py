"""Reports as JSON text and files."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import msgspec

from slim.errors import HostError
from slim.report.model import Report
from slim.report.transcript_model import TranscriptFile


def json_text(value: object) -> str:
    r"""A dataclass as JSON. Bytes of names that are not UTF-8 appear as `\udcXX` escapes."""
    return json.dumps(msgspec.to_builtins(value), indent=1, ensure_ascii=True) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file of the report folder whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise HostError(
            f"cannot write {path}",
            cause=str(error.strerror or error),
            remedy="free some space, or choose another folder with --output",
        ) from error


def write_report(folder: Path, report: Report, transcript: TranscriptFile, plan: str, trace: str) -> None:
    """report.json, transcript.json, plan.json and trace.json in the report folder."""
    write_text(folder / "plan.json", plan)
    write_text(folder / "trace.json", trace)
    write_text(folder / "transcript.json", json_text(transcript))
    write_text(folder / "report.json", json_text(report))
