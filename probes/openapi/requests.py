"""Valid requests for operations, made up by a process of its own, each in bounded time."""

from __future__ import annotations

import base64
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from probes.exercise.watchdog import group_ends_with_slim
from probes.openapi.document import Json
from probes.openapi.fuller import fuller
from probes.openapi.operations import Declared, description
from probes.openapi.references import dangling, follow
from probes.openapi.settings import Bounds

_START_SECONDS = 60.0
"""For the process to load its libraries and the document, before the first operation."""
_READ = 1 << 16


@dataclass(frozen=True)
class Request:
    """What is sent for an operation."""

    path: str
    """Path and query, percent-encoded, with the base path."""
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def media_type(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")


@dataclass(frozen=True)
class Made:
    """What was made up for one operation."""

    requests: tuple[Request, ...]
    trouble: str = ""
    """Why there is none, or not all; for people."""


def make_requests(
    document: dict[str, Json], operations: Sequence[Declared], examples: int, bounds: Bounds
) -> tuple[Made, ...]:
    """Up to `examples` valid requests for each of `operations`, in their order; the same ones for the
    same document. An operation that takes too long has none: its process is ended, and another one goes
    on after it. Raises nothing for what the document says."""
    lost = [_dangling(document, one) for one in operations]
    whole = [one for one, reference in zip(operations, lost, strict=True) if not reference]
    made = iter(_make(document, whole, examples, bounds))
    return tuple(
        Made((), f"it refers to {reference}, which is not there") if reference else next(made)
        for reference in lost
    )


def _dangling(document: dict[str, Json], one: Declared) -> str:
    """A reference of the request's description that leads to nothing. The library would leave out what
    it describes."""
    operation = description(document, one)
    item = follow(document, document["paths"][one.template])
    return dangling(
        document, operation.get("parameters"), operation.get("requestBody"), item.get("parameters")
    )


def _make(
    document: dict[str, Json], operations: Sequence[Declared], examples: int, bounds: Bounds
) -> list[Made]:
    made: list[Made] = []
    deadline = time.monotonic() + bounds.generation_total_seconds
    documents = [fuller(document), document]
    while len(made) < len(operations):
        left = deadline - time.monotonic()
        if left <= 0:
            told = f"all operations together took more than {bounds.generation_total_seconds:g} s"
            made += [Made((), told)] * (len(operations) - len(made))
            break
        batch = operations[len(made) :]
        done, trouble = _run(documents, batch, examples, bounds, left)
        if done is None:  # the document as a whole is no good; trying it again would not help
            made += [Made((), trouble)] * len(batch)
        elif len(done) < len(batch):
            made += [*done, Made((), trouble)]
        else:
            made += done
    return made


def _run(
    documents: list[Json], operations: Sequence[Declared], examples: int, bounds: Bounds, seconds: float
) -> tuple[list[Made] | None, str]:
    """What one process made, and why it did not get to the end; None where it never began."""
    asked = {
        "documents": documents,
        "examples": examples,
        "memory_bytes": bounds.memory_bytes,
        "operations": [(one.template, one.operation.method, one.base) for one in operations],
    }
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.write(json.dumps(asked).encode())
        stdin.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "probes.openapi.child"],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            # Sets are ordered by hashes, which are random otherwise.
            env={"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        try:
            with group_ends_with_slim(process.pid):
                lines, trouble = _lines(process, len(operations), bounds, seconds)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        if not trouble:
            stderr.seek(0)
            last = stderr.read()[-_READ:].decode(errors="replace").strip().splitlines()
            trouble = f"its process ended: {last[-1][:300] if last else process.returncode}"
    if not lines:
        return None, trouble
    return [_made(json.loads(line), bounds) for line in lines[1:]], trouble


def _lines(
    process: subprocess.Popen[bytes], count: int, bounds: Bounds, seconds: float
) -> tuple[list[bytes], str]:
    """The line that says that the process is ready, up to `count` more, and which time was up, if any."""
    if process.stdout is None:
        raise AssertionError("it was started with a pipe")
    begin = time.monotonic()
    lines: list[bytes] = []
    rest = b""
    patience = _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        until = begin + patience
        while len(lines) <= count:
            wait = min(until, begin + seconds + _START_SECONDS) - time.monotonic()
            if wait <= 0 or not selector.select(wait):
                return lines, f"making up a request took more than {patience:g} s"
            chunk = os.read(process.stdout.fileno(), _READ)
            if not chunk:
                return lines, ""
            *whole, rest = (rest + chunk).split(b"\n")
            if whole:
                lines += whole
                patience = bounds.generation_seconds
                until = time.monotonic() + patience
    return lines, ""


def _made(answer: Json, bounds: Bounds) -> Made:
    requests = tuple(
        Request(
            path=one["path"],
            headers=tuple((name, value) for name, value in one["headers"]),
            content=base64.b64decode(one["body"]),
        )
        for one in answer["requests"]
    )
    small = tuple(one for one in requests if len(one.content) <= bounds.body_bytes)
    if len(small) < len(requests) and not small:
        return Made((), f"its body would be larger than {bounds.body_bytes:,} bytes")
    return Made(small, answer["trouble"])
