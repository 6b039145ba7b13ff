"""What `slim verify` found: its report, and its lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.watch.trace import Trace
from slim import __version__
from slim.oci.compare import AspectChange
from slim.oci.image import Image
from slim.oci.path import printable
from slim.progress import StageRecord
from slim.report.assemble import (
    RunResult,
    broken_summaries,
    difference_summaries,
    image_summary,
    lookup_summaries,
    port_of,
    probe_summaries,
    run_summary,
    slim_log_of,
    stage_summaries,
    trace_summary,
    weak_of,
)
from slim.report.next_steps import steps_for_two
from slim.report.sizes import count_text
from slim.report.summary import (
    MAX_LINES,
    counted,
    differing_lines,
    log_lines,
    noted_lines,
    on_purpose_lines,
)
from slim.report.verify_model import VERSION, ChangedSummary, VerifyReport
from slim.verify.changed import ChangedPath
from slim.verify.configuration import ConfigDifference
from slim.verify.deeds import MADE_ANEW, STARTED, WHY, WRITTEN
from slim.verify.model import Verdict
from slim.verify.verdict import overall

_VALUE_WIDTH = 100
_SWITCHED_OFF = ("HEALTHCHECK Test", '["NONE"]')
"""By `HEALTHCHECK NONE`: image specification of Docker, v1.2."""
_TOLD = (WHY, MADE_ANEW)
"""Why a deed fails nothing, where a line of its own tells it."""


@dataclass(frozen=True)
class Comparison:
    """Everything that came of a `slim verify`."""

    fat: Image
    slim: Image
    runs: tuple[RunResult, ...]
    trace: Trace
    """Of the fat image's runs."""
    config: tuple[ConfigDifference, ...]
    changed: tuple[ChangedPath, ...]
    strict: bool
    """Whether what is told of `config` and `changed` counts."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """On all runs."""
        return overall(tuple(run.verdict for run in self.runs))

    @property
    def agree(self) -> bool:
        """Whether nothing that counts differs."""
        told = any(one.behaviour for one in self.config) or bool(self.changed)
        return self.verdict.verified and not (self.strict and told)


def verify_report(found: Comparison, stages: tuple[StageRecord, ...], *, seconds: float) -> VerifyReport:
    """The report on `found`."""
    verdict = found.verdict
    return VerifyReport(
        version=VERSION,
        slim_version=__version__,
        agree=found.agree,
        exit_code=0 if found.agree else 1,
        strict=found.strict,
        fat=image_summary(found.fat),
        slim=image_summary(found.slim),
        trace=trace_summary(found.trace),
        probes=tuple(probe for run in found.runs for probe in probe_summaries(run)),
        port=port_of(found.runs),
        differences=tuple(difference_summaries(verdict.differences)),
        lookups=tuple(lookup_summaries(verdict.lookups)),
        on_purpose=tuple(lookup_summaries(verdict.on_purpose)),
        noted=tuple(difference_summaries(verdict.noted)),
        config=found.config,
        changed=tuple(
            ChangedSummary(one.path, one.changes, one.executable, one.probe) for one in found.changed
        ),
        slim_log=slim_log_of(found.runs),
        stages=stage_summaries(stages),
        warnings=(*weak_of(found.runs), *found.warnings),
        seconds=round(seconds, 3),
        runs=tuple(run_summary(run) for run in found.runs),
        notes=found.notes,
        broken=tuple(broken_summaries(found.runs)),
    )


def agreement_lines(report: VerifyReport) -> Iterator[str]:
    """What is told, what differs, and the verdict last, but for the log of an application that failed."""
    yield from (f"warning: {warning}" for warning in report.warnings)
    yield from report.notes
    yield from _config_lines(report)
    yield from _changed_lines(report)
    yield from _deed_lines(report)
    yield from noted_lines(tuple(one for one in report.noted if one.why not in _TOLD))
    yield from on_purpose_lines(report.on_purpose)
    yield from differing_lines(report.differences, report.lookups)
    yield _verdict_line(report)
    yield from (f"  next: {step}" for step in steps_for_two(report))
    yield from log_lines(report.slim_log)


def disagreement_line(report: VerifyReport) -> str:
    """Why the images do not agree, for who is shown nothing else."""
    strict = sum(one.behaviour for one in report.config) + len(report.changed) if report.strict else 0
    number = len(report.differences) + len(report.lookups) + strict
    lines = (
        *differing_lines(report.differences, report.lookups),
        *_config_lines(report),
        *_changed_lines(report),
    )
    return counted(number, (line for line in lines if line.startswith("differs: ")))


def _config_lines(report: VerifyReport) -> Iterator[str]:
    word = "differs" if report.strict else "told"
    for one in report.config:
        if one.behaviour:
            fat, slim = (_value(one.field, text) for text in (one.fat, one.slim))
            yield f"{word}: {printable(one.field)}: fat {fat}, slim {slim}"
    others = [one.field for one in report.config if not one.behaviour]
    if others:
        yield f"told: {', '.join(map(printable, others))}: not the same; no container notices"


def _value(field: str, text: str | None) -> str:
    if text is None:
        return "has none"
    if (field, text) == _SWITCHED_OFF:
        return "has no HEALTHCHECK"
    shown = text if len(text) <= _VALUE_WIDTH else text[: _VALUE_WIDTH - 1] + "…"
    return repr(shown)


def _changed_lines(report: VerifyReport) -> Iterator[str]:
    word = "differs" if report.strict else "told"
    for one in report.changed[:MAX_LINES]:
        aspects = "; ".join(f"{each.aspect.value} {_arrow(each)}" for each in one.changes)
        by = printable(one.executable) or "a program"
        yield f"{word}: {printable(one.path)} is not the same: {aspects}; {by} used it under {one.probe}"
    if len(report.changed) > MAX_LINES:
        yield f"{word}: … and {len(report.changed) - MAX_LINES:,} more changed paths; see report.json"


def _deed_lines(report: VerifyReport) -> Iterator[str]:
    """What other programs did: a line for each aspect and image."""
    for aspect in (STARTED, WRITTEN):
        found = [one for one in report.noted if (one.aspect, one.why) == (aspect, WHY)]
        for side, paths in (("fat", [one.fat for one in found]), ("slim", [one.slim for one in found])):
            if named := [printable(path) for path in dict.fromkeys(paths) if path]:
                yield f"told: {aspect}, {side} alone: {', '.join(named)}: {WHY}"


def _arrow(change: AspectChange) -> str:
    return f"{printable(change.before) or '(none)'} → {printable(change.after) or '(none)'}"


def _verdict_line(report: VerifyReport) -> str:
    images = f"{report.fat.reference} and {report.slim.reference}"
    if report.agree:
        return f"AGREE: {images}, in {count_text(len(report.probes), 'probe')}"
    return f"DIFFER: {images}, in {', '.join(_where(report)) or 'nothing that could be compared'}"


def _where(report: VerifyReport) -> Iterator[str]:
    differing = sum(not one.agrees for one in report.probes)
    if differing:
        yield f"{differing:,} of {len(report.probes):,} probes"
    elif report.differences:
        yield count_text(len(report.differences), "point")
    if report.lookups:
        yield count_text(len(report.lookups), "look-up")
    if report.strict and any(one.behaviour for one in report.config):
        yield "the configuration"
    if report.strict and report.changed:
        yield count_text(len(report.changed), "used path")
