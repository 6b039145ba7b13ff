"""Whether slim cries wolf: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/false_alarms.py [NAME ...] [--runs N]

Each recipe is slimmed, and its fat image compared with itself (`slim verify X X`), several times, with its
own probes and, where they are HTTP, a crawl. An alarm is exit code 1: nothing is wrong with any of them.
`repairs` are rounds of repair, in all runs together; `noted` is what differed by chance alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build, names, recipe
from images.started import docker


def main() -> None:
    """Print a row for each recipe, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=names(), metavar="NAME")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print("| image | slim run | alarms | repairs | noted | slim verify X X | alarms | noted |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    alarms = 0
    for name in given.names:
        slimmed = [_slim(name, "run", "--tag", f"slim-bench/{name}:test") for _ in range(given.runs)]
        docker("image", "rm", f"slim-bench/{name}:test", check=False)
        compared = [_slim(name, "verify", build(name)) for _ in range(given.runs)]
        wrong = [_alarms(slimmed), _alarms(compared)]
        alarms += sum(wrong)
        repairs = sum(len(one["repairs"]) for one in slimmed)
        cells = (given.runs, wrong[0], repairs, _noted(slimmed), given.runs, wrong[1], _noted(compared))
        print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)
        for one in (*slimmed, *compared):
            for what in (*one["differences"], *one["lookups"]):
                print(f"{name}: {what}", file=sys.stderr, flush=True)
    print(f"\nAlarms: {alarms} of {2 * given.runs * len(given.names)}.")


def _slim(name: str, command: str, *arguments: str) -> dict[str, Any]:
    """The report of `slim run`, or of `slim verify` with the second image in `arguments`."""
    words = [*recipe(name).probe_arguments]
    crawl = ["--http-crawl"] if "--http-probe" in words else []
    second = [one for one in arguments if command == "verify"]
    options = [] if second else arguments
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        line = [command, "--json", *options, *crawl, build(name), *second, *words]
        done = subprocess.run(
            [sys.executable, "-m", "slim", *line],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=folder, check=False,
        )  # fmt: skip
    report = json.loads(done.stdout)
    assert "error" not in report, report
    return report


def _alarms(reports: list[dict[str, Any]]) -> int:
    return sum(one["exit_code"] != 0 for one in reports)


def _noted(reports: list[dict[str, Any]]) -> int:
    """What fell to chance, and not what two runs of the fat image differ in."""
    return sum(bool(one["why"]) for report in reports for one in report["noted"])


if __name__ == "__main__":
    main()
