"""What each `--keep` mode costs and what still works under it: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/keep_modes.py [NAME ...] [--mode MODE ...] [--json]

`traced` is the floor: nothing but what the probes touched. It may fail its verification and its
checks, and that is a result. `ratio` is the size under `closure` by the size under `traced`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build, names, recipe
from images.started import Image, docker

MODES = ("traced", "closure", "package")


@dataclass(frozen=True)
class Kept:
    """One recipe under one mode."""

    size: int
    """Bytes of the slim image; 0 where none was made."""
    files: int
    verified: bool
    passed: int
    checks: int
    """As many as ran; fewer than under other modes where a container did not even start."""
    failed: tuple[str, ...]
    """Names of the checks that did not hold, or what stopped them all."""


def kept(name: str, mode: str) -> Kept:
    """Slim the recipe's image under `mode` and ask it what slim never saw."""
    tag = f"slim-bench/{name}:{mode}"
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "slim", "run", "--tag", tag, "--json", "--keep", mode, "--keep-unverified",
             "--output", folder, build(name), *recipe(name).probe_arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1) or not done.stdout:
        return Kept(0, 0, False, 0, 0, (f"slim run: exit code {done.returncode}: {done.stderr[-300:]}",))
    report = json.loads(done.stdout)
    try:
        results = recipe(name).beyond(Image(tag))
    except Exception as error:  # a check that cannot go on counts as all of them failed
        results, failed = [], (f"{type(error).__name__}: {str(error)[:300]}",)
    else:
        failed = tuple(check.name for check in results if not check.ok)
    finally:
        docker("image", "rm", "--force", tag, check=False)
    passed = sum(check.ok for check in results)
    slim = report["slim"]
    return Kept(slim["size"], slim["files"], report["verified"], passed, len(results), failed)


def row(name: str, modes: tuple[str, ...]) -> tuple[dict[str, object], str]:
    """One recipe: for machines, and as a line of the table."""
    fat = Image(build(name)).size()
    measured = {mode: kept(name, mode) for mode in modes}
    checks = max(one.checks for one in measured.values())
    cells = [name, f"{fat / 1e6:.1f}"]
    for one in measured.values():
        mark = "" if one.verified else " (not verified)"
        cells += [f"{one.size / 1e6:.1f}{mark}" if one.size else "failed", f"{one.passed} of {checks}"]
    cells.append(_ratio(measured))
    told = {"name": name, "fat": fat, "checks": checks}
    return {**told, **{mode: asdict(one) for mode, one in measured.items()}}, f"| {' | '.join(cells)} |"


def _ratio(measured: dict[str, Kept]) -> str:
    floor, closure = measured.get("traced"), measured.get("closure")
    return f"{closure.size / floor.size:.2f}" if floor and closure and floor.size else "–"


def head(modes: tuple[str, ...]) -> Iterator[str]:
    """The table's first two lines."""
    cells = ["image", "fat MB", *(f"{mode} {what}" for mode in modes for what in ("MB", "checks")), "ratio"]
    yield f"| {' | '.join(cells)} |"
    yield "|" + "---|" * len(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes (default: all)")
    parser.add_argument("--mode", action="append", choices=MODES, help="these alone (default: all three)")
    parser.add_argument("--json", action="store_true", help="one JSON document, with every failed check")
    given = parser.parse_args()
    modes = tuple(mode for mode in MODES if mode in (given.mode or MODES))
    if not given.json:
        print("\n".join(head(modes)), flush=True)
    told = []
    for name in given.names or names():
        machine, line = row(name, modes)
        told.append(machine)
        print(line, file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
