"""The second runs of the fat image, beside what else is to be done.

What differs between two runs of one image (dates, ids, ports) proves nothing against a third, so each
life runs twice on the fat image. The second run waits for the engine most of the time: it goes on in a
thread, with a connection of its own, while the plan is made, the slim image is built and, where they
share nothing, replayed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import Final

from probes.exercise.runner import failures
from probes.observe import STOP_PATIENCE, Observation, Setting, observe
from slim.commands.exercising import Exercising
from slim.commands.known_secrets import learn_captured
from slim.commands.observing import Seen, wrong_exit
from slim.commands.overlap import may_overlap, must_be_alone
from slim.engine.interrupts import shielded
from slim.errors import ExerciseError, SlimError, TraceIncomplete
from slim.oci.image import Image
from slim.progress import Say, silent
from slim.report.masked import masked_trace

SECOND: Final = "io.slim.second"
"""The label of the second runs' containers, beside that of all; its value is the run's id."""
_LOOK: Final = 0.1
"""Seconds between looks at what is waited for."""
_END_SECONDS: Final = 3.0
"""How long second runs that are given up may go on without a container, as where a probe sleeps; a
thread that is left then ends with slim."""


class GivenUp(BaseException):
    """Nobody wants the second runs any more. No Exception: nothing on the way may swallow it."""


@contextmanager
def second_runs(
    setting: Setting, image: Image, seen: tuple[Seen, ...], asked: Exercising
) -> Iterator[SecondRuns]:
    """The second runs of `seen`, begun at once where they may be; they have ended when the block has,
    however it is left."""
    runs = SecondRuns(setting, image, seen, asked)
    try:
        runs.begin()
        yield runs
    finally:
        runs.end()


class SecondRuns:
    """The second run of each life of the fat image. To be used from one thread."""

    def __init__(self, setting: Setting, image: Image, seen: tuple[Seen, ...], asked: Exercising) -> None:
        self._setting = replay_setting(setting)
        self._image, self._seen, self._asked = image, seen, asked
        self._task: _Task | None = None
        self._found: tuple[Observation | None, ...] | None = None

    def begin(self) -> None:
        """In the background, unless something of them must be alone."""
        stack, watch = self._setting.around is not None, self._setting.watch
        if not any(must_be_alone(one.again(), stack=stack, watch=watch) for one in self._seen):
            self._task = _Task(self._setting, self._image, self._seen)
            self._task.start()

    def before_replay(self, say: Say = silent) -> None:
        """Wait for their end where a replay at the same time could be disturbed. Raises as `again`."""
        if self._task is None or any(may_overlap(one.again()) for one in self._seen):
            self.again(say)

    def again(self, say: Say = silent) -> tuple[Observation | None, ...]:
        """What came of them, one for each life in their order; waits for it. None: slim made the life
        up, and nothing can be concluded from it, as it did not come up again.

        ExerciseError where the fat image now fails a probe of the user's that it had passed: such a
        probe proves nothing. TraceIncomplete where observation was lost, unless that is accepted.
        """
        if self._found is None:
            if self._task is not None:
                found = self._task.result(say)
            else:
                found = tuple(observed_again(self._setting, self._image, one, say) for one in self._seen)
            pairs = zip(self._seen, found, strict=True)
            self._found = tuple(self._checked(first, second) for first, second in pairs)
        return self._found

    def further(self, name: str, say: Say = silent) -> Observation | None:
        """One more run of the life of that name; waits for it. What it comes to, and raises, is as of
        `again`."""
        seen = next(one for one in self._seen if one.life.name == name)
        return self._checked(seen, observed_again(self._setting, self._image, seen, say))

    def end(self) -> None:
        """What still runs is ended and gone, or at least on its way."""
        if self._task is not None and not self._task.done.is_set():
            with shielded():
                self._task.give_up()

    def _checked(self, first: Seen, second: Observation | None) -> Observation | None:
        if second is None:
            return None
        learn_captured(self._asked.secrets, first.life.probes, second.variables)
        check_stable(first, second)
        if not second.trace.complete and not self._asked.accept_incomplete:
            if first.life.made_up:
                return None
            raise TraceIncomplete(
                f"the trace of a later run of the fat image{_where(first)} is incomplete",
                cause="\n".join(second.trace.reasons),
                remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
            )
        return replace(second, trace=masked_trace(second.trace, self._asked.secrets))


def replay_setting(setting: Setting) -> Setting:
    """What is compared is traced alike: by strace, which sees failing look-ups, unless that is ruled out."""
    return setting if setting.watch == "fanotify" else replace(setting, watch="strace")


def observed_again(setting: Setting, image: Image, seen: Seen, say: Say) -> Observation | None:
    """A further run of the fat image, as the first went. ExerciseError where it does not become ready;
    None where that is so of a life that slim made up."""
    prefix = f"{seen.life.name}: " if seen.life.name else ""
    patience = STOP_PATIENCE if seen.found.obeys_stop else 0.0
    try:
        return observe(
            setting,
            image,
            seen.again(),
            patience=patience,
            say=lambda text: say(f"{prefix}the fat image once more: {text}"),
        )
    except (ExerciseError, TraceIncomplete) as error:
        if seen.life.made_up:
            return None
        if isinstance(error, TraceIncomplete):
            raise
        raise ExerciseError(
            f"{prefix}the fat image was ready in its first run, and is not in a later one",
            cause=str(error),
            remedy=_REMEDY,
        ) from error


def check_stable(first: Seen, second: Observation) -> None:
    """ExerciseError where the second run fails what the first has passed; not for what slim made up,
    which may come to anything."""
    if first.life.made_up:
        return
    failed = (*failures(second.transcript.exchanges), *wrong_exit(second, first.life.exit_code))
    if failed:
        raise ExerciseError(
            f"the fat image is unstable: it passes its probes in one run and fails in the next: {failed[0]}",
            cause="\n".join((*failed[1:], *second.transcript.log_tail)),
            remedy=_REMEDY,
        )


_REMEDY = (
    "what the fat image does only sometimes proves nothing of the slim one: let each run begin alike (state "
    "in volumes, networks and databases is shared by all runs), correct the probe, or leave it out"
)


def _where(seen: Seen) -> str:
    return f" ({seen.life.name})" if seen.life.name else ""


class _Task(threading.Thread):
    """The second runs, one after the other. A daemon: nothing in them may hold up the end of slim."""

    def __init__(self, setting: Setting, image: Image, seen: tuple[Seen, ...]) -> None:
        super().__init__(name="second runs", daemon=True)
        self.done = threading.Event()
        """Waited for instead of the thread: an exception in join() may take a living one for ended."""
        self._setting, self._image, self._seen = setting, image, seen
        self._given_up = threading.Event()
        self._latest = ""
        self._found: tuple[Observation | None, ...] = ()
        self._error: BaseException | None = None

    def run(self) -> None:
        """With a connection of its own: a client of the engine is not shared between threads."""
        try:
            with closing(self._setting.engine.another()) as engine:
                labels = {**self._setting.labels, SECOND: self._setting.run_id}
                own = replace(self._setting, engine=engine, labels=labels)
                self._found = tuple(observed_again(own, self._image, one, self._say) for one in self._seen)
        except BaseException as error:  # raised where the result is asked for
            self._error = error
        finally:
            self.done.set()

    def result(self, say: Say) -> tuple[Observation | None, ...]:
        """What came of them; waits, and raises what stopped them."""
        while not self.done.wait(_LOOK):
            say(self._latest)
        if self._error is not None:
            raise self._error
        return self._found

    def give_up(self) -> None:
        """End them: whatever they ask their container for fails when it is gone, and they unwind."""
        self._given_up.set()
        engine = self._setting.engine
        late = time.monotonic() + _END_SECONDS
        while not self.done.is_set() and time.monotonic() < late:
            with suppress(SlimError):
                for kind, identifier, _ in engine.labelled(f"{SECOND}={self._setting.run_id}"):
                    if kind == "container":
                        engine.remove_labelled(kind, identifier)
                        late = time.monotonic() + _END_SECONDS
            self.done.wait(_LOOK)

    def _say(self, text: str) -> None:
        if self._given_up.is_set():
            raise GivenUp
        self._latest = text
