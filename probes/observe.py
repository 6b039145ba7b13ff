"""One run of an image: traced, exercised, ended, and gone again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Literal

from probes.exercise.exchange import Transcript
from probes.exercise.generate import Operation
from probes.exercise.model import ExitProbe, Probe
from probes.exercise.runner import Exercised, exercise, transcribe
from probes.exercise.session import Options, Session
from probes.exercise.target import named_ports
from probes.health import health_probe
from probes.hold import Hold, hold
from probes.life import Around, Life
from probes.quiet import await_quiet
from probes.stopping import stop
from probes.watch.fanotify import FanotifyTracer, available
from probes.watch.interface import Launch, Tracer
from probes.watch.kernel_links import unseen
from probes.watch.never_ready import NeverReady
from probes.watch.strace import StraceTracer
from probes.watch.together import TogetherTracer
from probes.watch.trace import Trace
from probes.watch.untraceable import set_id_notes
from slim.engine.interface import Container, ContainerSpec, Engine
from slim.engine.template import described
from slim.errors import ExerciseError, HostError, TraceIncomplete
from slim.oci.image import Image
from slim.progress import Say, silent

QUIET_SECONDS = 0.2
"""A run is over when its container was quiet for so long after the last probe …"""
SETTLE_SECONDS = 5.0
"""… but we wait no longer than this, unless told otherwise."""
STOP_PATIENCE = 5.0
"""How long an application may take to end after its STOPSIGNAL before it is killed."""

KILLED = 128 + 9
"""The exit code of a container that SIGKILL ended, the kernel's out-of-memory killer's too: then its
end is not in the trace, and that is no fault of the tracer."""

Watch = Literal["auto", "strace", "fanotify", "both"]
"""Which tracers; auto: strace, and fanotify too where it can run."""


@dataclass(frozen=True)
class Setting:
    """What stays the same for every run of one slimming."""

    engine: Engine
    labels: Mapping[str, str]
    run_id: str
    options: Options = field(default_factory=Options)
    environment: Mapping[str, str] = field(default_factory=dict)
    """slim's own environment, for host probes."""
    watch: Watch = "auto"
    settle: float = SETTLE_SECONDS
    """How long, after the last probe, a container may go on until it is quiet."""
    around: Around | None = None
    """What must be up around each run, brought up anew for it."""


@dataclass(frozen=True)
class Observation:
    """What came of one run."""

    trace: Trace
    transcript: Transcript
    probes: tuple[Probe, ...]
    """The probes that were run, decided upon where none were given; the image's HEALTHCHECK last."""
    port: int
    """The port that answered HTTP; 0 when none did."""
    weak: tuple[str, ...]
    """Programs that did not run as they would without strace, or that it did not see all of, and the way
    out."""
    obeys_stop: bool
    """Whether it ended by itself, or after its STOPSIGNAL: it need not be killed."""
    notes: tuple[str, ...] = ()
    """What generators of probes have to tell."""
    variables: tuple[tuple[str, str], ...] = ()
    """What probes were given and captured: to be masked, never told."""
    operations: tuple[Operation, ...] = ()
    """What OpenAPI documents declare, called or not."""


def observe(
    setting: Setting,
    image: Image,
    life: Life,
    *,
    patience: float = STOP_PATIENCE,
    held: Hold | None = None,
    say: Say = silent,
) -> Observation:
    """Run `image` as `life` says with tracers, exercise it, end it, remove it.

    `patience` is the seconds that the application has after its STOPSIGNAL; `held` keeps it up after
    the probes, for a person. The image's HEALTHCHECK is a probe, run by slim; the engine runs none.
    Where the life has a name, accesses and exchanges carry it before the probe's: `web: GET /`.
    Raises NeverReady, an ExerciseError, when the container never became ready; a probe that failed is in the
    transcript. Whatever happens, the container and what was up around it are gone afterwards.
    """
    tracer = _tracer(setting)
    with ExitStack() as stack:
        spec = replace(life.spec, image=image.id)
        if setting.around is not None:
            say("bringing up what the image needs")
            spec = stack.enter_context(setting.around(spec, life.service, say))
        container = _started(stack, setting, image, _with_ports(spec, image, setting, life), tracer, say)
        session = _session(setting, image, replace(life, spec=spec), container, tracer, say)
        exercised = _exercised(life, session, tracer)
        if not any(isinstance(probe, ExitProbe) for probe in exercised.probes):
            if held is not None:
                hold(container, tracer, held, say)
            say("waiting until nothing new is used")
            await_quiet(tracer, session, quiet=QUIET_SECONDS, bound=setting.settle, say=say)
        transcript = transcribe(exercised.exchanges, session)
        signal = image.config.stop_signal if spec.template is None else described(spec.template).stop_signal
        trace, obeys_stop = _stopped(session, tracer, signal, patience)
    found = _observed(image, exercised, transcript, trace, obeys_stop=obeys_stop)
    return _named(found, life.name) if life.name else found


