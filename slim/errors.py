"""Every error that slim raises on purpose, with its exit code.

Library code raises; only `slim.cli` exits. A message says what went wrong and
with which thing, `cause` why, `remedy` what the user can do about it.
The exit codes are documented in docs/exit-codes.md; a test keeps both equal.
"""

from __future__ import annotations

from typing import ClassVar


class SlimError(Exception):
    """The root of the tree; never raised itself."""

    exit_code: ClassVar[int] = 70
    kind: ClassVar[str] = "internal"

    def __init__(self, message: str, *, cause: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}: {self.cause}" if self.cause else self.message


class InternalError(SlimError):
    """slim contradicts itself: a bug, to be reported."""


class NotVerified(SlimError):
    """The slim image does not behave as the fat image does."""

    exit_code = 1
    kind = "not-verified"


class UsageError(SlimError):
    """An option, argument or input file is wrong."""

    exit_code = 2
    kind = "usage"


class TraceIncomplete(SlimError):
    """Observation was lost, so nothing can be concluded from the trace."""

    exit_code = 3
    kind = "trace-incomplete"


class EngineError(SlimError):
    """No engine answers, it refuses us, or it failed."""

    exit_code = 4
    kind = "engine"


class ImageError(SlimError):
    """No such image, one of another architecture, or one that cannot be read."""

    exit_code = 5
    kind = "image"


class ExerciseError(SlimError):
    """The fat image could not be exercised: it died, never answered, or failed a probe."""

    exit_code = 6
    kind = "exercise"


class HostError(SlimError):
    """This machine lacks something: disk space, a tool, a permission."""

    exit_code = 7
    kind = "host"


class Interrupted(SlimError):
    """The user pressed Ctrl-C (130), or a signal asked slim to stop (128 + its number)."""

    kind = "interrupted"

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted; nothing was left behind")
        self.signal_number = signal_number

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """128 plus the signal's number, as a shell reports it."""
        return 128 + self.signal_number
