"""What slim finds and repairs of images that are broken on purpose: a table for docs/benchmarks.md.

.venv/bin/python tests/bench/golden.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "integration")]

from golden import CASES, Case, slimmed  # noqa: E402

from slim.report.model import Report  # noqa: E402


def main() -> None:
    """Print a row for each case, and the counts."""
    print("| broken | case | detected | rounds | paths named | with them | in the end |")
    print("|---|---|---|---:|---:|---:|---|")
    right = []
    for case in CASES:
        with slimmed(case) as (report, _):
            print(_row(case, report), flush=True)
            right.append((case, detected(report), as_expected(case, report)))
    broken = [one for one in right if one[0].differs]
    sound = [one for one in right if not one[0].differs]
    print()
    print(f"Detected: {sum(found for _, found, _ in broken)} of {len(broken)}.", end=" ")
    print(f"As it must end: {sum(end for _, _, end in broken)} of {len(broken)}.", end=" ")
    print(f"False alarms: {sum(found for _, found, _ in sound)} of {len(sound)}.")


def detected(report: Report) -> bool:
    """Whether anything was found, in the first image or in the last."""
    return bool(report.repairs or report.lookups or report.differences)


def as_expected(case: Case, report: Report) -> bool:
    """Whether what was looked up in vain was named, and the last image is what it must be."""
    named = {one.path for each in report.repairs for one in each.paths if one.rule == "repair"}
    return named == case.repaired and report.verified is case.verified


def _row(case: Case, report: Report) -> str:
    paths = [one for each in report.repairs for one in each.paths]
    named = sum(one.rule == "repair" for one in paths)
    end = "verified" if report.verified else "refused, and told what to do"
    found = "yes" if detected(report) else "nothing to detect" if not case.differs else "NO"
    cells = (case.told, case.name, found, len(report.repairs), named, len(paths) - named, end)
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
