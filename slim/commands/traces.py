"""Traces that commands read from files and write into them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from probes.watch.trace import Trace
from probes.watch.traces_file import load_trace, trace_text
from slim.errors import HostError, TraceIncomplete, UsageError
from slim.report.write import write_text


def saved_traces(
    files: Sequence[Path], image_id: str, reference: str, *, accept_incomplete: bool
) -> tuple[Trace, ...]:
    """The traces in `files`, all of the image `image_id`, which the user calls `reference`.

    UsageError for a file that is no trace and for a trace of another image, TraceIncomplete for
    one that lost observations unless that is accepted.
    """
    traces = tuple(load_trace(file) for file in files)
    for file, trace in zip(files, traces, strict=True):
        if trace.image != image_id:
            raise UsageError(
                f"{file} is a trace of another image",
                cause=f"it is of {trace.image}, and {reference} is {image_id}",
                remedy="a trace serves the very image that it was made of: make one with "
                f"slim trace {reference}",
            )
        if not trace.complete and not accept_incomplete:
            raise TraceIncomplete(
                f"the trace {file} is incomplete",
                cause="\n".join(trace.reasons),
                remedy="trace again; if you know that what was lost does not matter, --accept-incomplete",
            )
    return traces


def check_writable(file: Path) -> None:
    """HostError where `file` could not be written in the end: known before days are spent on it."""
    partial = file.with_name(file.name + ".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))
        partial.unlink()
    except OSError as error:
        raise HostError(
            f"cannot write {file}",
            cause=error.strerror or str(error),
            remedy="name another file with --output",
        ) from error


def write_trace(file: Path, trace: Trace) -> None:
    """The trace as a file, whole or not at all; HostError where that fails."""
    write_text(file, trace_text(trace))
