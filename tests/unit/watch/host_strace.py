"""The host's strace on small real programs, with the options that slim gives it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from probes.watch.ledger import Ledger, Timeline
from probes.watch.strace_command import traced
from probes.watch.strace_parser import StraceParser
from probes.watch.trace import Access, Use

Seen = tuple[str, Use, str]


def compiled(folder: Path, source: str, *options: str) -> Path:
    """A C program, statically linked: its own calls and next to nothing else."""
    program = folder / "program"
    (folder / "program.c").write_text(source)
    command = ["gcc", "-w", "-static", "-o", str(program), str(folder / "program.c"), *options]
    subprocess.run(command, check=True)
    return program


def strace_of(argv: Sequence[str], cwd: Path, output: Path) -> bytes:
    """What strace writes of `argv`, which begins in `cwd`."""
    command = traced(argv, 0)
    options = list(command[command.index("/.slim/strace") + 1 :])
    options.remove("-D")  # so that its end can be waited for
    options[options.index("-o") + 1] = str(output)
    subprocess.run(["strace", *options], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return output.read_bytes()


class Parsed:
    """A parser that was fed all of an output."""

    def __init__(self, output: bytes, *, cwd: str = "/", chunk: int = 1 << 20) -> None:
        self.ledger = Ledger("/.slim")
        self.parser = StraceParser(self.ledger, Timeline(common_clock=True), cwd=cwd)
        for begin in range(0, len(output), chunk):
            self.parser.feed(output[begin : begin + chunk])
        self.parser.close()
        self.accesses = self.ledger.accesses()

    def seen(self, under: str = "/", executable: str = "") -> set[Seen]:
        """(path, use, error) of the accesses under a folder, of one program or of all."""
        return {
            (access.path, access.use, access.error)
            for access in self.accesses
            if access.path.startswith(under) and executable in ("", access.executable)
        }

    def of(self, path: str) -> list[Access]:
        return [access for access in self.accesses if access.path == path]


def lines(*texts: str) -> bytes:
    """strace's output from `pid text` strings, with time stamps a millisecond apart."""
    made = []
    for index, text in enumerate(texts):
        process, _, rest = text.partition(" ")
        made.append(f"{process:<5} 1795221810.{index:03d}000 {rest}\n")
    return "".join(made).encode()
