"""A program that could not be started, told from one that ended."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable

from probes.watch.toolkit import FOLDER
from probes.watch.trace import Access, Use
from slim.errors import ExerciseError

_NOT_FOUND = f"{FOLDER}/strace: Can't stat ".encode()
"""strace looks the program up itself, along PATH, where nothing stands between the two."""
_NOT_EXECUTED = (f"{FOLDER}/strace: exec: ".encode(), b"setpriv: failed to execute ")
_MISSING = frozenset({"ENOENT", "ENOTDIR"})


def refusal(program: str, accesses: Iterable[Access], said: Iterable[bytes]) -> ExerciseError | None:
    """The error of a container whose `program` was never started; None where that is not certain.

    `accesses` are those of the run, `said` the lines of the container's standard error. Certain is
    what both tell: every execve(2) failed, and whoever was to execute the program gave up.
    """
    lines = tuple(said)
    if any(line.startswith(_NOT_FOUND) for line in lines):
        return _missing(program)
    if not any(line.startswith(_NOT_EXECUTED) for line in lines):
        return None
    tried = [access for access in accesses if access.use is Use.EXEC]
    errors = sorted({access.error for access in tried})
    if not tried or "" in errors:
        return None
    others = [error for error in errors if error not in _MISSING]
    return _missing(program) if not others else _not_executable(program, others[0])


def _missing(program: str) -> ExerciseError:
    cause = "no folder of PATH has it"
    if "/" in program:
        cause = "there is no such file, or the interpreter or loader that it asks for is not there"
    return ExerciseError(
        f"the image has no program {program!r}",
        cause=cause,
        remedy="check the command behind --, or --entrypoint; docker run would exit with 127",
    )


def _not_executable(program: str, error: str) -> ExerciseError:
    number = getattr(errno, error, None)
    return ExerciseError(
        f"{program!r} in the image cannot be executed",
        cause=os.strerror(number) if isinstance(number, int) else error,
        remedy="name a program that the container's user may execute; docker run would exit with 126",
    )
