"""The stage of `slim run` that replays on the slim image what the fat image went through."""

from __future__ import annotations

from dataclasses import replace

from probes.observe import STOP_PATIENCE, Setting, observe
from slim.commands.observing import Seen
from slim.errors import ExerciseError, TraceIncomplete
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.progress import Say, Stages
from slim.report.assemble import RunResult
from slim.verify.oracle import lookup_differences
from slim.verify.verdict import compare, confirm, did_not_start, overall


def verify(
    setting: Setting,
    image: Image,
    slim: Image,
    kept: frozenset[ImagePath],
    seen: tuple[Seen, ...],
    *,
    accept_incomplete: bool,
    stages: Stages,
) -> tuple[RunResult, ...]:
    """The same lives with the same probes on the slim image, in the same order. `kept` is what that
    holds of the paths of `image`, the fat one. An application that does not even start there is a
    difference, not an error. TraceIncomplete where a run's trace is, unless that is accepted."""
    setting = _replay_setting(setting)
    results: list[RunResult] = []
    with stages.stage("verify") as stage:
        for one in seen:
            prefix = f"{one.life.name}: " if one.life.name else ""

            def say(text: str, prefix: str = prefix) -> None:
                stage.say(prefix + text)

            result = _replayed(setting, image, slim, kept, one, say)
            if result.slim and not result.slim.trace.complete and not accept_incomplete:
                where = f" ({one.life.name})" if one.life.name else ""
                raise TraceIncomplete(
                    f"the trace of the slim image's run{where} is incomplete",
                    cause="\n".join(result.slim.trace.reasons),
                    remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
                )
            results.append(result)
        stage.summary = _summary(tuple(results))
    return tuple(results)


def _replay_setting(setting: Setting) -> Setting:
    """The replay looks for look-ups that fail, which only strace sees."""
    return setting if setting.watch == "fanotify" else replace(setting, watch="strace")


def _replayed(
    setting: Setting, image: Image, slim: Image, kept: frozenset[ImagePath], seen: Seen, say: Say
) -> RunResult:
    """One life; where an answer differs that need not agree, the fat image is asked once more."""
    fat, life = seen.found, seen.again()
    patience = STOP_PATIENCE if fat.obeys_stop else 0.0
    try:
        replay = observe(setting, slim, life, patience=patience, say=say)
    except ExerciseError as error:
        verdict = did_not_start(fat.transcript, str(error), life.name)
        return RunResult(seen.life.name, seen.argv, fat, None, verdict)
    lookups = lookup_differences(replay.trace, (fat.trace,), image.tree, kept)
    verdict = compare(fat.transcript, replay.transcript, lookups)
    if verdict.noted:
        say("an answer differs: asking the fat image once more")
        again = observe(setting, image, life, patience=patience, say=say)
        verdict = confirm(verdict, fat.transcript, again.transcript, replay.transcript)
    return RunResult(seen.life.name, seen.argv, fat, replay, verdict)


def _summary(results: tuple[RunResult, ...]) -> str:
    gone = [one.name for one in results if one.slim is None]
    if gone:
        named = f" ({', '.join(gone)})" if gone != [""] else ""
        return f"the slim image does not start{named}"
    verdict = overall(tuple(one.verdict for one in results))
    return f"{verdict.agreed} of {verdict.probes} probes agree, {len(verdict.lookups)} look-ups differ"
