"""A difference of two images for people: plain text, the largest things first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from slim.diff import (
    UNOWNED,
    Difference,
    LayerState,
    PackageAmount,
    PathAdded,
    PathChanged,
    PathEvent,
    PathRemoved,
    Side,
)
from slim.oci.amounts import Amount, FolderAmount
from slim.oci.compare_config import ConfigChanged
from slim.oci.path import printable
from slim.report.sizes import change_text, count_text, size_text

LIST_LIMIT = 20
"""Lines of a list of paths or packages, unless all are asked for."""

FOLDER_LIMIT = 10
INNER_LIMIT = 4

_ID_DIGITS = 12
_VALUE_WIDTH = 100
_Item = TypeVar("_Item")


def diff_text(difference: Difference, *, everything: bool = False) -> str:
    """The whole report, ending in a newline. With `everything`, no list is cut short."""
    sections = [list(_heading(difference))]
    if not difference.same:
        sections.append([slim_of_line(difference)])
    sections += [
        list(_config(difference, everything)),
        list(_layers(difference, everything)),
        list(_totals(difference)),
        list(_folders(difference, everything)),
        list(_packages(difference, everything)),
        list(_paths("removed", _of(difference, PathRemoved), everything)),
        list(_paths("added", _of(difference, PathAdded), everything)),
        list(_paths("changed", _of(difference, PathChanged), everything)),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def slim_of_line(difference: Difference) -> str:
    """Whether B is made of A, in one sentence."""
    files = count_text(difference.b.files, "file")
    if difference.slim_of.holds:
        return f"B is a slim image of A: all its {files} are in A, identical."
    count = len(difference.slim_of.exceptions)
    return (
        f"B is not a slim image of A: {count:,} of its {files} {'is' if count == 1 else 'are'} not as in A."
    )


def _heading(difference: Difference) -> Iterator[str]:
    width = max(len(difference.a.reference), len(difference.b.reference))
    yield f"A  {_side(difference.a, width)}"
    yield f"B  {_side(difference.b, width)}"
    if difference.ignored:
        yield "ignored: " + ", ".join(item.value for item in difference.ignored)
    if difference.a.id == difference.b.id:
        yield "the same image"
    elif difference.same:
        yield "no difference"


def _side(side: Side, width: int) -> str:
    amount = f"{count_text(side.files, 'file')}, {size_text(side.size)}, {count_text(side.layers, 'layer')}"
    return f"{side.reference:<{width}}  {_short(side.id)}  {amount}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_ID_DIGITS]


def _of(difference: Difference, kind: type[_Item]) -> list[_Item]:
    return [event for event in difference.paths if isinstance(event, kind)]


def _cut(items: Sequence[_Item], limit: int, everything: bool) -> tuple[Sequence[_Item], int]:
    """What is shown, and how many are not; a single one is not worth a line that says so."""
    if everything or len(items) <= limit + 1:
        return items, 0
    return items[:limit], len(items) - limit


def _more(count: int, indent: str = "  ") -> Iterator[str]:
    if count:
        yield f"{indent}… and {count:,} more (use --all)"


def _config(difference: Difference, everything: bool) -> Iterator[str]:
    if not difference.config:
        return
    yield f"config: {count_text(len(difference.config), 'field')} differ{'s' * (len(difference.config) == 1)}"
    shown, more = _cut(difference.config, LIST_LIMIT, everything)
    for event in shown:
        yield f"  {_config_line(event, everything)}"
    yield from _more(more)


def _config_line(event: ConfigChanged, everything: bool) -> str:
    if event.field == "history" and not everything:
        before, after = len(event.before or ()), len(event.after or ())
        return f"history: {count_text(before, 'step')} → {count_text(after, 'step')}"
    return f"{printable(event.field)}: {_value(event.before, everything)} → {_value(event.after, everything)}"


def _value(value: Any, everything: bool) -> str:
    if value is None:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return printable(text if everything or len(text) <= _VALUE_WIDTH else text[: _VALUE_WIDTH - 1] + "…")


def _layers(difference: Difference, everything: bool) -> Iterator[str]:
    if all(event.state is LayerState.SHARED for event in difference.layers):
        return
    counts = [
        f"{sum(event.state is state for event in difference.layers)} {state.value}" for state in LayerState
    ]
    yield "layers: " + ", ".join(counts)
    shown, more = _cut(difference.layers, LIST_LIMIT, everything)
    for event in shown:
        side = "B" if event.state is LayerState.ADDED else "A"
        yield f"  {event.state.value:<8} {side}{event.index}  {event.diff_id}"
    yield from _more(more)


def _totals(difference: Difference) -> Iterator[str]:
    if not difference.paths:
        return
    removed, added = _of(difference, PathRemoved), _of(difference, PathAdded)
    yield "files: " + ", ".join(
        (
            f"{len(removed):,} removed ({size_text(sum(event.size for event in removed))})",
            f"{len(added):,} added ({size_text(sum(event.size for event in added))})",
            f"{len(_of(difference, PathChanged)):,} changed",
            f"size {change_text(difference.a.size, difference.b.size)}",
        )
    )


def _folders(difference: Difference, everything: bool) -> Iterator[str]:
    if not difference.folders:
        return
    yield _amount_heading("folders")
    shown, more = _cut(difference.folders, FOLDER_LIMIT, everything)
    for item in shown:
        yield _folder_line("  ", item)
        inside, inside_more = _cut(item.inside, INNER_LIMIT, everything)
        for inner in inside:
            yield _folder_line("    ", inner)
        yield from _more(inside_more, "    ")
    yield from _more(more)


def _folder_line(indent: str, item: FolderAmount) -> str:
    return _amount_line(f"{indent}{printable(item.folder)}", item.amount)


def _packages(difference: Difference, everything: bool) -> Iterator[str]:
    if not difference.packages:
        return
    yield _amount_heading("packages")
    shown, more = _cut(difference.packages, LIST_LIMIT, everything)
    for item in shown:
        yield _amount_line(f"  {printable(package_label(item))}", item.amount)
    yield from _more(more)


def package_label(item: PackageAmount) -> str:
    """A package by name, version and ecosystem."""
    if item.package == UNOWNED:
        return "(no package)"
    return f"{item.package} {item.version} ({item.ecosystem})"


def _amount_heading(title: str) -> str:
    return f"{title + ':':<46} {'files':^17} {'size':^21}".rstrip()


def _amount_line(label: str, amount: Amount) -> str:
    files = f"{amount.files_before:>7,} → {amount.files_after:<7,}"
    size = f"{size_text(amount.size_before):>9} → {size_text(amount.size_after):<9}"
    return f"{label:<46} {files} {size} {_signed(amount.size_after - amount.size_before):>9}"


def _signed(size: int) -> str:
    if size == 0:
        return "±0 B"
    return ("+" if size > 0 else "−") + size_text(abs(size))


def _paths(title: str, events: Sequence[PathEvent], everything: bool) -> Iterator[str]:
    """Paths with their sizes, the largest first; changed ones with what changed."""
    if not events:
        return
    yield f"{title}:"
    shown, more = _cut(sorted(events, key=lambda event: (-_size(event), event.path)), LIST_LIMIT, everything)
    for event in shown:
        yield f"  {size_text(_size(event)):>8}  {printable(event.path)}"
        if isinstance(event, PathChanged):
            for change in event.changes:
                before, after = printable(change.before) or "(none)", printable(change.after) or "(none)"
                yield f"            {change.aspect.value}: {before} → {after}"
    yield from _more(more)


def _size(event: PathEvent) -> int:
    return max(event.size_before, event.size_after) if isinstance(event, PathChanged) else event.size
