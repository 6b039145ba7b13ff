"""The stage of `--verify deep`: the fat image goes through what the user did not write."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probes.deep.lives import PREFIX, Ran, lives_of, lives_told
from probes.deep.model import Deep
from probes.exercise.exchange import Result
from probes.life import Life
from probes.observe import Observation, Setting, observe
from probes.watch.strace import StraceTracer
from slim.commands.known_secrets import learn_captured
from slim.commands.observing import Seen, argv
from slim.commands.second import replay_setting
from slim.errors import ExerciseError, SlimError, TraceIncomplete
from slim.oci.image import Image
from slim.progress import Say, Stages
from slim.report.masked import masked_trace
from slim.report.masking import Secrets
from slim.report.sizes import count_text
from slim.report.terminal import SUMMARY_WIDTH

_START = 15.0
_END = 10.0
"""Seconds in which a container that was started in another way must come up, or a tool end; else nothing
is concluded from it."""
_NOT_UP = frozenset({Result.REFUSED, Result.TIMED_OUT, Result.BROKEN, Result.DIED})
"""After a restart: the server is not up again, or not yet, which is a matter of the machine's load."""


@dataclass(frozen=True)
class DeepSeen:
    """What came of the deep check's runs of the fat image."""

    seen: tuple[Seen, ...] = ()
    """To be replayed on the slim image as the others are; none of them is in the plan."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""


def deep_lives(
    image: Image, seen: tuple[Seen, ...], bounds: Deep, shell: tuple[str, ...] = StraceTracer.shell
) -> tuple[Life, ...]:
    """What to run beside `seen`. Deterministic. `shell` is what runs scripts in a container."""
    return tuple(life for one in seen for life in lives_of(image.config, _ran(one, shell), bounds))


def observe_deep(
    setting: Setting,
    image: Image,
    seen: tuple[Seen, ...],
    bounds: Deep,
    secrets: Secrets,
    stages: Stages,
) -> DeepSeen:
    """Run what `deep_lives` gives on the fat image, traced, one life after the other until the time is
    up. A life from which nothing can be concluded (it did not come up, its trace is incomplete) is left
    out, and told."""
    end = time.monotonic() + bounds.seconds
    found: list[Seen] = []
    notes: list[str] = []
    with stages.stage("deep") as stage:
        shell = () if setting.watch == "fanotify" else StraceTracer.shell
        lives = deque(deep_lives(image, seen, bounds, shell))
        while lives:
            if time.monotonic() > end:
                left = ", ".join(one.name for one in lives)
                notes.append(f"--verify deep: not tried as the time was up (--deep-time): {left}")
                break
            life = lives.popleft()
            outcome = _tried(setting, image, life, secrets, stage.say)
            if isinstance(outcome, str):
                notes.append(f"--verify deep: {life.name} proves nothing: {outcome}")
            else:
                found.append(outcome)
                lives.extend(_told(image, seen, outcome))
        asked = sum(len(one.found.transcript.exchanges) for one in found)
        stage.summary = summary_of([one.life.name for one in found], asked)
    return DeepSeen(tuple(found), tuple(notes))


def summary_of(lives: Sequence[str], probes: int) -> str:
    """How many runs there were and how many probes in them, and which runs, as far as a line holds them."""
    text = f"{count_text(len(lives), 'more run')}, {count_text(probes, 'more probe')}"
    names = [one.replace(PREFIX, "", 1) for one in lives]
    for shown in range(len(names), 0, -1):
        line = f"{text}: {', '.join((*names[:shown], *(['…'] if names[shown:] else [])))}"
        if len(line) <= SUMMARY_WIDTH:
            return line
    return text


def _told(image: Image, seen: tuple[Seen, ...], outcome: Seen) -> tuple[Life, ...]:
    """Further lives of which the output of one tells."""
    (*_, last) = outcome.found.transcript.exchanges
    output = (last.body + b"\n" + last.stderr).decode("utf-8", "replace")
    return tuple(
        life for one in seen for life in lives_told(image.config, _ran(one), outcome.life.name, output)
    )


def _tried(setting: Setting, image: Image, life: Life, secrets: Secrets, say: Say) -> Seen | str:
    """One life of the fat image; why nothing can be concluded from it."""
    options = setting.options
    bounded = replace(
        replay_setting(setting),
        options=replace(
            options,
            start_timeout=min(options.start_timeout, _START),
            run_timeout=min(options.run_timeout, _END),
        ),
    )
    try:
        fat = observe(bounded, image, life, say=lambda text: say(f"{life.name}: {text}"))
    except (ExerciseError, TraceIncomplete) as error:
        return _why(error)
    learn_captured(secrets, life.probes, fat.variables)
    fat = replace(fat, trace=masked_trace(fat.trace, secrets))
    return unfit(fat) or Seen(life, fat, argv(life.spec, image))


def unfit(fat: Observation) -> str:
    """Why nothing can be concluded from the run; empty where something can."""
    if not fat.trace.complete:
        return "; ".join(fat.trace.reasons)
    again = False
    for one in fat.transcript.exchanges:
        if one.result is Result.TIMED_OUT and one.kind == "exit":
            return "it did not end"
        if one.kind == "until" and not one.passed:
            return one.detail or "it did not start again"
        if again and one.result in _NOT_UP:
            return f"{one.probe}: {one.result.value}"
        again = again or one.kind == "until"
    return ""


def _why(error: SlimError) -> str:
    lines = error.cause.splitlines()
    return f"{error.message} ({lines[0]})" if lines else error.message


def _ran(seen: Seen, shell: tuple[str, ...] = ()) -> Ran:
    found = seen.found
    return Ran(
        seen.life,
        found.probes,
        found.transcript.exchanges,
        found.port,
        _ports(found.transcript.listening),
        seen.argv,
        shell,
    )


def _ports(listening: tuple[str, ...]) -> tuple[int, ...]:
    """Of `0.0.0.0:8000`-like sockets those that others than the container itself can reach."""
    split = (one.rpartition(":") for one in listening)
    return tuple(
        sorted({int(port) for host, _, port in split if not host.strip("[]").startswith(("127.", "::1"))})
    )
