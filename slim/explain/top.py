"""What makes the slim image as big as it is: by reason, package and folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from slim.closure.observed import LOOKED_UP
from slim.explain.chances import chances
from slim.explain.saved import OBSERVED, Saved
from slim.explain.top_model import Share, Top
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, parent

LOOKED_AT = "observed, only looked up"
SPLIT = 0.1
"""A folder with more than this share of the image is told by those in it, while they hold most of it."""


def top(saved: Saved) -> Top:
    """The account of one plan."""
    plan = saved.plan
    return Top(
        kept=len(plan.kept),
        size=sum(saved.sizes[path] for path in plan.kept),
        dropped=len(plan.dropped),
        dropped_size=sum(saved.sizes[path] for path in plan.dropped),
        rules=_shares(_contents(plan.kept, saved), (), lambda path: _rule(path, saved), saved),
        packages=_shares(
            _contents(plan.kept, saved),
            _contents(plan.dropped, saved),
            lambda path: str(plan.owners.get(path, "")),
            saved,
        ),
        folders=_folders(saved),
        chances=chances(saved),
    )


def _contents(paths: Iterable[ImagePath], saved: Saved) -> tuple[ImagePath, ...]:
    return tuple(path for path in paths if saved.tree[path].kind is not Kind.DIRECTORY)


def _rule(path: ImagePath, saved: Saved) -> str:
    reasons = saved.plan.kept[path]
    seen = [reason.detail for reason in reasons if reason.rule == OBSERVED]
    if not seen:
        return reasons[0].rule
    return LOOKED_AT if all(detail.endswith(LOOKED_UP) for detail in seen) else OBSERVED


def _shares(
    kept: tuple[ImagePath, ...],
    dropped: tuple[ImagePath, ...],
    named: Callable[[ImagePath], str],
    saved: Saved,
) -> tuple[Share, ...]:
    """`kept` and `dropped` summed by what `named` calls them; names of which nothing is kept left out."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for path in kept:
        count = counts[named(path)]
        count[0] += 1
        count[1] += saved.sizes[path]
    for path in dropped:
        name = named(path)
        if name in counts:
            counts[name][2] += saved.sizes[path]
    shares = (Share(name, *count) for name, count in counts.items())
    return tuple(sorted(shares, key=lambda one: (-one.size, -one.paths, one.name)))


def _folders(saved: Saved) -> tuple[Share, ...]:
    sizes: dict[ImagePath, int] = defaultdict(int)
    children: dict[ImagePath, set[ImagePath]] = defaultdict(set)
    contents = _contents(saved.plan.kept, saved)
    for path in contents:
        for folder in ancestors(path):
            sizes[folder] += saved.sizes[path]
            if folder != ROOT:
                children[parent(folder)].add(folder)
    split = _split(sizes, children)

    def named(path: ImagePath) -> str:
        above = ROOT
        for folder in reversed(tuple(ancestors(path))):
            above = folder
            if folder not in split:
                return folder
        return f"{above.rstrip('/')}/*"

    return _shares(contents, _contents(saved.plan.dropped, saved), named, saved)


def _split(sizes: dict[ImagePath, int], children: dict[ImagePath, set[ImagePath]]) -> set[ImagePath]:
    """The folders that are told by what is in them."""
    split = {ROOT}
    todo = [ROOT]
    while todo:
        for folder in children[todo.pop()]:
            inside = sum(sizes[one] for one in children[folder])
            if sizes[folder] > SPLIT * sizes[ROOT] and 2 * inside > sizes[folder]:
                split.add(folder)
                todo.append(folder)
    return split
