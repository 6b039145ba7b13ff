"""Ending a container as its operator would, without waiting for nothing."""

from __future__ import annotations

import signal
from pathlib import Path

from slim.engine.interface import Container

DEFAULT_SIGNAL = "SIGTERM"


def stop(container: Container, stop_signal: str, *, local: bool, patience: float) -> int | None:
    """Ask PID 1 to end by its STOPSIGNAL, wait `patience` seconds, then kill it.

    Returns the exit code where the program ended by itself, None where it had to be killed.
    A PID 1 without a handler for the signal never gets it (pid_namespaces(7)), so it is
    killed at once where that can be seen (`local`).
    """
    state = container.state()
    if state.exit_code is not None:
        return state.exit_code
    name = stop_signal or DEFAULT_SIGNAL
    if not (local and _ignores(state.pid, name)):
        container.signal(name)
        code = container.wait(timeout=patience) if patience > 0 else container.state().exit_code
        if code is not None:
            return code
    container.kill()
    container.wait()
    return None


def signal_number(name: str) -> int:
    """The number of `SIGTERM`, `TERM` or `15` as STOPSIGNAL may spell it; 0 if unknown."""
    if name.isdigit():
        return int(name)
    full = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    if full in signal.Signals.__members__:
        return signal.Signals[full].value
    base, plus, offset = full.partition("+")
    return signal.SIGRTMIN + int(offset) if plus and base == "SIGRTMIN" and offset.isdigit() else 0


def _ignores(pid: int, name: str) -> bool:
    """Whether PID 1 of a container has no handler for the signal: SigCgt of proc(5)."""
    number = signal_number(name)
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("SigCgt:") and number:
            return not int(line.split()[1], 16) >> (number - 1) & 1
    return False
