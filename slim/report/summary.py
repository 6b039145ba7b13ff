"""The lines that a run ends with."""

from __future__ import annotations

from slim.oci.path import printable
from slim.report.model import Report

MAX_LINES = 20


def verdict_lines(report: Report) -> list[str]:
    """What came out and what differed, for people."""
    lines = [f"warning: {warning}" for warning in report.warnings]
    lines += [
        f"noted: {one.probe}: {one.aspect} differs, as it does between two runs of the fat image"
        for one in report.noted
    ]
    for probe in report.differences:
        lines.append(f"differs: {probe.probe}: {probe.aspect}: fat {probe.fat!r}, slim {probe.slim!r}")
    for lookup in report.lookups[:MAX_LINES]:
        lines.append(
            f"differs: {printable(lookup.path)} is missing: {printable(lookup.executable) or 'a program'} "
            f"looked for {printable(lookup.asked)} under {lookup.probe} ({lookup.error})"
        )
    if len(report.lookups) > MAX_LINES:
        lines.append(f"… and {len(report.lookups) - MAX_LINES} more look-ups; see report.json")
    if report.verified:
        lines.append(f"verified: {report.tag}")
    else:
        kept = f"it was named {report.tag} all the same" if report.tag else "nothing was tagged"
        lines.append(f"NOT verified: the slim image differs from the fat one; {kept}")
    if report.slim_log:
        lines.append("the slim container's last log lines:")
        lines.extend(f"  {line}" for line in report.slim_log)
    return lines
