"""A container that never became ready for probes, and what it was seen to use until then."""

from __future__ import annotations

from probes.watch.trace import Trace
from slim.errors import ExerciseError


class NeverReady(ExerciseError):
    """`error`, with the trace of the run that it ended. On a slim image it names what is missing."""

    def __init__(self, error: ExerciseError, trace: Trace) -> None:
        super().__init__(error.message, cause=error.cause, remedy=error.remedy)
        self.trace = trace
