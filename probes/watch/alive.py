"""Whether strace still watches, asked of the kernel: proc(5), TracerPid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from probes.watch.toolkit import FOLDER, carried
from slim.engine.interface import Container

_STRACE = f"{FOLDER}/strace"
_SECONDS = 30.0
# `read` drops the NUL bytes that end each word of a command line
_SCRIPT = f"""
for process in "$@"; do
  [ -e "/proc/$process/status" ] || continue
  tracer=0 command=
  while read -r key value; do
    case $key in TracerPid:) tracer=$value;; esac
  done <"/proc/$process/status"
  read -r command <"/proc/$tracer/cmdline" 2>/dev/null
  case $command in *{_STRACE}*) ;; *) echo "$process";; esac
done
"""


def watched_from_here(pid: int) -> bool:
    """Whether process `pid` of this machine is traced by a carried strace."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
        tracer = next(line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:"))
        return tracer != "0" and _STRACE.encode() in Path(f"/proc/{tracer}/cmdline").read_bytes()
    except (OSError, StopIteration):
        return False


def unwatched_inside(container: Container, processes: Sequence[int]) -> tuple[int, ...]:
    """Those of `processes` (ids inside the container) that live and that no carried strace
    traces. Raises EngineError or ExerciseError where the container cannot be asked."""
    asked = carried("sh", "-c", _SCRIPT, "alive", *map(str, processes))
    done = container.execute(asked, user="0", timeout=_SECONDS)
    return tuple(int(line) for line in done.stdout.split() if line.isdigit())
