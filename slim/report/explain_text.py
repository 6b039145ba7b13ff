"""Explanations for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slim.explain.model import Amount, Answer, Decision, Explanation, Remedy, Sighting, Step
from slim.oci.path import printable
from slim.report.shell_words import shell_text
from slim.report.sizes import count_text, size_text

MAX_ALSO = 4
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
    also = list(map(_step, one.also[:MAX_ALSO]))
    if len(one.also) > MAX_ALSO:
        also.append(f"and {len(one.also) - MAX_ALSO} more reasons")
    yield from _labelled("also", also)


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
    for one in answer.amounts:
        yield from _amount(one)


def _amount(one: Amount) -> Iterator[str]:
    yield f"  {one.decision.value:<8}{one.paths:>7,}  {size_text(one.size):>8}  {printable(one.reason)}"
    more = f" and {one.paths - len(one.first):,} more" if one.paths > len(one.first) else ""
    yield f"{'':<28}{_names(one.first)}{more}"


def _names(paths: tuple[str, ...]) -> str:
    return ", ".join(map(printable, paths))


def _labelled(label: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {label if number == 0 else '':<6}{line}"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
