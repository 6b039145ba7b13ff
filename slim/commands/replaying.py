"""The stage that replays on the slim image what the fat image went through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probes.exercise.model import HealthProbe
from probes.observe import STOP_PATIENCE, Observation, Setting, observe
from probes.watch.never_ready import NeverReady
from probes.watch.trace import Trace
from slim.commands.observing import Seen, argv
from slim.commands.second import SecondRuns, replay_setting
from slim.commands.starting import missed_at_start
from slim.errors import ExerciseError, TraceIncomplete
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.plan import Plan
from slim.progress import Say, Stages
from slim.report.assemble import RunResult
from slim.report.masking import Secrets
from slim.verify.deeds import Programs
from slim.verify.further import ROUNDS, came_out_otherwise, may_be_chance, settled
from slim.verify.health import whatever_the_checks_do
from slim.verify.made_up import judged_made_up, names_lost
from slim.verify.model import Evidence, Verdict
from slim.verify.oracle import Held, lookup_differences, purposes_of
from slim.verify.verdict import each_path_once, overall, verdict_of

_CHECK = HealthProbe(()).name


@dataclass(frozen=True)
class _Replayed:
    """What came of one life on the slim image."""

    found: Observation | None
    """None where it did not even start."""
    trace: Trace | None
    """None where nothing was seen."""
    why: str = ""
    """Why it did not start."""


@dataclass(frozen=True)
class _Life:
    """One life, what came of its further runs so far, and what the slim image holds and lacks."""

    seen: Seen
    """With its first run on the fat image."""
    again: tuple[Observation, ...]
    """Further runs on the fat image."""
    replayed: tuple[_Replayed, ...]
    """Its runs on the slim image."""
    slim: Image
    held: Held


@dataclass(frozen=True)
class OtherMake:
    """A slim image that need not be made of the fat one."""

    slim: Image
    programs: Programs

    def judged(self, verdict: Verdict, seen: Seen, slim: Trace) -> Verdict:
        """`verdict` with what other programs than the fat image's did as a note."""
        other = argv(seen.life.spec, self.slim) != seen.argv
        return self.programs.judged(verdict, seen.found.trace, slim, other_command=other)


