"""The lines that a run, or a plan, ends with."""

from __future__ import annotations

from collections.abc import Iterator

from slim.coverage.application import is_package_code
from slim.oci.path import ImagePath, printable
from slim.plan import Gap
from slim.report.coverage_text import coverage_lines, top_additions
from slim.report.model import DifferenceSummary, LookupSummary, PlanSummary, Report, UnresolvedSummary
from slim.report.sizes import count_text
from slim.verify.deeds import MADE_ANEW
from slim.verify.oracle import MADE, REFUSED_ERRORS

MAX_LINES = 20
MAX_GAPS = 3
"""Gaps of one kind that are named; the others are counted."""
MAX_NOTED = 3
"""Probes that differ in one aspect that are named; the others are counted."""

_VOLATILE = "differs between two runs of the fat image too"

_LOCAL = ("/usr/local/bin/", "/usr/local/libexec/", "/usr/local/sbin/", "/usr/local/share/", "/usr/src/")
"""Where people put files of their own: hier(7)."""

_GAPS = {
    Gap.UNREADABLE: ("unreadable", "file", "what it needs is not known"),
    Gap.WITHHELD: ("withheld", "path", "needed, and dropped by --exclude"),
}
"""Those that matter: what the line begins with, what is counted, what it means."""


def plan_lines(plan: PlanSummary) -> list[str]:
    """Warnings about a plan, and what of it stays unresolved: one line for each kind that matters, and
    a count of what the fat image lacks too."""
    return [f"warning: {warning}" for warning in plan.warnings] + list(gap_lines(plan.unresolved))


def gap_lines(unresolved: tuple[UnresolvedSummary, ...]) -> Iterator[str]:
    """One line for each kind of gap that there is."""
    yield from _unknown(tuple(one for one in unresolved if one.gap == Gap.UNKNOWN.value))
    for gap, (kind, noun, meaning) in _GAPS.items():
        found = sorted((one for one in unresolved if one.gap == gap.value), key=_nearness)
        if found:
            some = "; ".join(dict.fromkeys(_named(one, gap) for one in found[:MAX_GAPS]))
            more = f"; {len(found) - MAX_GAPS} more in the plan" if len(found) > MAX_GAPS else ""
            yield f"{kind}: {count_text(len(found), noun)} ({meaning}): {some}{more}"
    absent = sum(one.gap == Gap.ABSENT.value for one in unresolved)
    if absent:
        yield f"absent: {count_text(absent, 'name')} that the fat image does not hold either"


def _unknown(found: tuple[UnresolvedSummary, ...]) -> Iterator[str]:
    """Names made at run time: the application's own one by one, those of libraries as a count."""
    own = sorted((one for one in found if not any(_nearness(one)[:2])), key=_nearness)
    others = len(found) - len(own)
    if own:
        some = "; ".join(dict.fromkeys(_named(one, Gap.UNKNOWN) for one in own[:MAX_GAPS]))
        more = f"; {len(own) - MAX_GAPS} more in the plan" if len(own) > MAX_GAPS else ""
        too = f"; {others:,} more in libraries" if others else ""
        meaning = "made at run time: probe it, or --include what it may be"
        yield f"unknown: {count_text(len(own), 'name')} ({meaning}): {some}{more}{too}"
    elif others:
        yield f"unknown: {count_text(others, 'name')} made at run time, in libraries alone; see the plan"


def _nearness(one: UnresolvedSummary) -> tuple[bool, bool, str]:
    """The application's files before those of packages."""
    in_system = one.source.startswith(("/usr/", "/lib")) and not one.source.startswith(_LOCAL)
    return is_package_code(ImagePath(one.source)), in_system, one.source


def _named(one: UnresolvedSummary, gap: Gap) -> str:
    source = printable(one.source)
    if gap is Gap.UNREADABLE:
        return f"{source}: {one.detail}"
    if gap is Gap.WITHHELD:
        return f"{printable(one.wanted)} (by {source})"
    if one.wanted.startswith("line "):
        return f"{source}, {one.wanted}"
    return f"{source} ({printable(one.wanted)})"


def verdict_lines(report: Report) -> list[str]:
    """What came out and what differed, for people."""
    lines = [f"warning: {warning}" for warning in report.warnings]
    lines += report.notes
    lines += gap_lines(report.plan.unresolved)
    if report.coverage is not None:
        lines += coverage_lines(report.coverage)
    lines += noted_lines(report.noted)
    lines += on_purpose_lines(report.on_purpose)
    lines += differing_lines(report.differences, report.lookups)
    if report.verified and report.too_little:
        lines += _too_little(report)
    elif report.verified:
        lines.append(f"verified: {report.tag}")
    else:
        kept = f"it was named {report.tag} all the same" if report.tag else "nothing was tagged"
        lines.append(f"NOT verified: the slim image differs from the fat one; {kept}")
        lines += (f"  next: {step}" for step in report.next_steps)
    return [*lines, *log_lines(report.slim_log)]


