"""A process that outlives slim where slim is killed, to kill what slim had started on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_WATCH = 'read -r _ || kill -9 "-$1"'
"""The end of what it reads comes only when slim is gone; a line, when it is no longer needed."""


@contextmanager
def group_ends_with_slim(group: int) -> Iterator[None]:
    """Within the block the processes of `group` are killed when slim itself is, even by SIGKILL."""
    watch = subprocess.Popen(
        ("/bin/sh", "-c", _WATCH, "sh", str(group)),
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            watch.communicate(b"\n")