def _started(
    stack: ExitStack, setting: Setting, image: Image, spec: ContainerSpec, tracer: Tracer, say: Say
) -> Container:
    """The traced container, which `stack` removes."""
    prepared = tracer.prepare(spec, _launch(image, spec))
    container = setting.engine.create_container(replace(prepared, healthcheck=False), labels=setting.labels)
    stack.callback(container.remove)
    if isinstance(tracer, TogetherTracer | FanotifyTracer):
        stack.callback(tracer.close)
    tracer.install(container)
    say("starting the container")
    container.start()
    tracer.started(container)
    return container


def _exercised(life: Life, session: Session, tracer: Tracer) -> Exercised:
    try:
        return exercise(
            life.probes,
            session,
            health=session.health,
            generators=life.generators,
            variables=dict(life.variables),
            idle=life.idle,
        )
    except ExerciseError as error:
        ended = _never_ready(session.container, tracer, error)
        raise NeverReady(error, _named_trace(ended, life.name) if life.name else ended) from error


def _stopped(session: Session, tracer: Tracer, signal: str, patience: float) -> tuple[Trace, bool]:
    """The trace to the container's end, and whether it ended without being killed."""
    tracer.mark("stop")
    tracer.check_alive(session.container)
    code = stop(session.container, signal, local=session.engine.info.local, patience=patience)
    return tracer.finish(session.container, ended_by_slim=code is None), code is not None


def _observed(
    image: Image, exercised: Exercised, transcript: Transcript, trace: Trace, *, obeys_stop: bool
) -> Observation:
    changed = set_id_notes(trace, image.tree)
    return Observation(
        replace(trace, notes=(*trace.notes, *changed)),
        transcript,
        exercised.probes,
        exercised.port,
        (*changed, *unseen(trace)),
        obeys_stop,
        notes=exercised.notes,
        variables=exercised.variables,
        operations=exercised.operations,
    )


def _named(found: Observation, life: str) -> Observation:
    """`found` with the life's name before those of its probes."""
    return replace(
        found,
        trace=_named_trace(found.trace, life),
        transcript=replace(
            found.transcript,
            exchanges=tuple(replace(one, probe=f"{life}: {one.probe}") for one in found.transcript.exchanges),
        ),
    )


def _named_trace(trace: Trace, life: str) -> Trace:
    names = {access.probe: f"{life}: {access.probe}" for access in trace.accesses}
    return replace(trace, accesses=tuple(replace(one, probe=names[one.probe]) for one in trace.accesses))


def _never_ready(container: Container, tracer: Tracer, error: ExerciseError) -> Trace:
    """What was used until `error`. Raises what the tracer knows better about a container that has
    ended: that the image has no such program, or that the tracer died first, which makes the program's own
    calls fail."""
    code = container.state().exit_code
    if code is None:  # it is up, and will not answer
        container.kill()
        container.wait()
        return tracer.finish(container, ended_by_slim=True)
    trace = tracer.finish(container, ended_by_slim=False)
    if not trace.complete and code != KILLED:
        raise TraceIncomplete(
            "the trace is incomplete, and the container ended",
            cause="\n".join((*trace.reasons, str(error))),
            remedy="run again; --tracer fanotify watches programs that cannot run under strace",
        ) from error
    return trace


def _launch(image: Image, spec: ContainerSpec) -> Launch:
    return Launch(
        image=image.id,
        entrypoint=image.config.entrypoint,
        command=image.config.cmd,
        workdir=spec.workdir or image.config.working_dir,
        user=image.config.user,
    )


def _tracer(setting: Setting) -> Tracer:
    engine, labels, run_id = setting.engine, setting.labels, setting.run_id
    missing = "" if setting.watch == "strace" else available(engine)
    if missing and setting.watch in ("fanotify", "both"):
        raise HostError(
            "fanotify cannot watch here",
            cause=missing,
            remedy="run slim as root on the engine's host, or with --tracer strace",
        )
    if missing or setting.watch == "strace":
        return StraceTracer(engine, labels, run_id)
    if setting.watch == "fanotify":
        return FanotifyTracer(engine, labels, run_id)
    return TogetherTracer(engine, labels, run_id)


def _session(
    setting: Setting, image: Image, life: Life, container: Container, tracer: Tracer, say: Say
) -> Session:
    return Session(
        engine=setting.engine,
        container=container,
        exposed=image.config.exposed_tcp_ports,
        options=replace(setting.options, port=life.port),
        network=life.spec.network,
        environment=setting.environment,
        shell=StraceTracer.shell,
        cat=StraceTracer.cat,
        wrap=tracer.wrap_exec,
        mark=tracer.mark,
        say=_with_counts(say, tracer),
        ready=life.ready,
        health=health_probe(image.config, life.spec),
    )


def _with_ports(spec: ContainerSpec, image: Image, setting: Setting, life: Life) -> ContainerSpec:
    """Publish what the probes may need where a container's own address can't be reached."""
    if setting.engine.info.local or spec.network in ("host", "none"):
        return spec
    wanted = {life.port, *named_ports(life.probes, life.ready), *image.config.exposed_tcp_ports} - {0}
    return replace(spec, publish=tuple(sorted(wanted)))


def _with_counts(say: Say, tracer: Tracer) -> Say:
    def counted(text: str) -> None:
        progress = tracer.progress()
        say(f"{text} · {progress.events:,} look-ups, {progress.paths:,} paths")

    return counted
