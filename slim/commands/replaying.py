"""The stage that replays on the slim image what the fat image went through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from probes.observe import STOP_PATIENCE, Setting, observe
from probes.watch.never_ready import NeverReady
from slim.commands.judging import Judged, Judging, Life, Replayed
from slim.commands.observing import Seen
from slim.commands.second import SecondRuns, replay_setting
from slim.errors import ExerciseError, TraceIncomplete
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.plan import Plan
from slim.progress import Say, Stages
from slim.report.assemble import RunResult
from slim.report.masking import Secrets
from slim.report.sizes import count_text
from slim.verify.further import ROUNDS, ROUNDS_OF_THE_UNSTEADY, is_certain, may_be_chance
from slim.verify.oracle import Held, purposes_of
from slim.verify.verdict import overall


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
    judging: Judging = field(default_factory=Judging)

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
                Life(seen, (second,) if second else (), (found,), slim, held)
                for seen, found, second in zip(self.seen, replayed, again, strict=True)
            ]
            found = [self.judging.judged(one) for one in lives]
            if not any(is_certain(one.run.verdict) for one in found):
                pairs = zip(lives, found, strict=True)
                found = [self._further(slim, life, one, stage.say) for life, one in pairs]
            runs = tuple(one.run for one in found)
            stage.summary = _summary(runs)
        return runs

    def _further(self, slim: Image, life: Life, found: Judged, say: Say) -> Judged:
        """What comes of `life`, of which `found` came so far: it runs on until that does not hang on chance,
        or often enough."""
        rounds = 0
        while may_be_chance(found.run.verdict):
            if rounds >= (ROUNDS_OF_THE_UNSTEADY if found.unsteady else ROUNDS):
                break
            rounds += 1
            life = replace(life, replayed=(*life.replayed, self._replayed(slim, life.seen, say)))
            found = self.judging.judged(life)
            if not may_be_chance(found.run.verdict):
                break
            again = self.second.further(life.seen.life.name, say)
            life = replace(life, again=(*life.again, *([again] if again else [])))
            found = self.judging.judged(life)
        return found

    def _replayed(self, slim: Image, seen: Seen, say: Say) -> Replayed:
        prefix = f"{seen.life.name}: " if seen.life.name else ""
        patience = STOP_PATIENCE if seen.found.obeys_stop else 0.0
        setting = replay_setting(self.setting)
        try:
            found = observe(
                setting, slim, seen.again(), patience=patience, say=lambda text: say(prefix + text)
            )
        except NeverReady as error:
            return Replayed(None, error.trace, str(error))
        except ExerciseError as error:
            return Replayed(None, None, str(error))
        if not found.trace.complete and not self.accept_incomplete:
            where = f" ({seen.life.name})" if seen.life.name else ""
            raise TraceIncomplete(
                f"the trace of the slim image's run{where} is incomplete",
                cause="\n".join(found.trace.reasons),
                remedy="run again; if you know that what was lost does not matter, --accept-incomplete",
            )
        return Replayed(found, found.trace)


def _summary(results: Sequence[RunResult]) -> str:
    gone = [one.name for one in results if one.slim is None]
    if gone:
        named = f" ({', '.join(gone)})" if gone != [""] else ""
        return f"the slim image does not start{named}"
    verdict = overall(tuple(one.verdict for one in results))
    lookups = count_text(len(verdict.lookups), "look-up differs", "look-ups differ")
    return f"{verdict.agreed} of {verdict.probes} probes agree, {lookups}"
