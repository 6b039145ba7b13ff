"""The stages of `slim verify`: two images under the same lives and probes."""

from __future__ import annotations

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from probes.deep.model import Deep
from probes.exercise.model import HealthProbe
from probes.health import health_probe
from probes.observe import Setting
from slim.commands.deep import DeepSeen, observe_deep
from slim.commands.exercising import Exercising
from slim.commands.judging import Judging, OtherMake
from slim.commands.observing import Seen, index, merged, observe_life
from slim.commands.replaying import Replaying
from slim.commands.second import second_runs
from slim.engine.interface import Engine
from slim.engine.runs import Run
from slim.errors import ExerciseError, ImageError
from slim.oci.entry import Entry, Kind
from slim.oci.image import Image
from slim.oci.path import ImagePath, parent
from slim.oci.pattern import Pattern
from slim.oci.tree import Outcome, Tree
from slim.progress import Stages
from slim.report.masked import masked
from slim.report.transcript import transcript_of
from slim.report.verify_model import VerifyReport
from slim.report.verify_text import Comparison, verify_report
from slim.report.write import json_text, write_text
from slim.verify.changed import changed_paths
from slim.verify.configuration import config_differences
from slim.verify.deeds import Programs


@dataclass(frozen=True)
class Request:
    """Everything that the user asked of one `slim verify`."""

    exercising: Exercising
    """How the fat image is run; the other one likewise."""
    slim: str
    """The second image, as the user called it."""
    lacks: tuple[Pattern, ...]
    """What the second image lacks on purpose."""
    strict: bool
    """Whether another configuration, other content of what was used, and what other programs do are
    differences that count."""
    output: Path
    deep: Deep | None = None
    """How far to try what the user did not write; None: not at all."""


def execute(engine: Engine, owner: Run, request: Request, stages: Stages) -> VerifyReport:
    """All stages; the report is written. Nothing of either image is changed. Raises SlimError."""
    began = time.monotonic()
    secrets = request.exercising.secrets
    fat, slim = _images(engine, owner, request, stages)
    found = _compared(request.exercising.setting(engine, owner), fat, slim, request, stages)
    with stages.stage("report") as stage:
        stage.summary = str(request.output / "report.json")
        report = verify_report(found, stages.records, seconds=time.monotonic() - began)
        report = masked(report, secrets)
        write_text(request.output / "transcript.json", json_text(transcript_of(found.runs, secrets)))
        write_text(request.output / "report.json", json_text(report))
    return report


def _compared(setting: Setting, fat: Image, slim: Image, request: Request, stages: Stages) -> Comparison:
    """Both images exercised, and all that they differ in."""
    asked = request.exercising
    seen = _observed(setting, fat, asked, stages)
    deep = DeepSeen()
    if request.deep is not None:
        deep = observe_deep(setting, fat, seen, request.deep, asked.secrets, stages)
    every = (*seen, *deep.seen)
    own = tuple(_with_own_health(one, fat, slim) for one in every)
    others = frozenset(one.life.name for one, before in zip(own, every, strict=True) if one is not before)
    with second_runs(setting, fat, every, asked) as second:
        make = None if request.strict else OtherMake(slim, Programs(fat.tree, slim.tree))
        replaying = Replaying(
            setting, fat, own, second, asked.secrets, asked.accept_incomplete, Judging(others, make)
        )
        held, purposes = held_paths(fat.tree, slim.tree), lacking_on_purpose(fat.tree, request.lacks)
        runs = replaying.against(slim, held, purposes, stages)
    traces = [trace for run in runs for trace in (run.fat.trace, *([run.slim.trace] if run.slim else []))]
    return Comparison(
        fat,
        slim,
        runs,
        merged(seen),
        config_differences(fat.config.raw, slim.config.raw),
        changed_paths(traces, fat.tree, slim.tree),
        request.strict,
        notes=(*(note for one in seen for note in one.notes), *deep.notes),
        warnings=asked.notes,
    )