@dataclass(frozen=True)
class Replaying:
    """What slim images are compared with."""

    setting: Setting
    image: Image
    """The fat one."""
    seen: tuple[Seen, ...]
    """Its lives, each with what came of its first run."""
    second: SecondRuns
    secrets: Secrets
    accept_incomplete: bool
    other_checks: frozenset[str] = frozenset()
    """Lives in which the slim image's HEALTHCHECK is another command than the fat one's."""
    make: OtherMake | None = None
    """Of a slim image that need not be made of the fat one."""

    def verify(self, slim: str, plan: Plan, stages: Stages) -> tuple[RunResult, ...]:
        """As `against`, of the image with the id `slim`, which was built by `plan`."""
        image = replace(self.image, id=slim)
        return self.against(image, frozenset(plan.kept), purposes_of(plan), stages)

    def against(
        self,
        slim: Image,
        kept: frozenset[ImagePath],
        purposes: Mapping[ImagePath, str],
        stages: Stages,
    ) -> tuple[RunResult, ...]:
        """The same lives with the same probes on `slim`, in the same order, compared with both runs of the
        fat image. Where nothing but what may be chance differs, both images run again before that fails.

        `kept` is what it holds of the fat image's paths, `purposes` says why it lacks others. An application
        that does not even start there is a difference, not an error. TraceIncomplete where a run's trace is,
        unless that is accepted; ExerciseError where the fat image now fails what it had passed.
        """
        with stages.stage("verify") as stage:
            self.second.before_replay(stage.say)
            replayed = [self._replayed(slim, one, stage.say) for one in self.seen]
            again = self.second.again(stage.say)
            held = Held(self.image.tree, kept, purposes)
            lives = [
                _Life(seen, (second,), (found,), slim, held)
                for seen, found, second in zip(self.seen, replayed, again, strict=True)
                if second is not None  # what slim made up, and the fat image itself does only sometimes
            ]
            runs = [self._judged(one) for one in lives]
            if all(run.verdict.verified or may_be_chance(run.verdict) for run in runs):
                pairs = zip(lives, runs, strict=True)
                runs = [self._further(slim, life, run, stage.say) for life, run in pairs]
            stage.summary = _summary(runs)
        return tuple(runs)

    def _further(self, slim: Image, life: _Life, run: RunResult, say: Say) -> RunResult:
        """What comes of `life`, of which `run` came so far: it runs on until that does not hang on chance,
        or often enough."""
        for _ in range(ROUNDS):
            if not may_be_chance(run.verdict):
                break
            replayed = (*life.replayed, self._replayed(slim, life.seen, say))
            life = replace(life, replayed=replayed)
            run = self._judged(life)
            if not may_be_chance(run.verdict):
                break
            again = self.second.further(life.seen.life.name, say)
            life = replace(life, again=(*life.again, *([again] if again else [])))
            run = self._judged(life)
        return run

    def _replayed(self, slim: Image, seen: Seen, say: Say) -> _Replayed:
        prefix = f"{seen.life.name}: " if seen.life.name else ""
        patience = STOP_PATIENCE if seen.found.obeys_stop else 0.0
        setting = replay_setting(self.setting)
        try:
            found = observe(
                setting, slim, seen.again(), patience=patience, say=lambda text: say(prefix + text)
            )
        except NeverReady as error:
            return _Replayed(None, error.trace, str(error))
        except ExerciseError as error:
            return _Replayed(None, None, str(error))
        if not found.trace.complete and not self.accept_incomplete:
            where = f" ({seen.life.name})" if seen.life.name else ""
            raise TraceIncomplete(
                f"the trace of the slim image's run{where} is incomplete",
                cause="\n".join(found.trace.reasons),
                remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
            )
        return _Replayed(found, found.trace)

    def _judged(self, life: _Life) -> RunResult:
        """All replays of `life` so far against all of its fat runs; told is the replay that decides."""
        runs = [self._compared(life, one) for one in life.replayed]
        told = next((one for one in runs if came_out_otherwise(one.verdict)), runs[0])
        probes = [one.probe for one in told.fat.transcript.exchanges]
        verdict = settled([one.verdict for one in runs], probes, 1 + len(life.again))
        return replace(told, verdict=verdict)

    def _compared(self, life: _Life, replayed: _Replayed) -> RunResult:
        seen, again = life.seen, life.again
        fat, slim = seen.found, replayed.found
        found = missed_at_start(seen, life.slim, slim, life.held)
        if replayed.trace is not None:
            observed = (fat.trace, *(one.trace for one in again))
            found = each_path_once((*found, *lookup_differences(replayed.trace, observed, life.held)))
        lookups = tuple(one for one in found if not one.purpose)
        first, own = _evidence(fat), _evidence(slim) if slim else None
        verdict = verdict_of(
            first,
            tuple(map(_evidence, again)),
            own,
            lookups,
            replayed.why,
            seen.life.name,
        )
        # also of an application that did not start, of which nothing else can be compared
        verdict = replace(verdict, lookups=lookups, on_purpose=tuple(one for one in found if one.purpose))
        if seen.life.made_up:
            held = life.held
            verdict = judged_made_up(
                verdict, names_lost(first, own, held.fat, held.kept) if own else frozenset()
            )
        if slim and seen.life.name in self.other_checks:
            check = f"{seen.life.name}: {_CHECK}" if seen.life.name else _CHECK
            verdict = whatever_the_checks_do(verdict, check, (fat.trace, slim.trace))
        if slim and self.make is not None:
            verdict = self.make.judged(verdict, seen, slim.trace)
        return RunResult(seen.life.name, seen.argv, fat, slim, verdict)


def _evidence(found: Observation) -> Evidence:
    return Evidence(found.transcript, found.trace)


def _summary(results: Sequence[RunResult]) -> str:
    gone = [one.name for one in results if one.slim is None]
    if gone:
        named = f" ({', '.join(gone)})" if gone != [""] else ""
        return f"the slim image does not start{named}"
    verdict = overall(tuple(one.verdict for one in results))
    return f"{verdict.agreed} of {verdict.probes} probes agree, {len(verdict.lookups)} look-ups differ"
