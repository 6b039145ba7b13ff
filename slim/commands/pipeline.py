"""The stages of `slim run`, one after the other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from probes.exercise.model import Probe
from probes.exercise.runner import failures
from probes.exercise.session import Options
from probes.hold import Hold
from probes.observe import STOP_PATIENCE, Observation, Setting, Watch, observe
from probes.watch.trace import Trace, merge
from probes.watch.traces_file import trace_text
from slim.build import BuiltImage, Layers, build_archive
from slim.closure.plan_file import plan_text
from slim.closure.solve import make_plan
from slim.commands.fact_store import remembered_facts
from slim.commands.planning import Planning
from slim.commands.traces import saved_traces
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.interrupts import shielded
from slim.engine.read import read_image
from slim.engine.runs import Run
from slim.errors import ExerciseError, ImageError, TraceIncomplete, UsageError
from slim.oci.image import Image
from slim.oci.reference import slim_reference
from slim.plan import Plan
from slim.progress import Stages
from slim.report.assemble import Result, report_of
from slim.report.model import Report
from slim.report.sizes import change_text, count_text, size_text
from slim.report.write import write_report
from slim.verify import Verdict, compare, confirm, did_not_start, lookup_differences


@dataclass(frozen=True)
class Request:
    """Everything that the user asked of one run."""

    spec: ContainerSpec
    probes: tuple[Probe, ...]
    options: Options
    planning: Planning
    tag: str
    """As the user gave it; empty for the default."""
    layers: Layers
    output: Path
    portable: bool
    accept_incomplete: bool
    keep_unverified: bool
    watch: Watch
    exit_code: int
    """What a program that runs to its end must end with."""
    settle: float
    held: Hold | None
    """Keep the fat image's container up after the probes; the replay is not held."""
    traces: tuple[Path, ...]
    """Saved traces of the same image, whose accesses count as observed too."""
    environment: Mapping[str, str]


def execute(engine: Engine, owner: Run, request: Request, stages: Stages) -> Report:
    """All stages. The report is written first, then the slim image gets its name, if it is
    verified. Raises SlimError."""
    began = time.monotonic()
    setting = Setting(
        engine, owner.labels, owner.id, request.options, request.environment, request.watch, request.settle
    )
    image = index(engine, owner, request, stages)
    request = replace(request, tag=slim_tag(image, request.tag))
    saved = saved_traces(
        request.traces, image.id, image.reference, accept_incomplete=request.accept_incomplete
    )
    fat = observe_fat(setting, image, request, stages)
    trace = merge((fat.trace, *saved))
    plan = plan_for(image, trace, request, stages)
    built = build(engine, owner, image, plan, request, stages)
    verdict, replay = verify(setting, image, built, plan, fat, request, stages)
    tagged = verdict.verified or request.keep_unverified
    named = request.tag if tagged else ""
    result = Result(image, built, fat, replay, plan, verdict, named, request.planning.told())
    with stages.stage("report") as stage:
        stage.summary = str(request.output / "report.json")
        report = report_of(result, stages.records, seconds=time.monotonic() - began)
        write_report(request.output, report, plan_text(plan), trace_text(trace))
    if tagged:
        tag(engine, built.id, request.tag)
    return report


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


def index(engine: Engine, owner: Run, request: Request, stages: Stages) -> Image:
    """The fat image's Tree; ImageError for an image that this engine cannot run."""
    with stages.stage("index") as stage:
        stage.say(f"reading {request.spec.image}")
        image = read_image(engine, request.spec.image, owner.folder, portable=request.portable)
        config = image.config
        platform = f"{config.os}/{config.architecture}"
        if config.os != "linux" or config.architecture != engine.info.architecture:
            raise ImageError(
                f"{image.reference} is an image for {platform}",
                cause=f"this engine runs linux/{engine.info.architecture}, and slim has to run the image",
                remedy=f"use an engine on a {config.architecture} machine, or the image's variant for "
                f"{engine.info.architecture}",
            )
        tree = image.tree
        stage.summary = f"{count_text(len(tree), 'file')}, {size_text(tree.size)}, {platform}"
    return image


def observe_fat(setting: Setting, image: Image, request: Request, stages: Stages) -> Observation:
    """The traced and exercised run of the fat image, which must pass its probes."""
    with stages.stage("run") as stage:
        spec = replace(request.spec, image=image.id)
        fat = observe(setting, image, spec, request.probes, held=request.held, say=stage.say)
        failed = (*failures(fat.transcript.exchanges), *wrong_exit(fat, request.exit_code))
        if not fat.trace.complete and not request.accept_incomplete:
            # before probes are judged: a program whose tracer died fails for that reason
            raise TraceIncomplete(
                "the trace of the fat image's run is incomplete",
                cause="\n".join((*fat.trace.reasons, *failed)),
                remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
            )
        if failed:
            raise ExerciseError(
                f"the fat image fails {count_text(len(failed), 'probe')}: " + failed[0],
                cause="\n".join((*failed[1:], *_log_lines(fat))),
                remedy="a probe must pass on the fat image: correct it, or give the container what it "
                "needs (-e, -v, --network); --start-timeout and --probe-timeout give it more time",
            )
        stage.summary = _run_summary(fat)
    return fat


