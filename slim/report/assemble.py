"""From the values of a run to its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from probes.exercise.exchange import Exchange
from probes.observe import Observation
from probes.watch.trace import Trace
from slim import __version__
from slim.build import BuiltImage
from slim.coverage.model import Coverage
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.plan import Plan, Reason
from slim.progress import StageRecord
from slim.report.model import (
    VERSION,
    BrokenSummary,
    DifferenceSummary,
    ExchangeSummary,
    ImageSummary,
    LookupSummary,
    OwnProfile,
    PlanSummary,
    ProbeSummary,
    RepairedPath,
    RepairSummary,
    Report,
    RunSummary,
    StageSummary,
    TraceSummary,
    UnresolvedSummary,
)
from slim.verify.model import Difference, LookupDifference, Verdict
from slim.verify.verdict import overall

MAX_ALIKE = 15
"""Differences in one place that a report tells: files that one image alone wrote may be thousands."""


@dataclass(frozen=True)
class RunResult:
    """What came of one life of the image."""

    name: str
    """Empty where it is the only one."""
    command: tuple[str, ...]
    """What its container started."""
    fat: Observation
    slim: Observation | None
    """None where the slim image did not even start."""
    verdict: Verdict


@dataclass(frozen=True)
class RepairRound:
    """What one repair added to the slim image."""

    number: int
    """From 1."""
    added: Mapping[ImagePath, Reason]
    """By path."""
    layers: str = ""
    """The layers that it took instead of those asked for; empty where it did not."""


@dataclass(frozen=True)
class Result:
    """Everything that came of a `slim run`."""

    image: Image
    built: BuiltImage
    runs: tuple[RunResult, ...]
    trace: Trace
    """What the plan was made from."""
    plan: Plan
    tag: str
    """The slim image's name; empty where it was not tagged."""
    profiles: tuple[OwnProfile, ...] = ()
    """The user's own that took part in the plan."""
    warnings: tuple[str, ...] = ()
    """What else the user should know."""
    notes: tuple[str, ...] = ()
    """What crawls, OpenAPI documents and runs have to tell."""
    coverage: Coverage | None = None
    too_little: str = ""
    """Why the coverage is not what the user demands."""
    rounds: tuple[RepairRound, ...] = ()
    """Repairs, in order."""
    repairs_allowed: int = 0

    @property
    def passed(self) -> bool:
        """Whether the slim image is verified, and enough was exercised for that to count."""
        return self.verdict.verified and not self.too_little

    @property
    def verdict(self) -> Verdict:
        """On all runs."""
        return overall(tuple(run.verdict for run in self.runs))


def report_of(
    result: Result, stages: tuple[StageRecord, ...], *, seconds: float, next_steps: tuple[str, ...] = ()
) -> Report:
    """The report on `result`."""
    verdict = result.verdict
    return Report(
        version=VERSION,
        slim_version=__version__,
        verified=verdict.verified,
        exit_code=0 if result.passed else 1,
        tag=result.tag,
        fat=image_summary(result.image),
        slim=_built(result),
        trace=trace_summary(result.trace),
        plan=plan_summary(result.image, result.plan, result.profiles),
        probes=tuple(probe for run in result.runs for probe in probe_summaries(run)),
        port=port_of(result.runs),
        differences=tuple(difference_summaries(verdict.differences)),
        lookups=tuple(lookup_summaries(verdict.lookups)),
        noted=tuple(difference_summaries(verdict.noted)),
        slim_log=slim_log_of(result.runs),
        stages=stage_summaries(stages),
        warnings=(*result.plan.warnings, *weak_of(result.runs), *result.warnings),
        seconds=round(seconds, 3),
        runs=tuple(run_summary(run) for run in result.runs),
        notes=result.notes,
        broken=tuple(broken_summaries(result.runs)),
        coverage=result.coverage,
        too_little=result.too_little,
        on_purpose=tuple(lookup_summaries(verdict.on_purpose)),
        repairs=tuple(_repairs(result.rounds)),
        next_steps=next_steps,
    )


def stage_summaries(stages: tuple[StageRecord, ...]) -> tuple[StageSummary, ...]:
    """The stages so far, to the millisecond."""
    return tuple(StageSummary(one.name, one.summary, round(one.seconds, 3)) for one in stages)


def port_of(runs: tuple[RunResult, ...]) -> int:
    """The port of the first run that answered HTTP; 0 where none did."""
    return next((run.fat.port for run in runs if run.fat.port), 0)


def weak_of(runs: tuple[RunResult, ...]) -> tuple[str, ...]:
    """What was traced otherwise than it runs without strace, or not seen, on either image; each once."""
    observed = (one for run in runs for one in (run.fat, run.slim) if one is not None)
    return tuple(dict.fromkeys(weak for one in observed for weak in one.weak))


def slim_log_of(runs: tuple[RunResult, ...]) -> tuple[str, ...]:
    """The last log lines of the first run that differs and has some."""
    logs = (run.slim.transcript.log_tail for run in runs if run.slim and not run.verdict.verified)
    return next((log for log in logs if log), ())


