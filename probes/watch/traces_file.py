"""Traces as files: JSON with a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from probes.watch.trace import Trace
from slim.errors import HostError, UsageError

VERSION = 1


def trace_text(trace: Trace) -> str:
    """`trace` as JSON. Lone surrogates, which stand for bytes that are not UTF-8, become escapes
    (RFC 8259, section 8.2), so that every name survives."""
    content = {"version": VERSION, **msgspec.to_builtins(trace)}
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def save_trace(trace: Trace, file: Path) -> None:
    """Write `trace` into `file`. HostError when it cannot be written."""
    try:
        file.write_text(trace_text(trace), encoding="ascii")
    except OSError as error:
        raise HostError(
            f"cannot write the trace to {file}",
            cause=error.strerror or str(error),
            remedy="name another file, or make room",
        ) from error


def load_trace(file: Path) -> Trace:
    """Read a trace. UsageError names the file and, where it has one, the key that is wrong."""
    try:
        content: Any = json.loads(file.read_bytes())
    except OSError as error:
        raise _refused(file, error.strerror or str(error)) from error
    except ValueError as error:
        raise _refused(file, f"it is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _refused(file, "it is not a JSON object")
    version = content.pop("version", None)
    if version != VERSION:
        raise _refused(file, f"key version: {version!r}, and this slim reads version {VERSION}")
    try:
        return msgspec.convert(content, Trace)
    except msgspec.ValidationError as error:
        raise _refused(file, str(error)) from error


def _refused(file: Path, cause: str) -> UsageError:
    return UsageError(
        f"{file} cannot be read as a trace", cause=cause, remedy="give a trace.json that slim wrote"
    )
