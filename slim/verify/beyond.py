"""What a run did besides answering: listened, wrote, started, complained, and how it ended."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from probes.exercise.exchange import Transcript
from probes.watch.trace import Trace, Use
from slim.verify.exchanges import Judged, note
from slim.verify.model import Difference, Evidence
from slim.verify.patterns import Line, by_kind
from slim.verify.tokens import shape, tokens
from slim.verify.volatile import MOST, learn

_ELSEWHERE = ("/proc/", "/sys/", "/dev/")
"""No files of the container: filesystems of the kernel."""
_BYTE_CODE = ("__pycache__", ".pyc")
"""Python's cache of what it compiled is written wherever it is missing, and nothing depends on it."""


def judge_beyond(fats: Sequence[Evidence], slim: Evidence, probe: str) -> Judged:
    """What `slim` did otherwise than all of `fats`, at least two runs; `probe` is what differences are
    told of. Files and processes are compared where every trace is complete."""
    transcripts, own = [one.transcript for one in fats], slim.transcript
    ended = _ended(transcripts, own)
    parts = [("end", ended, 0)]
    if not ended:
        parts.append(("listening", *_listening(transcripts, own)))
        if not any(one.kind == "exit" for one in own.exchanges):  # whose output is compared as a whole
            parts.append(("error in the log", *_complaints(transcripts, own)))
    traces = [one.trace for one in fats]
    if slim.trace.complete and all(one.complete for one in traces):
        common = _common_tracers((*traces, slim.trace))
        for aspect, read in (("file written", _written), ("process started", _started)):
            parts.append((aspect, *_names([read(one, common) for one in traces], read(slim.trace, common))))
    return Judged(
        tuple(Difference(probe, aspect, *sides) for aspect, found, _ in parts for sides in found),
        tuple(note(probe, aspect, masked) for aspect, _, masked in parts if masked),
    )


Sides = list[tuple[str, str]]
"""What the fat image has, and what slim has, of each difference."""
_Kind = tuple[str, str]
"""What paths of a kind have in common: a folder, and a part of the name."""


def _ended(fats: Sequence[Transcript], slim: Transcript) -> Sides:
    """Exit codes of containers that ended by themselves. One that still runs on slim when its probes are
    over may be a moment behind; one that died there alone has died."""
    codes = {one.container_exit_code for one in fats}
    code = slim.container_exit_code
    if code is None or code in codes:
        return []
    return [(" or ".join(_end(one.container_exit_code) for one in fats[:1]), _end(code))]


def _end(code: int | None) -> str:
    return "still running" if code is None else f"exit code {code}"


def _listening(fats: Sequence[Transcript], slim: Transcript) -> tuple[Sides, int]:
    """Sockets as a set. A port that the fat runs differ in may be any, on the same address; where all of them
    have some such, slim must have one too."""
    told = [frozenset(one.listening) for one in fats]
    always, ever, own = frozenset.intersection(*told), frozenset().union(*told), frozenset(slim.listening)
    volatile = ever - always
    addresses = {_address(one) for one in volatile}
    needed = frozenset.intersection(*(frozenset(map(_address, one - always)) for one in told))
    lost = sorted(needed - set(map(_address, own - always)))
    missing = sorted(always - own)
    extra = sorted(one for one in own - ever if _address(one) not in addresses)
    gone = (*missing, *(f"{one}:…" for one in lost))
    return [*((one, "") for one in gone), *(("", one) for one in extra)], len(volatile)


def _address(socket: str) -> str:
    return socket.rpartition(":")[0]


def _complaints(fats: Sequence[Transcript], slim: Transcript) -> tuple[Sides, int]:
    """Lines at error level, whatever their number and order: a new kind of them, or one that is gone."""
    runs = [[Line(line) for line in dict.fromkeys(one.log_errors)] for one in fats]
    own = [tokens(line) for line in dict.fromkeys(slim.log_errors)]
    known = learn(runs)
    patterns = (*known.patterns, *(by_kind(line) for run in runs for line in run))
    new = ["".join(line) for line in own if not any(one.matches(line) for one in patterns)]
    shapes = [{shape(tokens(line.text)): line for line in run} for run in runs]
    seen = [one for one in known.patterns if any(map(one.matches, own))]
    told = {shape(one.pieces) for one in seen} | {shape(line) for line in own}
    gone = [line.text for what, line in shapes[0].items() if what not in told and _in_all(what, shapes)]
    return [*(("", one) for one in new[:MOST]), *((one, "") for one in gone[:MOST])], known.masked


def _in_all(what: str, runs: Sequence[Mapping[str, Line]]) -> bool:
    return all(what in one for one in runs)


def _common_tracers(traces: Sequence[Trace]) -> frozenset[str]:
    """Tracers that saw all of the runs; what one alone sees is no difference of the images."""
    told = [frozenset(access.tracer for access in one.accesses) for one in traces if one.accesses]
    return frozenset.intersection(*told) if told else frozenset()