def run_summary(run: RunResult) -> RunSummary:
    """One life on both images."""
    exchanges = run.fat.transcript.exchanges
    return RunSummary(
        name=run.name,
        command=run.command,
        verified=run.verdict.verified,
        started_only=all(one.kind == "start" for one in exchanges),
        probes=len(exchanges),
        port=run.fat.port,
        listening=run.fat.transcript.listening,
        exit_code=run.fat.transcript.container_exit_code,
        slim_exit_code=run.slim.transcript.container_exit_code if run.slim else None,
    )


def _platform(image: Image) -> str:
    config = image.config
    return "/".join(part for part in (config.os, config.architecture, config.variant) if part)


def image_summary(image: Image) -> ImageSummary:
    """An image in numbers."""
    tree = image.tree
    return ImageSummary(
        image.reference, image.id, tree.size, len(tree), len(image.config.diff_ids), _platform(image)
    )


def _built(result: Result) -> ImageSummary:
    built = result.built
    return ImageSummary(
        result.tag, built.id, built.size, built.files, len(built.layers), _platform(result.image)
    )


def trace_summary(trace: Trace) -> TraceSummary:
    """A trace in numbers."""
    return TraceSummary(
        complete=trace.complete,
        reasons=trace.reasons,
        events=trace.events,
        paths=len({access.path for access in trace.accesses if not access.error}),
        notes=trace.notes,
        tracers=tuple(sorted({access.tracer for access in trace.accesses})),
    )


def plan_summary(image: Image, plan: Plan, profiles: tuple[OwnProfile, ...] = ()) -> PlanSummary:
    """A plan of `image` in numbers; `profiles` are the user's own that took part."""
    return PlanSummary(
        kept=len(plan.kept),
        dropped=len(plan.dropped),
        kept_bytes=sum(image.tree[path].size for path in plan.kept),
        dropped_bytes=sum(image.tree[path].size for path in plan.dropped),
        unresolved=tuple(
            UnresolvedSummary(one.rule, one.source, one.wanted, one.detail, one.gap.value)
            for one in plan.unresolved
        ),
        warnings=plan.warnings,
        profiles=profiles,
    )


def probe_summaries(run: RunResult) -> Iterable[ProbeSummary]:
    """The probes of one life, each with what came of it on both images."""
    differing = {one.probe for one in run.verdict.differences}
    replayed = run.slim.transcript.exchanges if run.slim else ()
    for index, fat in enumerate(run.fat.transcript.exchanges):
        slim = replayed[index] if index < len(replayed) else None
        yield ProbeSummary(
            probe=fat.probe,
            kind=fat.kind,
            agrees=slim is not None and fat.probe not in differing,
            fat=_exchange(fat),
            slim=_exchange(slim) if slim else None,
            run=run.name,
            found_by=fat.found_by,
        )


def _exchange(one: Exchange) -> ExchangeSummary:
    return ExchangeSummary(
        one.result.value,
        one.status,
        one.exit_code,
        one.body_size,
        one.body_sha256,
        round(one.seconds, 4),
        one.detail,
    )


def difference_summaries(found: tuple[Difference, ...]) -> Iterable[DifferenceSummary]:
    """Differences as they stand in a report."""
    return (
        DifferenceSummary(one.probe, one.aspect, one.fat, one.slim, one.where, one.why) for one in _few(found)
    )


def _few(found: tuple[Difference, ...]) -> Iterable[Difference]:
    """Of those that are alike the first, and with the last of them how many more there are."""
    alike: dict[tuple[str, str, str, str, bool], list[Difference]] = {}
    for one in found:
        alike.setdefault((one.probe, one.aspect, one.where, one.why, bool(one.fat)), []).append(one)
    for same in alike.values():
        if len(same) <= MAX_ALIKE:
            yield from same
            continue
        *first, last = same[:MAX_ALIKE]
        yield from first
        more = f" and {len(same) - MAX_ALIKE} more"
        yield replace(last, fat=last.fat and last.fat + more, slim=last.slim and last.slim + more)


def lookup_summaries(found: tuple[LookupDifference, ...]) -> Iterable[LookupSummary]:
    """Look-ups as they stand in a report."""
    return (
        LookupSummary(one.path, one.asked, one.executable, one.probe, one.error, one.purpose) for one in found
    )


def _repairs(rounds: tuple[RepairRound, ...]) -> Iterable[RepairSummary]:
    for one in rounds:
        paths = (
            RepairedPath(path, why.rule, why.detail, why.source or "") for path, why in one.added.items()
        )
        yield RepairSummary(one.number, tuple(paths), one.layers)


def broken_summaries(runs: tuple[RunResult, ...]) -> Iterable[BrokenSummary]:
    """What crawls and OpenAPI documents led to, and what was broken in the fat image already."""
    return (
        BrokenSummary(one.probe, one.broken, one.found_on, one.found_by, run.name)
        for run in runs
        for one in run.fat.transcript.exchanges
        if one.broken
    )