def wrong_exit(fat: Observation, expected: int) -> tuple[str, ...]:
    """A program that ran to its end and failed: most likely it was not run as it should be."""
    return tuple(
        f"the program ended with exit code {one.exit_code}, not {expected} (--exit-code says which is right)"
        for one in fat.transcript.exchanges
        if one.kind == "exit" and one.exit_code not in (None, expected)
    )


def _log_lines(observation: Observation) -> tuple[str, ...]:
    tail = observation.transcript.log_tail
    return ("the container's last log lines:", *(f"  {line}" for line in tail)) if tail else ()


def _run_summary(observation: Observation) -> str:
    exchanges = observation.transcript.exchanges
    trace = observation.trace
    state = "complete" if trace.complete else "INCOMPLETE"
    paths = len({access.path for access in trace.accesses if not access.error})
    seen = f"{trace.events:,} look-ups, {count_text(paths, 'path')}, trace {state}"
    if not exchanges:
        return f"started only · {seen}"
    first = exchanges[0]
    outcome = first.status if first.status is not None else f"exit code {first.exit_code}"
    more = f" +{len(exchanges) - 1}" if len(exchanges) > 1 else ""
    return f"{first.probe} → {outcome}{more} · {seen}"


def argv(spec: ContainerSpec, image: Image) -> tuple[str, ...]:
    """What the container starts: an entrypoint of the user's own drops the image's command, as
    docker run does it."""
    if spec.entrypoint is not None:
        return (*spec.entrypoint, *(spec.command or ()))
    return (*image.config.entrypoint, *(image.config.cmd if spec.command is None else spec.command))


def plan_for(image: Image, trace: Trace, request: Request, stages: Stages) -> Plan:
    """What is kept, and why."""
    with stages.stage("plan") as stage:
        stage.say("following what was used to what it needs")
        options = replace(request.planning.options, commands=(argv(request.spec, image),))
        with remembered_facts(request.planning.facts) as store:
            plan = make_plan(image.tree, image.config, trace, options, store)
        if store is not None and store.trouble:
            stage.say(f"nothing is remembered of parsed files: {store.trouble}")
        size = sum(image.tree[path].size for path in plan.kept)
        stage.summary = f"{count_text(len(plan.kept), 'file')}, {size_text(size)} kept"
    return plan


def build(
    engine: Engine, owner: Run, image: Image, plan: Plan, request: Request, stages: Stages
) -> BuiltImage:
    """The slim image, loaded into the engine under the run's own pending tag."""
    with stages.stage("build") as stage:
        archive = owner.folder / "slim.tar"
        stage.say("writing layers")
        built = build_archive(image, plan, archive, layers=request.layers, reference=owner.pending_reference)
        stage.say(f"loading {size_text(built.size)}")
        loaded = engine.load_image(archive)
        archive.unlink()
        if loaded != built.id:
            built = replace(built, id=loaded)
        change = change_text(image.tree.size, built.size)
        stage.summary = f"{size_text(built.size)} ({change}), {count_text(len(built.layers), 'layer')}"
    return built


def replay_setting(setting: Setting) -> Setting:
    """The replay looks for look-ups that fail, which only strace sees."""
    return setting if setting.watch == "fanotify" else replace(setting, watch="strace")


def verify(
    setting: Setting,
    image: Image,
    built: BuiltImage,
    plan: Plan,
    fat: Observation,
    request: Request,
    stages: Stages,
) -> tuple[Verdict, Observation | None]:
    """The same probes on the slim image. An application that does not even start there is a
    difference, not an error."""
    with stages.stage("verify") as stage:
        spec = replace(request.spec, image=built.id)
        slim_image = replace(image, id=built.id)
        once = replay_setting(setting)
        patience = STOP_PATIENCE if fat.obeys_stop else 0.0
        try:
            replay = observe(
                once, slim_image, spec, fat.probes, port=fat.port, patience=patience, say=stage.say
            )
        except ExerciseError as error:
            stage.summary = "the slim image does not start"
            return did_not_start(fat.transcript, str(error)), None
        if not replay.trace.complete and not request.accept_incomplete:
            raise TraceIncomplete(
                "the trace of the slim image's run is incomplete",
                cause="\n".join(replay.trace.reasons),
                remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
            )
        lookups = lookup_differences(replay.trace, fat.trace, image.tree, frozenset(plan.kept))
        verdict = compare(fat.transcript, replay.transcript, lookups)
        if verdict.noted:
            stage.say("an answer differs: asking the fat image once more")
            fat_spec = replace(request.spec, image=image.id)
            again = observe(once, image, fat_spec, fat.probes, port=fat.port, patience=patience)
            verdict = confirm(verdict, fat.transcript, again.transcript, replay.transcript)
        agree = f"{verdict.agreed} of {verdict.probes} probes agree"
        stage.summary = f"{agree}, {len(lookups)} look-ups differ"
    return verdict, replay
