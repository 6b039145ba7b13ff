"""Waiting for whatever ends a watch: a signal, Enter, a time, the container's end."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from types import FrameType

from slim.engine.interrupts import SIGNALS

LOOK_SECONDS = 0.5
"""How often the caller shows how far it is."""


class End(Enum):
    """Why the wait is over."""

    SIGNAL = "told by a signal"
    ENTER = "told by Enter"
    DURATION = "the time was up"
    CONTAINER = "the container has ended"


class Waiting:
    """A wait that signals can end; made by `told_by_signals`."""

    def __init__(self, told: int) -> None:
        self._told = told

    def until_told(
        self, pid: int, shown: Callable[[], None], *, duration: float | None, keyboard: int | None
    ) -> End:
        """Wait until a signal came, process `pid` ended, `duration` seconds passed (None: no
        limit) or a line came from descriptor `keyboard` (None: nobody types). `shown` is called
        every LOOK_SECONDS meanwhile."""
        deadline = None if duration is None else time.monotonic() + duration
        with ExitStack() as stack:
            try:
                process = os.pidfd_open(pid)
            except ProcessLookupError:
                return End.CONTAINER
            stack.callback(os.close, process)
            ends = {self._told: End.SIGNAL, process: End.CONTAINER}
            if keyboard is not None:
                ends[keyboard] = End.ENTER
            poll = select.poll()
            for descriptor in ends:
                poll.register(descriptor, select.POLLIN)
            while True:
                left = (
                    LOOK_SECONDS
                    if deadline is None
                    else max(0.0, min(LOOK_SECONDS, deadline - time.monotonic()))
                )
                ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
                for descriptor, end in ends.items():
                    if descriptor in ready:
                        return end
                if deadline is not None and time.monotonic() >= deadline:
                    return End.DURATION
                shown()


@contextmanager
def told_by_signals() -> Iterator[Waiting]:
    """Within the block, SIGINT, SIGTERM and SIGHUP end the wait and nothing else; those that
    were ignored before (nohup(1), background jobs) stay so. For the main thread."""
    told = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def tell(_number: int, _frame: FrameType | None) -> None:
        os.eventfd_write(told, 1)

    meant = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    previous = {number: signal.signal(number, tell) for number in meant}
    try:
        yield Waiting(told)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        os.close(told)
