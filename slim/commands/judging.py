"""What comes of the runs of one life on both images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from probes.exercise.model import HealthProbe
from probes.observe import Observation
from probes.watch.trace import Trace
from slim.commands.observing import Seen, argv
from slim.commands.starting import missed_at_start
from slim.oci.image import Image
from slim.report.assemble import RunResult
from slim.verify.besides import only_look_ups
from slim.verify.deeds import Programs, built_anew, with_folders_made
from slim.verify.further import among, came_out_otherwise, is_unsteady, settled
from slim.verify.health import whatever_the_checks_do
from slim.verify.model import Evidence, LookupDifference, Verdict
from slim.verify.oracle import Held, lookup_differences
from slim.verify.verdict import each_path_once, the_run, verdict_of

_CHECK = HealthProbe(()).name


@dataclass(frozen=True)
class Replayed:
    """What came of one life on the slim image."""

    found: Observation | None
    """None where it did not even start."""
    trace: Trace | None
    """None where nothing was seen."""
    why: str = ""
    """Why it did not start."""


@dataclass(frozen=True)
class Life:
    """One life, what came of its further runs so far, and what the slim image holds and lacks."""

    seen: Seen
    """With its first run on the fat image."""
    again: tuple[Observation, ...]
    """Further runs on the fat image; none of a life that slim made up, and that came to nothing then."""
    replayed: tuple[Replayed, ...]
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
        verdict = built_anew(verdict)
        other = argv(seen.life.spec, self.slim) != seen.argv
        return self.programs.judged(verdict, seen.found.trace, slim, other_command=other)

    def folders_made(self, replayed: Replayed) -> tuple[LookupDifference, ...]:
        """Folders that it lacks and makes for itself."""
        return self.programs.folders_made(replayed.trace) if replayed.trace else ()


@dataclass(frozen=True)
class Judging:
    """What runs on a slim image are judged by."""

    other_checks: frozenset[str] = frozenset()
    """Lives in which the slim image's HEALTHCHECK is another command than the fat one's."""
    make: OtherMake | None = None
    """Of a slim image that need not be made of the fat one."""

    def judged(self, life: Life) -> Judged:
        """All replays of `life` so far against all of its fat runs; told is the replay that decides."""
        fats = [_evidence(one) for one in (life.seen.found, *life.again)]
        runs = [self._compared(life, one, fats) for one in life.replayed]
        told = next((one for one in runs if came_out_otherwise(one.verdict)), runs[0])
        others = among(fats, life.seen.life.name) if any(one.verdict.differences for one in runs) else ()
        probes = [one.probe for one in told.fat.transcript.exchanges]
        verdict = settled([one.verdict for one in runs], others, probes)
        return Judged(replace(told, verdict=verdict), is_unsteady(verdict, others))

    def _compared(self, life: Life, replayed: Replayed, fats: list[Evidence]) -> RunResult:
        """One replay of `life` against `fats`."""
        seen, slim = life.seen, replayed.found
        own = _evidence(slim) if slim else None
        again, name = tuple(fats[1:]), seen.life.name
        verdict = only_look_ups(the_run(name))
        if again:
            verdict = verdict_of(fats[0], again, own, replayed.why, name)
        made = self.make.folders_made(replayed) if self.make else ()
        held = replace(life.held, kept=life.held.kept.union(one.path for one in made))
        # look-ups count also of an application that did not start, of which nothing else can be compared
        missed = _missed(replace(life, held=held), replayed, fats)
        lookups = tuple(one for one in missed if not one.purpose)
        verdict = replace(verdict, lookups=lookups, on_purpose=tuple(one for one in missed if one.purpose))
        if slim and name in self.other_checks:
            check = f"{name}: {_CHECK}" if name else _CHECK
            verdict = whatever_the_checks_do(verdict, check, (seen.found.trace, slim.trace))
        if slim and self.make is not None:
            verdict = self.make.judged(verdict, seen, slim.trace)
        verdict = with_folders_made(verdict, made)
        return RunResult(name, seen.argv, seen.found, slim, verdict)


@dataclass(frozen=True)
class Judged:
    """What came of one life."""

    run: RunResult
    unsteady: bool
    """Whether the fat image itself is unsteady in what fails."""


def _missed(life: Life, replayed: Replayed, fats: list[Evidence]) -> tuple[LookupDifference, ...]:
    """What the engine and the application missed."""
    found = missed_at_start(life.seen, life.slim, replayed.found, life.held)
    if replayed.trace is None:
        return found
    observed = [one.trace for one in fats]
    return each_path_once((*found, *lookup_differences(replayed.trace, observed, life.held)))


def _evidence(found: Observation) -> Evidence:
    return Evidence(found.transcript, found.trace)