def _written(trace: Trace, tracers: frozenset[str]) -> frozenset[str]:
    return frozenset(
        path
        for path in _paths(trace, Use.WRITE, tracers)
        if not path.startswith(_ELSEWHERE) and not any(one in path for one in _BYTE_CODE)
    )


def _started(trace: Trace, tracers: frozenset[str]) -> frozenset[str]:
    return frozenset(_paths(trace, Use.EXEC, tracers))


def _paths(trace: Trace, use: Use, tracers: frozenset[str]) -> Iterator[str]:
    """Until the container is stopped: how long it is let go on then is not the same in all runs."""
    for access in trace.accesses:
        stopping = access.probe.rpartition(": ")[2] == "stop"
        if access.use is use and not access.error and access.tracer in tracers and not stopping:
            yield posixpath.normpath(access.path)


def _names(fats: Sequence[frozenset[str]], slim: frozenset[str]) -> tuple[Sides, int]:
    """Paths as a set. A path that only some fat runs have is volatile, and so are all of its like: in the
    same folder, of the same suffix or, where that is made up, of the same name before it. Such as all fat
    runs have some of, slim must have too. Names of which nothing but numbers differ are the same: a process
    id comes by chance twice."""
    always, ever = frozenset.intersection(*fats), frozenset().union(*fats)
    steady = set.intersection(*({_class(path) for path in one - always} for one in fats))
    volatile = [{_like(path, steady) for path in one - always} for one in fats]
    spare = {_shape(path) for path in slim - always}
    missing = [path for path in sorted(always - slim) if _shape(path) not in spare]
    known = set().union(*volatile)
    shapes = {_shape(path) for path in ever}
    own = {_like(path, steady) for path in slim - always}
    extra = [p for p in sorted(slim - ever) if _like(p, steady) not in known and _shape(p) not in shapes]
    like = _alike({path: _like(path, steady) for path in ever - always}, slim - ever)
    extra = [path for path in extra if path not in like]
    own |= set().union(*like.values())
    needed = sorted(set.intersection(*volatile) - own)
    sides = [
        *((path, "") for path in missing),
        *((_spelled(one), "") for one in needed),
        *(("", path) for path in extra),
    ]
    return sides, len(ever - always)


def _alike(fat: Mapping[str, _Kind], slim: Iterable[str]) -> dict[str, set[_Kind]]:
    """Those of `slim` that are named as one of `fat`, each with the values of all such.

    Two names are alike where they differ only in parts that are made up, of about one length: of eight
    letters and digits some have no digit by chance, so that one side's digit is enough. Names are grouped
    by where they have digits, of which there are few ways: a program may write thousands of files.
    """
    found: dict[str, set[_Kind]] = {}
    ours, theirs = _by_digits(fat), _by_digits(slim)
    for (size, digits), paths in ours.items():
        for (own_size, own_digits), own in theirs.items():
            if own_size != size:
                continue
            free = digits | own_digits
            known: dict[tuple[str, ...], dict[tuple[int, ...], set[_Kind]]] = {}
            for path in paths:
                steady, lengths = _parted(path, free)
                known.setdefault(steady, {}).setdefault(lengths, set()).add(fat[path])
            for path in own:
                steady, lengths = _parted(path, free)
                for others, kinds in known.get(steady, {}).items():
                    if all(abs(one - other) <= 2 for one, other in zip(lengths, others, strict=True)):
                        found.setdefault(path, set()).update(kinds)
    return found


def _by_digits(paths: Iterable[str]) -> dict[tuple[int, frozenset[int]], list[str]]:
    """Paths by the number of their pieces, and the places of those with a digit."""
    found: dict[tuple[int, frozenset[int]], list[str]] = {}
    for path in paths:
        pieces = tokens(path)
        digits = frozenset(place for place, one in enumerate(pieces) if any(map(str.isdigit, one)))
        found.setdefault((len(pieces), digits), []).append(path)
    return found


def _parted(path: str, free: AbstractSet[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The pieces of `path` at other places than `free`, and the lengths of those there."""
    pieces = tokens(path)
    steady = tuple(one for place, one in enumerate(pieces) if place not in free)
    return steady, tuple(len(one) for place, one in enumerate(pieces) if place in free)


def _class(path: str) -> _Kind:
    """Folder and suffix; a number is none."""
    folder, name = posixpath.split(path)
    suffix = posixpath.splitext(name)[1]
    return _shape(folder), "…" + ("" if suffix[1:].isdigit() else suffix)


def _like(path: str, steady: AbstractSet[_Kind]) -> _Kind:
    """What `path` is of the same kind as. A suffix of which each run has another (mkstemp(3) of
    `.lock.XXXXXX`) is itself made up; what stands before it is not."""
    found = _class(path)
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return found if found in steady or found[1] == "…" else (found[0], f"{stem}.…")


def _spelled(one: _Kind) -> str:
    return f"{one[0]}/{one[1]}"


def _shape(path: str) -> str:
    return shape(tokens(path))
