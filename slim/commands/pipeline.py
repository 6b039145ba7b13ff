"""The stages of `slim run`, one after the other."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from probes.deep.model import Deep
from probes.observe import Setting
from probes.watch.trace import Trace
from probes.watch.traces_file import trace_text
from slim.build import Layers
from slim.closure.plan_file import plan_text
from slim.commands.building import Altered, Maker, as_planned, options_of
from slim.commands.deep import DeepSeen, observe_deep
from slim.commands.exercising import Exercising
from slim.commands.observing import Seen, index, merged, observe_life
from slim.commands.planning import Planning
from slim.commands.repairing import REPAIRS, Outcome, made_and_verified
from slim.commands.replaying import Replaying
from slim.commands.second import second_runs
from slim.commands.traces import saved_traces
from slim.coverage.gate import Minimum, shortcoming
from slim.coverage.lives import Lived
from slim.coverage.measure import coverage_of
from slim.coverage.model import Coverage
from slim.engine.interface import Engine
from slim.engine.interrupts import shielded
from slim.engine.runs import Run
from slim.errors import UsageError
from slim.oci.image import Image
from slim.oci.reference import slim_reference
from slim.plan import Plan
from slim.progress import Stages
from slim.report.assemble import Result, report_of
from slim.report.masked import masked
from slim.report.model import Report
from slim.report.next_steps import next_steps
from slim.report.transcript import transcript_of
from slim.report.write import write_report


@dataclass(frozen=True)
class Request:
    """Everything that the user asked of one `slim run`."""

    exercising: Exercising
    planning: Planning
    tag: str
    """As the user gave it; empty for the default."""
    layers: Layers
    output: Path
    keep_unverified: bool
    minimum: Minimum | None
    """How much of the application must have been exercised."""
    traces: tuple[Path, ...]
    """Saved traces of the same image, whose accesses count as observed too."""
    deep: Deep | None = None
    """How far to try what the user did not write; None: not at all."""
    repairs: int = REPAIRS
    """How often what the slim image lacks may be added to it."""


def execute(
    engine: Engine, owner: Run, request: Request, stages: Stages, altered: Altered = as_planned
) -> Report:
    """All stages. The report is written first, then the slim image gets its name, if it is
    verified. `altered` has the last word on each plan. Raises SlimError."""
    began = time.monotonic()
    asked = request.exercising
    setting = asked.setting(engine, owner)
    image = index(engine, owner, asked, stages)
    request = replace(request, tag=slim_tag(image, request.tag))
    saved = saved_traces(request.traces, image.id, image.reference, accept_incomplete=asked.accept_incomplete)
    seen = tuple(observe_life(setting, image, life, asked, stages) for life in asked.lives)
    trace = merged(seen, saved)
    deep = deeper(setting, image, seen, request, stages)
    every = (*seen, *deep.seen)
    with second_runs(setting, image, every, asked) as second:
        maker = Maker(engine, owner, image, trace, options_of(seen, request.planning), request.layers)
        maker = replace(maker, facts=request.planning.facts, altered=altered)
        outcome = made_and_verified(
            maker,
            Replaying(setting, image, every, second, asked.secrets, asked.accept_incomplete),
            request.repairs,
            stages,
        )
    result = _result(image, trace, seen, deep, outcome, request)
    tagged = result.passed or request.keep_unverified
    report = _reported(replace(result, tag=request.tag) if tagged else result, request, stages, began)
    if tagged:
        tag(engine, outcome.built.id, request.tag)
    return report


def _result(
    image: Image, trace: Trace, seen: tuple[Seen, ...], deep: DeepSeen, outcome: Outcome, request: Request
) -> Result:
    """All that came of it; the slim image has no name yet."""
    coverage = coverage_for(image, trace, outcome.plan, seen)
    return Result(
        image,
        outcome.built,
        outcome.runs,
        trace,
        outcome.plan,
        tag="",
        profiles=request.planning.told(),
        warnings=request.exercising.notes,
        notes=(*(note for one in seen for note in one.notes), *deep.notes, *outcome.notes),
        coverage=coverage,
        too_little=shortcoming(coverage, request.minimum),
        rounds=outcome.rounds,
        repairs_allowed=request.repairs,
    )


def _reported(result: Result, request: Request, stages: Stages, began: float) -> Report:
    """The report, which is written to the user's folder with transcript, plan and trace."""
    secrets = request.exercising.secrets
    with stages.stage("report") as stage:
        stage.summary = str(request.output / "report.json")
        seconds = time.monotonic() - began
        report = report_of(result, stages.records, seconds=seconds, next_steps=next_steps(result))
        report = masked(report, secrets)
        write_report(
            request.output,
            report,
            transcript_of(result.runs, secrets),
            plan_text(result.plan, result.image.tree),
            trace_text(result.trace),
        )
    return report


def deeper(
    setting: Setting, image: Image, seen: tuple[Seen, ...], request: Request, stages: Stages
) -> DeepSeen:
    """What the user did not write, tried on the fat image; it is compared, and decides upon no file."""
    if request.deep is None:
        return DeepSeen()
    return observe_deep(setting, image, seen, request.deep, request.exercising.secrets, stages)


def coverage_for(image: Image, trace: Trace, plan: Plan, seen: tuple[Seen, ...]) -> Coverage:
    """What the runs exercised of the application."""
    lives = tuple(
        Lived(one.argv, one.found.transcript.exchanges, one.life.name, one.life.idle) for one in seen
    )
    operations = dict.fromkeys(operation for one in seen for operation in one.found.operations)
    return coverage_of(image.tree, plan, trace, lives, tuple(operations))


def tag(engine: Engine, image_id: str, reference: str) -> None:
    """The last step: with it the job is done, and an interrupt comes too late to undo it."""
    with suppress(KeyboardInterrupt), shielded():
        engine.tag_image(image_id, reference)


def slim_tag(image: Image, wanted: str) -> str:
    """What the slim image will be called; UsageError where that is the fat image's name."""
    tag = slim_reference(image.reference, wanted, tags=image.tags, image_id=image.id)
    if tag in image.tags:
        raise UsageError(
            f"the slim image cannot be called {tag}",
            cause="that is the fat image's own name, and the fat image is never changed",
            remedy="give another name or tag with --tag",
        )
    return tag
