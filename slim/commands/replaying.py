"""The stage that replays on the slim image what the fat image went through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from probes.observe import STOP_PATIENCE, Observation, Setting, observe
from probes.watch.never_ready import NeverReady
from probes.watch.trace import Trace
from slim.commands.observing import Seen
from slim.commands.second import SecondRuns, replay_setting
from slim.errors import ExerciseError, TraceIncomplete
from slim.oci.image import Image
from slim.oci.path import ImagePath
from slim.plan import Plan
from slim.progress import Say, Stages
from slim.report.assemble import RunResult
from slim.report.masking import Secrets
from slim.verify.made_up import judged_made_up
from slim.verify.model import Evidence, LookupDifference
from slim.verify.oracle import lookup_differences, purposes_of
from slim.verify.verdict import overall, verdict_of


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
        fat image.

        `kept` is what it holds of the fat image's paths, `purposes` says why it lacks others. An application
        that does not even start there is a difference, not an error. TraceIncomplete where a run's trace is,
        unless that is accepted; ExerciseError where the fat image now fails what it had passed.
        """
        with stages.stage("verify") as stage:
            self.second.before_replay(stage.say)
            replayed = [self._replayed(slim, one, stage.say) for one in self.seen]
            again = self.second.again(stage.say)
            runs = tuple(
                self._compared(seen, found, second, kept, purposes)
                for seen, found, second in zip(self.seen, replayed, again, strict=True)
                if second is not None  # what slim made up, and the fat image itself does only sometimes
            )
            stage.summary = _summary(runs)
        return runs

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

    def _compared(
        self,
        seen: Seen,
        replayed: _Replayed,
        again: Observation,
        kept: frozenset[ImagePath],
        purposes: Mapping[ImagePath, str],
    ) -> RunResult:
        fat, slim = seen.found, replayed.found
        found: tuple[LookupDifference, ...] = ()
        if replayed.trace is not None:
            observed = (fat.trace, again.trace)
            found = lookup_differences(replayed.trace, observed, self.image.tree, kept, purposes)
        lookups = tuple(one for one in found if not one.purpose)
        verdict = verdict_of(
            Evidence(fat.transcript, fat.trace),
            (Evidence(again.transcript, again.trace),),
            Evidence(slim.transcript, slim.trace) if slim else None,
            lookups,
            replayed.why,
            seen.life.name,
        )
        # also of an application that did not start, of which nothing else can be compared
        verdict = replace(verdict, lookups=lookups, on_purpose=tuple(one for one in found if one.purpose))
        if seen.life.made_up:
            verdict = judged_made_up(verdict)
        return RunResult(seen.life.name, seen.argv, fat, slim, verdict)


def _summary(results: tuple[RunResult, ...]) -> str:
    gone = [one.name for one in results if one.slim is None]
    if gone:
        named = f" ({', '.join(gone)})" if gone != [""] else ""
        return f"the slim image does not start{named}"
    verdict = overall(tuple(one.verdict for one in results))
    return f"{verdict.agreed} of {verdict.probes} probes agree, {len(verdict.lookups)} look-ups differ"