def failure_line(report: Report) -> str:
    """Why the slim image is not verified, for who is shown nothing else."""
    if report.verified:
        return f"not verified: too little was exercised: {report.too_little}"
    return counted(
        len(report.differences) + len(report.lookups), differing_lines(report.differences, report.lookups)
    )


def counted(number: int, lines: Iterator[str]) -> str:
    """How many differences there are, and the first of their `lines`."""
    first = next(lines, "").partition(": ")[2]
    named = f"; the first: {first}" if first else ""
    return f"not verified: {count_text(number, 'difference')}{named}"


def differing_lines(
    differences: tuple[DifferenceSummary, ...], lookups: tuple[LookupSummary, ...]
) -> Iterator[str]:
    """What fails the verification, one line each; of many look-ups the first."""
    for probe in differences:
        where = f" at {probe.where}" if probe.where else ""
        slim, log = probe.slim, []
        if probe.aspect == "reachability":  # an error of slim's, which ends with the container's log
            slim, *log = probe.slim.splitlines() or [""]
        yield f"differs: {probe.probe}: {probe.aspect}{where}: fat {probe.fat!r}, slim {slim!r}"
        yield from (f"  {line}" for line in log)
    for lookup in lookups[:MAX_LINES]:
        yield f"differs: {_lookup(lookup)}"
    if len(lookups) > MAX_LINES:
        yield f"… and {len(lookups) - MAX_LINES} more look-ups; see report.json"


def _lookup(one: LookupSummary) -> str:
    path, who = printable(one.path), printable(one.executable) or "a program"
    asked = f"{printable(one.asked)} under {one.probe}"
    if one.error in REFUSED_ERRORS:
        return f"{path} is not as in the fat image: {who} was refused {asked} ({one.error})"
    if one.error == MADE:
        return f"{path} is missing: {who} made {asked}, and the fat image has it"
    if not one.error:
        return f"{path} is missing: {who} lists {asked}, and the fat image's run used it"
    return f"{path} is missing: {who} looked for {asked} ({one.error})"


def on_purpose_lines(lookups: tuple[LookupSummary, ...]) -> Iterator[str]:
    """What was looked for in vain and is missing on purpose, one line for each who dropped it."""
    by_purpose: dict[str, list[str]] = {}
    for one in lookups:
        purpose = "byte code whose source is kept" if one.purpose.startswith("byte code") else one.purpose
        by_purpose.setdefault(purpose, []).append(printable(one.path))
    for purpose, paths in by_purpose.items():
        more = f" and {len(paths) - MAX_NOTED:,} more in report.json" if len(paths) > MAX_NOTED else ""
        named = f"{', '.join(paths[:MAX_NOTED])}{more}"
        if purpose == MADE_ANEW:
            yield f"told: missing, and the application makes it itself: {named}"
        else:
            yield f"missing on purpose, and looked for: {named} ({purpose})"


def log_lines(slim_log: tuple[str, ...]) -> list[str]:
    """The end of the slim container's log, where it matters."""
    return ["the slim container's last log lines:", *(f"  {line}" for line in slim_log)] if slim_log else []


def noted_lines(noted: tuple[DifferenceSummary, ...]) -> Iterator[str]:
    """What differs and fails nothing, in one line for each reason why it does not."""
    for why in dict.fromkeys(one.why for one in noted):
        found = [one for one in noted if one.why == why]
        names = list(dict.fromkeys(one.probe for one in found))
        more = f" and {len(names) - MAX_NOTED:,} more in report.json" if len(names) > MAX_NOTED else ""
        aspects = ", ".join(dict.fromkeys(one.aspect for one in found))
        yield f"noted: {', '.join(names[:MAX_NOTED])}{more} ({aspects}): {why or _VOLATILE}"


def _too_little(report: Report) -> Iterator[str]:
    """That the slim image agrees with the fat one, as far as that says anything; and what to add."""
    kept = f"it was named {report.tag} all the same" if report.tag else "nothing was tagged"
    yield f"TOO LITTLE was exercised: {report.too_little}; {kept}"
    if report.coverage is not None:
        yield from (f"  add {one}" for one in top_additions(report.coverage))
