"""Regular expressions of the user's in what a server sent: found, or given up in time.

Python's `re` tries every way in which an expression may fit, which for `(a+)+$` and forty characters is
longer than anybody waits; it cannot be told to stop, and no other thread runs meanwhile, not even the one
that gets Ctrl-C. So expressions that repeat something are searched for by a process of their own.
"""

from __future__ import annotations

import atexit
import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from probes.exercise import regex_child

SEARCH_SECONDS = 5.0
"""How long one search may take."""
_REPEATS = frozenset("*+?{")
"""Without any of these an expression fits in a few ways only."""


@dataclass(frozen=True)
class Found:
    """The first match."""

    index: int
    """In which text it is."""
    end: int
    """Where in it the match ends."""
    value: str | None
    """Its first group (None where that took no part), or all of it where it has none."""


class Unsearchable(Exception):
    """Whether there is a match cannot be said; its text says why."""


def search(pattern: str, texts: Sequence[str], seconds: float = SEARCH_SECONDS) -> Found | None:
    """The match in the first of `texts` that has one. Raises Unsearchable."""
    try:
        if not _REPEATS.intersection(pattern):
            found = regex_child.find(pattern, list(texts))
        else:
            found = _SEARCHER.find(pattern, texts, seconds)
    except re.error as error:
        raise Unsearchable(f"/{pattern}/ is no regular expression: {error}") from error
    if found is None:
        return None
    index, end, whole, group, grouped = found
    return Found(index, end, group if grouped else whole)


class _Searcher:
    """The process, which is started when it is first needed, and again after it had to end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def find(self, pattern: str, texts: Sequence[str], seconds: float) -> regex_child.Match | None:
        """As `regex_child.find`."""
        asked = json.dumps([pattern, list(texts), max(0.01, seconds)]).encode() + b"\n"
        with self._lock:
            answer = self._answer(asked)
        if not answer:
            length = sum(map(len, texts))
            raise Unsearchable(
                f"/{pattern}/ was not searched to the end of {length} characters in {seconds:g} s: a repeat "
                "in a repeat is tried in every way; write it so that it fits in one only"
            )
        told = json.loads(answer)
        if isinstance(told, str):
            raise re.error(told)
        return tuple(told) if told else None

    def _answer(self, asked: bytes) -> bytes:
        """A line; empty where the process ended, as it does when its time is up."""
        process = self._process = self._process or _start()
        assert process.stdin and process.stdout  # noqa: S101 - it was started with pipes
        answer = b""
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(asked)
                process.stdin.flush()
                answer = process.stdout.readline()
        finally:  # also for an interrupt: a late answer would be taken for the next one's
            if not answer:
                self.end()
        return answer

    def end(self) -> None:
        """End the process, if there is one."""
        if process := self._process:
            self._process = None
            process.kill()
            with suppress(BrokenPipeError):
                process.communicate()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(regex_child.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        start_new_session=True,  # Ctrl-C is for slim
    )


_SEARCHER = _Searcher()
atexit.register(_SEARCHER.end)
