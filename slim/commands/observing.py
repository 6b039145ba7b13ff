"""The first stages of `slim run` and `slim trace`: read the image, run each of its lives, watched."""

from __future__ import annotations

from dataclasses import dataclass, replace

from probes.exercise.exchange import Result
from probes.exercise.logs import readable_lines
from probes.exercise.runner import failures
from probes.life import Life
from probes.observe import Observation, Setting, observe
from probes.watch.trace import Trace, merge
from slim.commands.exercising import Exercising
from slim.commands.known_secrets import learn_captured
from slim.engine.compose import ensure_image
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.read import read_image
from slim.engine.runs import Run
from slim.errors import ExerciseError, ImageError, TraceIncomplete
from slim.oci.image import Image
from slim.progress import Stages
from slim.report.masked import masked_trace
from slim.report.sizes import count_text, size_text

_OUTPUT_LINES = 20
"""Of what a command that failed printed, as many as show what a test suite complains of."""


@dataclass(frozen=True)
class Seen:
    """One life of the fat image, and what came of its run."""

    life: Life
    found: Observation
    argv: tuple[str, ...]
    """What its container started."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What generators of probes, and the run itself, have to tell."""
        prefix = f"{self.life.name}: " if self.life.name else ""
        return tuple(f"{prefix}{note}" for note in self.found.notes)

    def again(self) -> Life:
        """The life for further runs: with the probes that the first run decided upon or made up."""
        return replace(
            self.life,
            probes=self.found.probes,
            generators=(),
            port=self.found.port or self.life.port,
        )


def index(engine: Engine, owner: Run, exercising: Exercising, stages: Stages, second: str = "") -> Image:
    """The fat image's Tree, or that of a `second` image, which is to be run as it is; ImageError for an
    image that this engine cannot run."""
    with stages.stage("index") as stage:
        reference = second or exercising.image
        if exercising.stack is not None and reference == exercising.stack.image:
            ensure_image(exercising.stack, engine)
        stage.say(f"reading {reference}")
        folder = owner.folder / ("second" if second else "first")
        folder.mkdir()
        image = read_image(engine, reference, folder, portable=exercising.portable)
        config = image.config
        exercising.secrets.learn_named(config.env)
        platform = f"{config.os}/{config.architecture}"
        if config.os != "linux" or config.architecture != engine.info.architecture:
            raise ImageError(
                f"{image.reference} is an image for {platform}",
                cause=f"this engine runs linux/{engine.info.architecture}, and slim has to run the image",
                remedy=f"use an engine that runs linux/{config.architecture}, or the image's variant for "
                f"{engine.info.architecture}",
            )
        tree = image.tree
        stage.summary = f"{count_text(len(tree), 'file')}, {size_text(tree.size)}, {platform}"
    return image


def observe_life(setting: Setting, image: Image, life: Life, exercising: Exercising, stages: Stages) -> Seen:
    """The traced and exercised run of one life of the fat image, which must pass its probes."""
    held = exercising.held if life.name == exercising.lives[0].name else None
    with stages.stage("run") as stage:
        prefix = f"{life.name}: " if life.name else ""
        try:
            fat = observe(setting, image, life, held=held, say=lambda text: stage.say(prefix + text))
        except ExerciseError as error:
            raise ExerciseError(prefix + error.message, cause=error.cause, remedy=error.remedy) from error
        learn_captured(exercising.secrets, life.probes, fat.variables)
        fat = replace(fat, trace=masked_trace(fat.trace, exercising.secrets))
        _check(fat, life, exercising)
        stage.summary = _summary(fat)
    return Seen(life, fat, argv(life.spec, image))


def _check(fat: Observation, life: Life, exercising: Exercising) -> None:
    """TraceIncomplete or ExerciseError where nothing can be concluded from the run."""
    failed = (*failures(fat.transcript.exchanges), *wrong_exit(fat, life.exit_code))
    killed = any(
        one.kind == "exec" and one.result is Result.TIMED_OUT and not one.found_by
        for one in fat.transcript.exchanges
    )
    if not fat.trace.complete and not exercising.accept_incomplete and not killed:
        # before probes are judged: a program whose tracer died fails for that reason; but a command that had
        # to be killed took its tracer along
        where = f" ({life.name})" if life.name else ""
        raise TraceIncomplete(
            f"the trace of the fat image's run{where} is incomplete",
            cause="\n".join((*fat.trace.reasons, *failed)),
            remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
        )
    if failed:
        raise ExerciseError(
            f"the fat image fails {count_text(len(failed), 'probe')}: " + failed[0],
            cause="\n".join((*failed[1:], *_output_lines(fat), *_log_lines(fat))),
            remedy="a probe must pass on the fat image: correct it, or give the container what it "
            "needs (-e, -v, --network); --start-timeout and --probe-timeout give it more time",
        )


def wrong_exit(fat: Observation, expected: int) -> tuple[str, ...]:
    """A program that ran to its end and failed: most likely it was not run as it should be."""
    return tuple(
        f"{_life_of(one.probe)}the program ended with exit code {one.exit_code}, not {expected} "
        "(--exit-code says which is right)"
        for one in fat.transcript.exchanges
        if one.kind == "exit" and one.exit_code not in (None, expected)
    )


def _life_of(probe: str) -> str:
    life, colon, _ = probe.rpartition(": ")
    return life + colon


def merged(seen: tuple[Seen, ...], saved: tuple[Trace, ...] = ()) -> Trace:
    """What all lives used, and what saved traces add."""
    return merge((*(one.found.trace for one in seen), *saved))


def _output_lines(observation: Observation) -> tuple[str, ...]:
    """What the first command that failed printed last: where one line tells it all, that is told already."""
    for one in observation.transcript.exchanges:
        if one.kind in ("exec", "host") and not one.passed:
            lines = readable_lines(one.body + b"\n" + one.stderr)
            if len(lines) > 1:
                return (f"{one.probe} printed:", *(f"  {line}" for line in lines[-_OUTPUT_LINES:]))
            return ()
    return ()


def _log_lines(observation: Observation) -> tuple[str, ...]:
    tail = observation.transcript.log_tail
    return ("the container's last log lines:", *(f"  {line}" for line in tail)) if tail else ()


def _summary(observation: Observation) -> str:
    exchanges = observation.transcript.exchanges
    trace = observation.trace
    state = "complete" if trace.complete else "INCOMPLETE"
    paths = len({access.path for access in trace.accesses if not access.error})
    seen = f"{trace.events:,} look-ups, {count_text(paths, 'path')}, trace {state}"
    if not exchanges:
        return f"started only · {seen}"
    first = exchanges[0]
    if first.kind == "start" and len(exchanges) == 1:
        return f"{_life_of(first.probe)}started only · {seen}"
    outcome = first.status if first.status is not None else f"exit code {first.exit_code}"
    if first.status is None and first.exit_code is None:
        outcome = first.result.value
    more = f" +{len(exchanges) - 1}" if len(exchanges) > 1 else ""
    return f"{first.probe} → {outcome}{more} · {seen}"


def argv(spec: ContainerSpec, image: Image) -> tuple[str, ...]:
    """What the container starts: an entrypoint of the user's own drops the image's command, as
    docker run does it."""
    if spec.entrypoint is not None:
        return (*spec.entrypoint, *(spec.command or ()))
    return (*image.config.entrypoint, *(image.config.cmd if spec.command is None else spec.command))
