"""Does the slim image behave as the fat one did? Probe by probe, look-up by look-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from probes.exercise.exchange import Exchange, Result, Transcript
from probes.watch.trace import Trace, Use
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree

MISSING_ERRORS = frozenset({"ENOENT", "ENOTDIR", "ELOOP"})
"""What a look-up fails with when a path, or a part of it, is not there: path_resolution(7)."""


@dataclass(frozen=True)
class Difference:
    """One thing in which the slim image differs from the fat one."""

    probe: str
    aspect: str
    """status, exit code, reachability, output, redirect …"""
    fat: str
    slim: str


@dataclass(frozen=True)
class LookupDifference:
    """A look-up that failed in the slim image though the fat image holds the path."""

    path: ImagePath
    """The path in the fat image that the look-up would have come to."""
    asked: str
    """The path as the program asked for it."""
    executable: str
    probe: str
    error: str


@dataclass(frozen=True)
class Verdict:
    """Fat against slim."""

    probes: int
    agreed: int
    differences: tuple[Difference, ...]
    """Each of them fails the verification."""
    lookups: tuple[LookupDifference, ...]
    """Each of them fails the verification."""
    noted: tuple[Difference, ...]
    """Seen and told, but not judged: what differs between two runs of the fat image too."""

    @property
    def verified(self) -> bool:
        """Whether nothing that counts differs, and there was something to compare."""
        return self.probes > 0 and not self.differences and not self.lookups


def compare(fat: Transcript, slim: Transcript, lookups: tuple[LookupDifference, ...] = ()) -> Verdict:
    """The verdict on two runs of the same probes, `fat` being the oracle."""
    differences: list[Difference] = []
    noted: list[Difference] = []
    agreed = 0
    replayed = list(slim.exchanges)
    for index, before in enumerate(fat.exchanges):
        after = replayed[index] if index < len(replayed) else None
        if after is None or after.probe != before.probe:
            differences.append(Difference(before.probe, "reachability", before.result.value, "not replayed"))
            continue
        found = tuple(judge(before, after))
        differences.extend(found)
        agreed += not found
        noted.extend(_note(before, after))
    ended = tuple(_ended(fat, slim))
    return Verdict(len(fat.exchanges), agreed - len(ended), (*differences, *ended), lookups, tuple(noted))


def _ended(fat: Transcript, slim: Transcript) -> Iterable[Difference]:
    """Where nothing but the start was exercised: that the program goes on is all that there is to
    compare. Elsewhere it may end by itself in the one run sooner than in the other."""
    code = slim.container_exit_code
    if fat.container_exit_code is None and code is not None:
        for one in fat.exchanges[:1]:
            if one.kind == "start":
                yield Difference(one.probe, "end", "still running", f"exit code {code}")


def overall(verdicts: tuple[Verdict, ...]) -> Verdict:
    """One verdict on all runs; a path that several of them miss is told once."""
    lookups: dict[ImagePath, LookupDifference] = {}
    for one in (lookup for verdict in verdicts for lookup in verdict.lookups):
        lookups.setdefault(one.path, one)
    return Verdict(
        sum(verdict.probes for verdict in verdicts),
        sum(verdict.agreed for verdict in verdicts),
        tuple(one for verdict in verdicts for one in verdict.differences),
        tuple(lookups[path] for path in sorted(lookups)),
        tuple(one for verdict in verdicts for one in verdict.noted),
    )


def did_not_start(fat: Transcript, why: str, life: str = "") -> Verdict:
    """The verdict on a slim image whose application never became ready; `life` is the run's name."""
    before = "; ".join(f"{one.probe}: {one.result.value}" for one in fat.exchanges)
    start = f"{life}: start" if life else "start"
    return Verdict(len(fat.exchanges), 0, (Difference(start, "reachability", before, why),), (), ())


def judge(fat: Exchange, slim: Exchange) -> Iterable[Difference]:
    """The differences between two exchanges of one probe that fail the verification."""
    if fat.result is not slim.result:
        yield Difference(fat.probe, "reachability", _outcome(fat), _outcome(slim))
        return
    if fat.status != slim.status:
        yield Difference(fat.probe, "status", str(fat.status), str(slim.status))
    if fat.exit_code != slim.exit_code:
        yield Difference(fat.probe, "exit code", str(fat.exit_code), str(slim.exit_code))


def confirm(verdict: Verdict, fat: Transcript, again: Transcript, slim: Transcript) -> Verdict:
    """`verdict` after the fat image ran a second time: what both fat runs agree upon and slim does
    not is no chance, and fails; what differs between the fat runs too stays noted."""
    real: list[Difference] = []
    for index, before in enumerate(fat.exchanges):
        if index < len(again.exchanges) and index < len(slim.exchanges):
            volatile = {one.aspect for one in _note(before, again.exchanges[index])}
            found = _note(before, slim.exchanges[index])
            real.extend(one for one in found if one.aspect not in volatile)
    failed = {one.probe for one in (*verdict.differences, *real)}
    return replace(
        verdict,
        agreed=sum(1 for one in fat.exchanges if one.probe not in failed),
        differences=(*verdict.differences, *real),
        noted=tuple(one for one in verdict.noted if one not in real),
    )


def _note(fat: Exchange, slim: Exchange) -> Iterable[Difference]:
    if fat.result is not slim.result:
        return
    if fat.redirects != slim.redirects:  # which may name what was made just now: an order, a state
        yield Difference(fat.probe, "redirects", " → ".join(fat.redirects), " → ".join(slim.redirects))
    if fat.body_sha256 != slim.body_sha256:
        what = "standard output" if fat.kind in ("exec", "host", "health", "exit") else "body"
        yield Difference(fat.probe, what, _excerpt(fat.body), _excerpt(slim.body))
    if fat.stderr != slim.stderr:
        yield Difference(fat.probe, "standard error", _excerpt(fat.stderr), _excerpt(slim.stderr))


def _outcome(exchange: Exchange) -> str:
    detail = f" ({exchange.detail})" if exchange.detail and exchange.result is not Result.ANSWERED else ""
    if exchange.status is not None:
        return f"{exchange.result.value}: {exchange.status}{detail}"
    return f"{exchange.result.value}{detail}"


def _excerpt(data: bytes, limit: int = 200) -> str:
    text = data[:limit].decode("utf-8", "replace")
    return text + (" …" if len(data) > limit else "")


def lookup_differences(
    replay: Trace, observed: Trace, fat: Tree, kept: frozenset[ImagePath]
) -> tuple[LookupDifference, ...]:
    """Look-ups of the replay on the slim image that would have succeeded in the fat image.

    The fat image is the oracle: a look-up that fails with ENOENT on slim for a path which the
    fat image resolves to an entry that the plan did not keep is a difference of behaviour, even
    where no probe noticed. What failed in the fat run (`observed`) too is none: the path was
    hidden by a volume, or the program had removed it.
    """
    failed_before = {access.path for access in observed.accesses if access.error in MISSING_ERRORS}
    found: dict[ImagePath, LookupDifference] = {}
    for access in replay.accesses:
        if access.error not in MISSING_ERRORS or access.use is Use.WRITE or access.path in failed_before:
            continue
        follow = access.use is not Use.LINK_LOOKUP
        resolution = fat.resolve(access.path, follow_last=follow)
        if resolution.outcome is not Outcome.FOUND:
            continue
        lost = [path for path in (*resolution.links, resolution.path) if path not in kept]
        for path in lost[:1]:
            found.setdefault(
                path,
                LookupDifference(path, access.path, access.executable, access.probe, access.error),
            )
    return tuple(found[path] for path in sorted(found))
