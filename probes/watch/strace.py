"""The strace tracer: carried into the container, where it needs nothing of the image.

A labelled volume holds the toolkit (`toolkit`) and strace's output, one file for the container's
program and one for each command that runs beside it. Where the volume's folder is one of this
machine the files are read there, else through the engine (`strace_output`).

What a traced program may notice: no_new_privs (a set-uid bit or a file capability has no effect);
strace is a child of the container's first process, so that wait(2) for *any* child never fails with
ECHILD there; and a first process that runs into SIGSEGV with no handler gets it again and again
instead of dying, since the kernel protects a traced init from it (signal(7), pid_namespaces(7)).
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from probes.watch.alive import unwatched_inside, watched_from_here
from probes.watch.interface import Launch, Progress
from probes.watch.launching import command_of
from probes.watch.ledger import Ledger, Timeline
from probes.watch.never_ready import NeverReady
from probes.watch.processes import Process
from probes.watch.refusal import refusal
from probes.watch.strace_command import own_capabilities, traced
from probes.watch.strace_output import EngineOutput, FolderOutput, Output
from probes.watch.strace_parser import StraceParser
from probes.watch.toolkit import FOLDER, OUTPUT, build_toolkit, carried
from probes.watch.trace import Trace
from slim.engine.interface import Container, ContainerSpec, Engine, Mount
from slim.errors import EngineError, ExerciseError, ImageError

_LOG_LINES = 20
_COMPLAINT = f"{FOLDER}/strace: {OUTPUT}/".encode()
"""How strace's message begins, on the program's standard error, when it could not write."""


class StraceTracer:
    """Implements `probes.watch.interface.Tracer` for one container."""

    shell = carried("sh", "-c")
    """What runs a shell command line in the container, which may have no shell of its own."""
    cat = carried("cat")
    """A `cat` for the container."""

    def __init__(self, engine: Engine, labels: Mapping[str, str], run_id: str) -> None:
        self._engine = engine
        self._labels = labels
        self._volume = f"slim-{run_id}-strace-{id(self):x}-{time.monotonic_ns():x}"
        self._ledger = Ledger(FOLDER)
        self._timeline = Timeline(common_clock=engine.info.local)
        self._parsers: list[StraceParser] = []
        self._processes: list[dict[bytes, Process]] = []
        self._lock = threading.Lock()
        self._output: Output | None = None
        self._launch: Launch | None = None
        self._argv: tuple[str, ...] = ()
        self._workdir = "/"
        self._dropped: tuple[str, ...] = ()
        self._alive: bool | None = None
        self._not_alive = "nobody asked whether strace was alive before the container was ended"

    def prepare(self, spec: ContainerSpec, launch: Launch) -> ContainerSpec:
        """`spec` with its program under strace, and the volume. HostError when this machine has no
        fit strace, ImageError when the image is of an architecture that it cannot watch,
        UsageError when neither image nor user says what to run."""
        toolkit = build_toolkit()
        architecture = self._engine.find_image(spec.image).architecture
        if architecture not in toolkit.architectures:
            raise ImageError(
                f"{spec.image} is an image for {architecture}",
                cause=f"this machine's strace watches {' and '.join(toolkit.architectures) or 'nothing'}",
                remedy="run slim on a machine of the image's architecture",
            )
        self._argv = argv = command_of(spec, launch)
        self._launch = launch
        self._workdir = spec.workdir or launch.workdir or "/"
        self._dropped = own_capabilities(
            spec.user or launch.user, spec.capabilities_added, spec.capabilities_dropped
        )
        folder = self._engine.create_volume(self._volume, labels=self._labels)
        self._output = EngineOutput() if folder is None else FolderOutput(folder)
        self._folder = folder
        command = traced(argv, self._new_output(self._workdir), dropped=self._dropped)
        return replace(
            spec,
            entrypoint=command[:1],
            command=command[1:],
            mounts=(*spec.mounts, Mount(self._volume, FOLDER)),
            capabilities_added=(*spec.capabilities_added, *self._dropped),
        )

    def install(self, container: Container) -> None:
        """Put the toolkit into the volume: also where the root file system is read-only, since
        the engine's archive API writes into a volume all the same."""
        container.put_archive(FOLDER, build_toolkit().archive)

    def started(self, container: Container) -> None:
        self._opened().start(container)

    def mark(self, probe: str) -> None:
        self._timeline.mark(probe, time.time())

    def wrap_exec(self, argv: Sequence[str], *, workdir: str = "") -> tuple[str, ...]:
        """`argv` under a strace of its own: it is no child of the container's program."""
        return traced(argv, self._new_output(workdir or self._workdir), dropped=self._dropped)

    def progress(self) -> Progress:
        last = self._output.last_event if self._output is not None else 0.0
        return Progress(self._ledger.events, len(self._ledger.paths), last)

    def check_alive(self, container: Container) -> bool:
        """Ask the kernel whether strace traces the container's first process, and what is left of
        commands that ran beside it. True too when the container has ended by itself: then the
        trace says how."""
        state = container.state()
        if state.status != "running":
            return True
        try:
            alive = self._is_watched(container, state.pid)
        except (EngineError, ExerciseError) as error:
            alive, self._not_alive = False, f"strace could not be seen alive: {error}"
        self._alive = alive
        return alive

    def finish(self, container: Container, *, ended_by_slim: bool) -> Trace:
        """The Trace, after the container's end. Nothing is raised for what was lost: the Trace
        says that it is incomplete, and why. ExerciseError when the program could not be started:
        then there is nothing to trace, and nothing was lost."""
        launch = self._launch
        if launch is None:
            raise RuntimeError("finish before prepare")
        reasons = list(self._opened().finish(container))
        for parser in self._parsers:
            # whoever ended the first process ended strace too, perhaps in the middle of a line
            parser.close(cut_off=self._parsers[0].ended or self._is_proved(ended_by_slim=ended_by_slim))
        if not self._parsers[0].started and not ended_by_slim:
            refused = refusal(self._argv[0], self._ledger.accesses(), self._log(container))
            if refused is not None:
                raise NeverReady(refused, Trace(launch.image, not reasons, accesses=self._ledger.accesses()))
        reasons += self._endings(container, ended_by_slim=ended_by_slim)
        for parser in self._parsers:
            reasons += parser.losses()
        reasons += self._complaints(container)
        unique = tuple(dict.fromkeys(reasons))
        return Trace(
            image=launch.image,
            complete=not unique,
            reasons=unique,
            accesses=self._ledger.accesses(),
            events=self._ledger.events,
            notes=tuple(sorted({note for parser in self._parsers for note in parser.notes()})),
        )

    def _opened(self) -> Output:
        if self._output is None:
            raise RuntimeError("the container was not prepared")
        return self._output

    def _new_output(self, workdir: str) -> int:
        with self._lock:
            number = len(self._parsers)
            parser = StraceParser(self._ledger, self._timeline, cwd=workdir, beside=self._processes)
            self._parsers.append(parser)
        self._opened().add(number, parser)
        return number

    def _is_watched(self, container: Container, pid: int) -> bool:
        self._not_alive = "strace was gone before the container was ended"
        if self._engine.info.local and pid:
            first = watched_from_here(pid)
        else:
            first = not unwatched_inside(container, (1,))
        left = [number for parser in self._parsers[1:] for number in parser.living]
        return first and (not left or not unwatched_inside(container, left))

    def _is_proved(self, *, ended_by_slim: bool) -> bool:
        """Whether strace was seen alive when slim ended the container."""
        return bool(self._alive) and ended_by_slim

    def _endings(self, container: Container, *, ended_by_slim: bool) -> list[str]:
        """Why it is not certain that strace saw everything up to the end."""
        proved = self._is_proved(ended_by_slim=ended_by_slim)
        first, *others = self._parsers
        reasons = []
        if not first.started:
            reasons.append(f"the program was never seen to start{self._last_words(container)}")
        elif not first.ended and not proved:
            if ended_by_slim:
                reasons.append(self._not_alive)
            elif container.state().oom_killed:
                reasons.append("the container ran out of memory and was killed: its end was not seen")
            else:
                reasons.append("the container's end was not seen: it, or strace, was killed")
        for number, parser in enumerate(others, 1):
            if parser.began and not parser.ended and not proved:
                reasons.append(f"the end of command {number} in the container was not seen")
        return reasons

    def _complaints(self, container: Container) -> list[str]:
        """What strace itself complained of: output that it could not write."""
        reasons = []
        if self._folder is not None and shutil.disk_usage(self._folder).free == 0:
            reasons.append("the disk that holds strace's output is full")
        said = [line for line in self._log(container) if line.startswith(_COMPLAINT)]
        return [*reasons, *(line.decode("utf-8", "replace") for line in said[:1])]

    def _last_words(self, container: Container) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in self._log(container)]
        return f"; it said: {lines[-1]}" if lines else ""

    def _log(self, container: Container) -> list[bytes]:
        try:
            return container.logs(tail=_LOG_LINES)[1].splitlines()
        except EngineError:
            return []
