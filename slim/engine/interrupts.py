"""Ctrl-C and its kin, as one error that unwinds everything, once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from slim.errors import Interrupted

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a program to stop: signal(7)."""


class _StopAskedFor(KeyboardInterrupt):
    """Unwinds the stack. A KeyboardInterrupt, so that no `except Exception` on the way, ours or
    a library's, can swallow it."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Within the block, SIGINT, SIGTERM and SIGHUP end it with `Interrupted`.

    The first signal unwinds; later ones are ignored while it does, so that impatience cannot
    abort the cleanup. Where something has swallowed the first (Python does, where an exception
    leaves a `__del__`), the next one unwinds. An error that the cleanup raises goes before
    `Interrupted`. Only the main thread gets signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def unwind(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if not _is_unwinding():
            raise _StopAskedFor

    previous = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            if previous[number] is not signal.SIG_IGN:  # nohup(1) and background jobs mean it
                signal.signal(number, unwind)
        yield
    except _StopAskedFor:
        raise Interrupted(received[0]) from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
    if received:  # something on the way swallowed it
        raise Interrupted(received[0])


def _is_unwinding() -> bool:
    """Whether what runs now is the cleanup for a signal: its exception is being handled, or was
    when an exception that is being handled came up."""
    error = sys.exception()
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, _StopAskedFor):
            return True
        seen.add(id(error))
        error = error.__context__
    return False


@contextmanager
def shielded() -> Iterator[None]:
    """Hold SIGINT, SIGTERM and SIGHUP back until the end of the block, then deliver the first.

    For steps that must not be left half done: asking the engine for something whose answer is
    the only way to know about it, and cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        held.append(number)

    previous = {number: signal.signal(number, hold) for number in SIGNALS if _handled(number)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


def _handled(number: int) -> bool:
    """Not ignored, and not installed from outside Python, which could not be put back."""
    return signal.getsignal(number) not in (signal.SIG_IGN, None)
