"""One run of an image: traced, exercised, ended, and gone again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from probes.exercise.model import ExitProbe, Probe, Transcript
from probes.exercise.runner import exercise, transcribe
from probes.exercise.session import Options, Session
from probes.stopping import stop
from probes.watch.interface import Launch, Tracer
from probes.watch.strace import StraceTracer
from probes.watch.trace import Trace
from slim.engine.interface import ContainerSpec, Engine
from slim.oci.image import Image
from slim.progress import Say, silent

QUIET_SECONDS = 0.2
"""The run is over when no new path was used for so long after the last probe …"""
QUIET_BOUND = 2.0
"""… but we wait no longer than this."""
STOP_PATIENCE = 5.0
"""How long an application may take to end after its STOPSIGNAL before it is killed."""


@dataclass(frozen=True)
class Setting:
    """What stays the same for every run of one slimming."""

    engine: Engine
    labels: Mapping[str, str]
    run_id: str
    options: Options = field(default_factory=Options)
    environment: Mapping[str, str] = field(default_factory=dict)
    """slim's own environment, for host probes."""


@dataclass(frozen=True)
class Observation:
    """What came of one run."""

    trace: Trace
    transcript: Transcript
    probes: tuple[Probe, ...]
    """The probes that were run, decided upon where none were given."""
    port: int
    """The port that answered HTTP; 0 when none did."""
    ready_seconds: float = 0.0
    stop_seconds: float = 0.0


def observe(
    setting: Setting,
    image: Image,
    spec: ContainerSpec,
    probes: Sequence[Probe],
    *,
    port: int = 0,
    say: Say = silent,
) -> Observation:
    """Run `image` as `spec` says with tracers, exercise it, end it, remove it.

    `port` is the HTTP port where it is known from an earlier run. Raises ExerciseError when the
    container never became ready; a probe that failed is in the transcript. Whatever happens, the
    container is gone afterwards.
    """
    tracer = StraceTracer(setting.engine, setting.labels, setting.run_id)
    launch = Launch(
        image=image.id,
        entrypoint=image.config.entrypoint,
        command=image.config.cmd,
        workdir=spec.workdir or image.config.working_dir,
        user=image.config.user,
    )
    prepared = tracer.prepare(_with_ports(spec, image, setting, port), launch)
    with ExitStack() as stack:
        container = setting.engine.create_container(prepared, labels=setting.labels)
        stack.callback(container.remove)
        tracer.install(container)
        say("starting the container")
        container.start()
        tracer.started(container)
        session = Session(
            engine=setting.engine,
            container=container,
            exposed=image.config.exposed_tcp_ports,
            options=replace(setting.options, port=port or setting.options.port),
            network=spec.network,
            environment=setting.environment,
            shell=tracer.shell,
            cat=tracer.cat,
            wrap=tracer.wrap_exec,
            mark=tracer.mark,
            say=_with_counts(say, tracer),
        )
        exercised = exercise(probes, session)
        ended = any(isinstance(probe, ExitProbe) for probe in exercised.probes)
        if not ended:
            say("waiting until nothing new is used")
            _await_quiet(tracer)
        transcript = transcribe(exercised.exchanges, session)
        tracer.mark("stop")
        tracer.check_alive(container)
        stopping = time.monotonic()
        code = stop(
            container, image.config.stop_signal, local=setting.engine.info.local, patience=STOP_PATIENCE
        )
        stop_seconds = time.monotonic() - stopping
        trace = tracer.finish(container, ended_by_slim=code is None)
    return Observation(trace, transcript, exercised.probes, exercised.port, 0.0, stop_seconds)


def _with_ports(spec: ContainerSpec, image: Image, setting: Setting, port: int) -> ContainerSpec:
    """Publish what the probes may need where a container's own address can't be reached."""
    if setting.engine.info.local or spec.network in ("host", "none"):
        return spec
    wanted = {port or setting.options.port, *image.config.exposed_tcp_ports} - {0}
    return replace(spec, publish=tuple(sorted(wanted)))


def _with_counts(say: Say, tracer: Tracer) -> Say:
    def counted(text: str) -> None:
        progress = tracer.progress()
        say(f"{text} · {progress.events:,} look-ups, {progress.paths:,} paths")

    return counted


def _await_quiet(tracer: Tracer) -> None:
    """Wait until no new path was used for a while: late work still counts."""
    began = time.monotonic()
    paths, since = tracer.progress().paths, began
    while (now := time.monotonic()) - since < QUIET_SECONDS and now - began < QUIET_BOUND:
        time.sleep(0.02)
        if (seen := tracer.progress().paths) != paths:
            paths, since = seen, time.monotonic()
