"""How long an image takes to be indexed, both ways: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/reading.py [NAME ...]

Each reading is a process of its own, so that its peak of memory is its own too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build, names

READ = """
import sys, tempfile, time
from pathlib import Path
from slim.engine.connect import connect
from slim.engine.read import read_image
engine = connect()
with tempfile.TemporaryDirectory() as folder:
    began = time.monotonic()
    image = read_image(engine, sys.argv[1], Path(folder), portable=sys.argv[2] == "portable")
    print(len(image.tree), image.tree.size, time.monotonic() - began)
engine.close()
"""


def read(reference: str, way: str) -> tuple[int, int, float, int]:
    """Entries, bytes of content, seconds, bytes of resident memory at the most."""
    command = [sys.executable, "-c", READ, reference, way]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        entries, size, seconds = process.stdout.read().split()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return int(entries), int(size), float(seconds), usage.ru_maxrss * 1024


def main() -> None:
    print("| image | entries | MB | layer folders s | peak MB | save stream s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for name in sys.argv[1:] or names():
        reference = build(name)
        entries, size, fast, fast_peak = read(reference, "folders")
        _, _, portable, portable_peak = read(reference, "portable")
        cells = [name, f"{entries:,}", f"{size / 1e6:.1f}", f"{fast:.2f}", f"{fast_peak / 1e6:.0f}"]
        print(f"| {' | '.join(cells)} | {portable:.2f} | {portable_peak / 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
