"""What the proof costs: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/verify.py [NAME ...] [--runs N]

`plain` is one plain replay: docker alone creates, starts, probes, stops and removes the container.
`verify` is the stage of `slim run`: the traced replay, what is left to wait for of the fat image's
second run, and the comparison; `ratio` is verify by plain. Of several runs the median.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import names
from images.started import docker
from recipes import plain_once, slim_once


def measured(name: str, runs: int) -> tuple[float, float, float]:
    """Seconds: one plain replay, the stage verify, the whole of slim run."""
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        done = [slim_once(name, folder) for _ in range(runs)]
    plain = statistics.median(plain_once(name, done[-1].report["port"]) for _ in range(runs))
    stages = [{stage["name"]: stage["seconds"] for stage in one.report["stages"]} for one in done]
    verify = statistics.median(stage["verify"] for stage in stages)
    return plain, verify, statistics.median(one.seconds for one in done)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=names(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print("| image | plain s | verify s | ratio | slim run s |\n|---|---|---|---|---|")
    ratios = []
    for name in given.names:
        plain, verify, whole = measured(name, given.runs)
        ratios.append(verify / plain)
        print(f"| {name} | {plain:.2f} | {verify:.2f} | {verify / plain:.2f} | {whole:.2f} |", flush=True)
        docker("image", "rm", f"slim-bench/{name}:test", check=False)
    within = sum(ratio < 2 for ratio in ratios)
    print(f"\nThe median ratio is {statistics.median(ratios):.2f}; {within} of {len(ratios)} are under 2.")


if __name__ == "__main__":
    main()