def _observed(setting: Setting, fat: Image, asked: Exercising, stages: Stages) -> tuple[Seen, ...]:
    """The first run of each life of the fat image; ExerciseError, which names it, where one fails."""
    try:
        return tuple(observe_life(setting, fat, life, asked, stages) for life in asked.lives)
    except ExerciseError as error:
        message = f"nothing can be compared with {fat.reference}: {error.message}"
        raise ExerciseError(message, cause=error.cause, remedy=error.remedy) from error


def lacking_on_purpose(fat: Tree, lacks: tuple[Pattern, ...]) -> dict[ImagePath, str]:
    """What the user says that the other image lacks on purpose, with the content of folders."""
    found = (path for pattern in lacks for path in pattern.matches(fat))
    return {inside: "--exclude" for path in found for inside in (path, *fat.under(path))}


def held_paths(fat: Tree, slim: Tree) -> frozenset[ImagePath]:
    """What the slim image holds of the fat one's paths, as the same kind of thing. What is reached through a
    link of the slim image's own is as good as what is there itself. A link that leads elsewhere is held where
    a look-up through it finds whatever is held; a folder in the place of a link is not."""
    held = {path for path in fat if fat[path].kind is not Kind.SYMLINK and _reaches(slim, path, fat[path])}
    links = {path for path in fat if fat[path].kind is Kind.SYMLINK and _leads(path, fat, slim, held)}
    return frozenset(held | links)


def _leads(link: ImagePath, fat: Tree, slim: Tree, held: AbstractSet[ImagePath]) -> bool:
    """Whether what is missing behind `link` is missing at its own place too: it is that which a look-up
    misses, and not the link. A further link behind one that leads elsewhere would lead who knows where."""
    there = slim.get(link)
    if there is None or there.kind is not Kind.SYMLINK:
        return False
    end = fat.resolve(link)
    if there.link_target == fat[link].link_target or end.outcome is not Outcome.FOUND:
        return True
    behind = (end.path, *fat.under(end.path))
    is_folder = fat[end.path].kind is Kind.DIRECTORY and end.path in held
    if is_folder and parent(slim.resolve(link).path) != parent(end.path):
        return False  # `..` leads elsewhere too
    return all(
        fat[path].kind is not Kind.SYMLINK
        and (path not in held or _reaches(slim, f"{link}{path[len(end.path) :]}", fat[path]))
        for path in behind
    )


def _reaches(slim: Tree, asked: str, before: Entry) -> bool:
    reached = slim.resolve(asked)
    return reached.outcome is Outcome.FOUND and slim[reached.path].kind is before.kind


def _images(engine: Engine, owner: Run, request: Request, stages: Stages) -> tuple[Image, Image]:
    """Both, read; ImageError where one does not run here, or where they are of different platforms."""
    fat = index(engine, owner, request.exercising, stages)
    record = engine.find_image(request.slim)
    if record.id == fat.id:
        return fat, replace(fat, reference=request.slim)
    platforms = [f"{one.os}/{one.architecture}" for one in (fat.config, record)]
    if platforms[0] != platforms[1]:
        raise ImageError(
            f"{fat.reference} and {request.slim} are images of different platforms",
            cause=f"the first is for {platforms[0]}, the second for {platforms[1]}",
            remedy="compare images of one platform, on an engine of that platform",
        )
    return fat, index(engine, owner, request.exercising, stages, request.slim)


def _with_own_health(seen: Seen, fat: Image, slim: Image) -> Seen:
    """The slim image's own HEALTHCHECK in the place of the fat one's: each image knows how it is asked."""
    own = health_probe(slim.config, seen.life.spec)
    if own is None or own == health_probe(fat.config, seen.life.spec):
        return seen
    probes = tuple(own if isinstance(one, HealthProbe) else one for one in seen.found.probes)
    return replace(seen, found=replace(seen.found, probes=probes))
