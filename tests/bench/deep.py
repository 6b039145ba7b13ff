"""What `--verify deep` finds, adds and costs: a table for docs/benchmarks.md.

    .venv/bin/python tests/bench/deep.py [NAME ...] [--keep MODE] [--json]

Under `--keep traced` a slim image holds nothing but what the probes touched, so that what deep runs
reach is missing: how many of the recipe's checks hold with a plain and with a deep verification, how
much repair adds to the image, and how long each takes. Differences that are left are told.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from images.build import build, names, recipe
from images.started import Image, docker


@dataclass(frozen=True)
class Proved:
    """One recipe with one depth of verification."""

    size: int
    """Bytes of the slim image; 0 where none was made."""
    verified: bool
    seconds: float
    passed: int
    checks: int
    probes: int
    left: tuple[str, ...]
    """What still differs, or what stopped it all."""


def proved(name: str, verify: str, keep: str) -> Proved:
    """Slim the recipe's image, and ask it what slim never saw."""
    tag = f"slim-bench/{name}:{verify}"
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="slim-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "slim", "run", "--tag", tag, "--json", "--keep", keep, "--verify", verify,
             "--keep-unverified", "--output", folder, build(name), *recipe(name).probe_arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    seconds = time.monotonic() - began
    if done.returncode not in (0, 1) or not done.stdout:
        return Proved(0, False, seconds, 0, 0, 0, (f"exit code {done.returncode}: {done.stderr[-600:]}",))
    report = json.loads(done.stdout)
    try:
        results = recipe(name).beyond(Image(tag))
    except Exception:  # a check that cannot go on counts as all of them failed
        results = []
    finally:
        docker("image", "rm", "--force", tag, check=False)
    left = [f"{one['probe']}: {one['aspect']}" for one in report["differences"]]
    left += [one["path"] for one in report["lookups"]]
    passed = sum(check.ok for check in results)
    size, probes = report["slim"]["size"], len(report["probes"])
    return Proved(size, report["verified"], seconds, passed, len(results), probes, tuple(left))


def row(name: str, keep: str) -> tuple[dict[str, object], str]:
    """One recipe: for machines, and as a line of the table."""
    plain, deep = proved(name, "plain", keep), proved(name, "deep", keep)
    checks = max(plain.checks, deep.checks)
    cells = [name]
    for one in (plain, deep):
        mark = "" if one.verified else " (not verified)"
        cells += [f"{one.size / 1e6:.1f}{mark}", f"{one.passed} of {checks}", f"{one.seconds:.1f}"]
    cells += [str(deep.probes), "; ".join(deep.left[:4])[:300] or "–"]
    return {"name": name, "plain": asdict(plain), "deep": asdict(deep)}, f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes (default: all)")
    parser.add_argument("--keep", default="traced", help="as of `slim run` (default: traced)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    columns = [f"{depth} {what}" for depth in ("plain", "deep") for what in ("MB", "checks", "s")]
    if not given.json:
        print(f"| {' | '.join(['image', *columns, 'deep probes', 'left'])} |\n{'|---' * 9}|", flush=True)
    told = []
    for name in given.names or names():
        machine, line = row(name, given.keep)
        told.append(machine)
        print(line, file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
