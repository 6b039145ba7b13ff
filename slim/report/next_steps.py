"""What a user can do about a slim image that is not verified."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from slim.oci.path import ImagePath, parent, printable
from slim.plan import Gap
from slim.report.assemble import Result, RunResult
from slim.report.sizes import count_text
from slim.report.verify_model import VerifyReport
from slim.verify.listings import entries_lost
from slim.verify.model import LookupDifference
from slim.verify.module_lost import module_lost
from slim.verify.oracle import REFUSED_ERRORS
from slim.verify.order import reordered

_NAMED = 3
"""Of each kind so many are told; report.json has all."""


def next_steps(result: Result) -> tuple[str, ...]:
    """For people, most promising first; nothing where the slim image is verified."""
    if result.verdict.verified:
        return ()
    return tuple(dict.fromkeys((*_missing_steps(result), *_probe_steps(result))))


def _missing_steps(result: Result) -> Iterator[str]:
    """What is still missing although repairs were allowed, or because none were."""
    refused = [one for one in result.verdict.lookups if one.error in REFUSED_ERRORS]
    for one in refused[:_NAMED]:
        where = printable(one.path)
        yield f"{where}, or a volume over it, has another mode or owner than in the fat image: {one.detail}"
    missing = [one for one in result.verdict.lookups if one not in refused]
    if not missing:
        return
    what = count_text(len(missing), "path")
    include = _again(*dict.fromkeys(_literal(one.path) for one in missing[:_NAMED]))
    if not result.repairs_allowed:
        yield f"slim may not add the {what} that it looks for (--repair 0): allow it, or {include}"
    elif len(result.rounds) < result.repairs_allowed:
        yield f"{what} could not be added: {include}"
    else:
        folders = dict.fromkeys(f"{_literal(parent(one.path)).rstrip('/')}/**" for one in missing[:_NAMED])
        yield (
            f"after {count_text(len(result.rounds), 'repair')} {what} more came up: "
            f"--repair {2 * result.repairs_allowed}, or {_again(*folders)}"
        )


def _probe_steps(result: Result) -> Iterator[str]:
    """What each run's differing probes may lack."""
    for run in result.runs:
        yield from _module_steps(run, result)
        differing = list(dict.fromkeys(one.probe for one in run.verdict.differences))
        asked = {one.probe for one in run.fat.transcript.exchanges}
        # what the run did besides differs in consequence
        for probe in ([one for one in differing if one in asked] or differing)[:_NAMED]:
            if run.verdict.lookups:
                continue  # those come first, and may be all
            yield from _steps_of(probe, run, result)


def _module_steps(run: RunResult, result: Result) -> Iterator[str]:
    """The module that Python did not find: it lists a folder once, and looks up nothing that is not there."""
    if run.verdict.verified or run.verdict.lookups:
        return
    log = run.slim.transcript.log_tail if run.slim else run.verdict.differences[0].slim.splitlines()
    path = module_lost(log, result.image.tree, result.plan)
    if path is not None:
        yield f"the last line of the log asks for {printable(path)}: {_again(_literal(path))}"


def _steps_of(probe: str, run: RunResult, result: Result) -> Iterator[str]:
    if run.slim is None and not run.verdict.on_purpose:
        tag = "" if result.tag else "; --keep-unverified tags the image all the same, to try it by hand"
        yield (
            f"{run.name or 'the application'} does not start, and nothing that it looked for is missing: see "
            f"its last log lines{tag}{_or_whole_packages(result, '; or')}"
        )
        return
    purposes = [one for one in run.verdict.on_purpose if not _is_byte_code(one)]
    purposes = [one for one in purposes if one.probe == probe] or purposes
    if purposes:
        one = purposes[0]
        include = _again(*(_literal(each.path) for each in purposes[:_NAMED]))
        yield f"{probe} looks for {printable(one.path)}, missing on purpose ({one.purpose}): {include}"
        return
    if run.slim is not None and probe in reordered(run.fat.transcript, run.slim.transcript):
        yield (
            f"{probe} gives the same in another order, most likely that of a folder, which no two file "
            "systems share: have the application sort what it lists, or leave the probe out; most orders "
            "stay as they are with --layers mirror, the default"
        )
        return
    shorter = entries_lost(probe, run.slim.trace, result.image.tree, result.plan) if run.slim else ()
    if shorter:
        folder = shorter[0].asked
        lost = count_text(sum(one.asked == folder for one in shorter), "path")
        include = _again(f"{_literal(ImagePath(folder)).rstrip('/')}/**")
        yield f"{probe} lists {printable(folder)}, of which slim lacks {lost}: {include}"
        return
    unknown = sum(one.gap is Gap.UNKNOWN for one in result.plan.unresolved)
    found = f"; {count_text(unknown, 'name')} made at run time may matter" if unknown else ""
    yield (
        f"{probe} differs, and nothing that it looked for is missing{found}: compare both answers in "
        f"transcript.json, then --include what it needs{_or_whole_packages(result, ', or')}"
    )


def _or_whole_packages(result: Result, before: str) -> str:
    """Empty where that was asked for already."""
    is_given = ("--keep", "package") in pairwise(result.plan.options)
    return "" if is_given else f"{before} run again with --keep package"


def _is_byte_code(one: LookupDifference) -> bool:
    return one.purpose.startswith("byte code")


def steps_for_two(report: VerifyReport) -> Iterator[str]:
    """What can be done where two images differ, most promising first; nothing where they agree."""
    if report.agree:
        return
    refused = dict.fromkeys(one.path for one in report.lookups if one.error in REFUSED_ERRORS)
    lacking = dict.fromkeys(one.path for one in report.lookups if one.error not in REFUSED_ERRORS)
    if lacking:
        some = list(lacking)[:_NAMED]
        named = ", ".join(map(printable, some))
        more = f" and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
        include = _options("--include", *map(_literal, some))
        yield f"SLIM lacks {named}{more}: add what is missing to it (if slim made it, with {include})"
    for path in list(refused)[:_NAMED]:
        yield f"{printable(path)}, or a volume over it, has another mode or owner in SLIM: correct it there"
    if lacking or refused:
        meant = [*lacking, *refused][:_NAMED]
        yield f"if that is meant: run again with {_options('--exclude', *map(_literal, meant))}"
    elif report.differences:
        one = report.differences[0]
        where = "its log's last lines" if one.aspect == "reachability" else "both answers in transcript.json"
        yield f"{one.probe} differs, and SLIM lacks nothing that it looks for: compare {where}"
    elif report.strict:
        yield "only what --strict makes count differs: make it the same in SLIM, or leave --strict out"


def _again(*globs: str) -> str:
    """What to add to the command line, to be copied as it is: the user's own options stay as they were."""
    return f"run again with {_options('--include', *globs)}"


def _options(option: str, *globs: str) -> str:
    return " ".join(f"{option} {shlex.quote(glob)}" for glob in globs)


def _literal(path: str) -> str:
    """A glob that matches `path` alone."""
    return re.sub(r"([*?\[])", r"[\1]", printable(path))
