"""Explanations for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slim.explain.model import Amount, Answer, Decision, Explanation, Remedy, Sighting, Step
from slim.explain.saved import OBSERVED
from slim.oci.path import printable
from slim.report.shell_words import shell_text
from slim.report.sizes import count_text, size_text

MAX_ALSO = 4
MAX_AMOUNTS = 10
"""Reasons of each decision that are told of a sum."""
_VERBS = {
    "open": "opened",
    "write": "written",
    "exec": "executed",
    "look-up": "looked up",
    "link look-up": "looked up as a link",
    "listing": "listed",
    "chdir": "entered",
}


def answer_lines(answer: Answer) -> Iterator[str]:
    """What one argument comes to; the lines of a paragraph."""
    asked = printable(answer.asked)
    if not answer.paths:
        yield f"{asked}: not in the image: {answer.note}"
        yield from _indented(_sighting(one) for one in answer.sightings)
        if answer.sightings:
            yield "  it was made, or missed, at run time; an image is slimmed by what it holds itself"
        if answer.near:
            yield f"  near names: {', '.join(map(printable, answer.near))}"
        return
    if answer.links:
        yield f"{asked}: by way of {count_text(len(answer.links), 'link')}: {_names(answer.links)}"
    if answer.amounts:
        yield from _sums(answer)
    elif answer.note and answer.meaning == "package":
        yield f"{asked}: {answer.note}"
    for one in answer.explained:
        yield from explanation_lines(one)


def explanation_lines(one: Explanation) -> Iterator[str]:
    """Why one path was kept or dropped."""
    yield f"{printable(one.path)}: {one.decision.value}{_facts(one)}"
    if one.decision is Decision.KEPT:
        yield from _chain(one)
        return
    yield f"  why   {one.reason}"
    yield from _labelled("used", dict.fromkeys(map(_sighting, one.sightings)))
    yield from _labelled("keep", map(_remedy, one.remedies))


def _facts(one: Explanation) -> str:
    kind = "" if one.kind == "file" else f", a {one.kind}"
    size = f", {size_text(one.size)}" if one.kind == "file" else ""
    target = f" to {printable(one.target)}" if one.target else ""
    package = f", of {printable(one.package)}" if one.package else ""
    links = f", the same file as {_names(one.same_file)}" if one.same_file else ""
    return f"{kind}{target}{size}{package}{links}"


def _chain(one: Explanation) -> Iterator[str]:
    for depth, step in enumerate(one.chain):
        arrow = f"{'   ' * (depth - 1)}└─ " if depth else ""
        last = depth == len(one.chain) - 1 and depth > 0
        name = "" if last or len(one.chain) == 1 else f"{printable(step.path)}  "
        label = "  why   " if depth == 0 else "        "
        yield f"{label}{arrow}{name}{step.rule}: {printable(step.detail)}"
    told = one.chain[0].detail if one.chain else ""
    seen = (_sighting(use) for use in one.sightings if not told.startswith(_use(use)))
    yield from _labelled("seen", dict.fromkeys(seen))
    others = {(step.rule, step.needed_by or step.detail): step for step in reversed(_others(one))}
    also = list(map(_step, reversed(others.values())))
    more = [f"and {count_text(len(also) - MAX_ALSO, 'more reason')}"] if len(also) > MAX_ALSO else []
    yield from _labelled("also", (*also[:MAX_ALSO], *more))


def _others(one: Explanation) -> tuple[Step, ...]:
    """The reasons beside the chain that say something new: uses are told as such, and what is on the way
    to a path, or needed by it, is so once."""
    return tuple(step for step in one.also if step.rule != OBSERVED)


def _step(step: Step) -> str:
    by = f" (for {printable(step.needed_by)})" if step.needed_by is not None else ""
    return f"{step.rule}: {printable(step.detail)}{by}"


def _sighting(one: Sighting) -> str:
    return _use(one) + (f", {one.count:,} times" if one.count > 1 else "")


def _use(one: Sighting) -> str:
    by = f" by {printable(one.program)}" if one.program else ""
    return f"{_VERBS[one.use]}{by} under {one.probe}" + (f" ({one.error})" if one.error else "")


def _remedy(one: Remedy) -> str:
    what = "without " if one.leave_out else ""
    return f"{what}{shell_text(one.words)}   {printable(one.why)}"


def _sums(answer: Answer) -> Iterator[str]:
    what = f" ({answer.note})" if answer.note else ""
    yield (
        f"{printable(answer.asked)}{what}: {count_text(answer.paths, 'path')}: "
        f"{answer.kept:,} kept, {size_text(answer.kept_size)}; "
        f"{answer.dropped:,} dropped, {size_text(answer.dropped_size)}"
    )
    for decision in Decision:
        of_it = [one for one in answer.amounts if one.decision is decision]
        for one in of_it[:MAX_AMOUNTS]:
            yield from _amount(one)
        if rest := of_it[MAX_AMOUNTS:]:
            told = f"… {count_text(len(rest), 'more reason')} (--json)"
            yield _row(decision, sum(one.paths for one in rest), sum(one.size for one in rest), told)


def _amount(one: Amount) -> Iterator[str]:
    yield _row(one.decision, one.paths, one.size, printable(one.reason))
    more = f" and {one.paths - len(one.first):,} more" if one.paths > len(one.first) else ""
    yield f"{'':<28}{_names(one.first)}{more}"


def _row(decision: Decision, paths: int, size: int, told: str) -> str:
    return f"  {decision.value:<8}{paths:>7,}  {size_text(size):>8}  {told}"


def _names(paths: tuple[str, ...]) -> str:
    return ", ".join(map(printable, paths))


def _labelled(label: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {label if number == 0 else '':<6}{line}"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
