"""A plan as JSON: what `slim plan` and `slim run` write, and what explanations are made from.

Version 2, an object with a path, a folder or a package in each line: `version`, `image`, `options` (words of
a command line), `warnings`, `unresolved`, `kept` (path → list of reasons), `dropped` (path → sentence),
`on_purpose` (of the dropped, what --exclude or a profile took out), and the image's listing: `packages` and
`folders`, see `plan_listing`. Bytes of a path that are not UTF-8 stand as lone surrogates, escaped as
\\udcXX, as Python's json writes and reads them (PEP 383). Version 1 had neither the options nor the
listing; it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import msgspec

from slim.closure.plan_listing import Folders, Packages, listing_lines, read_listing
from slim.errors import SlimError, UsageError
from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.plan import Gap, Plan, Reason, Unresolved

VERSION = 2
REMEDY = "make it again with slim run or slim plan"


@dataclass(frozen=True)
class SavedPlan:
    """A plan with the listing of its image."""

    plan: Plan
    tree: Tree
    """Kinds, sizes, link targets and hard links; no contents, and neither owners nor times."""


def plan_text(plan: Plan, tree: Tree) -> str:
    """The plan of `tree` as JSON text, ASCII only; the same plan gives the same text."""
    return "{\n" + ",\n".join(_members(plan, tree)) + "\n}\n"


def _members(plan: Plan, tree: Tree) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=True).encode
    yield f'"version": {VERSION}'
    yield f'"image": {quoted(plan.image)}'
    yield f'"options": {encode(plan.options)}'
    yield f'"warnings": {encode(plan.warnings)}'
    yield _lines("unresolved", "[]", (encode(_unresolved(item)) for item in plan.unresolved))
    kept = (f"{quoted(path)}: [{', '.join(map(_reason, reasons))}]" for path, reasons in plan.kept.items())
    yield _lines("kept", "{}", kept)
    yield _lines("dropped", "{}", (f"{quoted(path)}: {quoted(why)}" for path, why in plan.dropped.items()))
    yield _lines("on_purpose", "[]", map(quoted, sorted(plan.on_purpose)))
    yield from listing_lines(tree, plan.owners)


def _lines(name: str, brackets: str, lines: Iterator[str]) -> str:
    """A member of which each item has a line."""
    return f'"{name}": {brackets[0]}\n ' + ",\n ".join(lines) + f"\n{brackets[1]}"


def _unresolved(item: Unresolved) -> dict[str, str]:
    return {
        "rule": item.rule,
        "source": item.source,
        "wanted": item.wanted,
        "detail": item.detail,
        "gap": item.gap.value,
    }


def _reason(reason: Reason) -> str:
    source = "" if reason.source is None else f', "source": {quoted(reason.source)}'
    return f'{{"rule": {quoted(reason.rule)}, "detail": {quoted(reason.detail)}{source}}}'


class _Reason(msgspec.Struct, forbid_unknown_fields=True):
    rule: str
    detail: str
    source: str | None = None


class _Unresolved(msgspec.Struct, forbid_unknown_fields=True):
    rule: str
    source: str
    wanted: str
    detail: str
    gap: Gap = Gap.ABSENT


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    image: str
    warnings: tuple[str, ...]
    unresolved: tuple[_Unresolved, ...]
    kept: dict[str, tuple[_Reason, ...]]
    dropped: dict[str, str]
    on_purpose: tuple[str, ...]
    options: tuple[str, ...]
    packages: Packages
    folders: Folders


def read_plan(text: str, origin: str) -> SavedPlan:
    """The plan in `text`, with its image's listing; `origin` is the file's name, for errors.

    Raises UsageError where it is no JSON, of another version, or not what version 2 says.
    """
    try:
        raw: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{origin} is not a plan", cause=str(error), remedy=REMEDY) from error
    version = raw.get("version") if isinstance(raw, dict) else None
    if version != VERSION:
        older = ": an older slim wrote it" if version == 1 else ""
        cause = f"its version is {version!r}{older}, and this slim reads version {VERSION}"
        raise UsageError(f"{origin} is not a plan that can be read", cause=cause, remedy=REMEDY)
    try:
        document = msgspec.convert(raw, _Document)
        return _saved(document)
    except (msgspec.ValidationError, ValueError, SlimError) as error:
        raise UsageError(f"the plan {origin} is wrong", cause=str(error), remedy=REMEDY) from error


def _saved(document: _Document) -> SavedPlan:
    tree, owners = read_listing(document.packages, document.folders)
    plan = Plan(
        image=document.image,
        kept={
            ImagePath(path): tuple(_read_reason(reason) for reason in reasons)
            for path, reasons in sorted(document.kept.items())
        },
        dropped={ImagePath(path): why for path, why in sorted(document.dropped.items())},
        unresolved=tuple(
            Unresolved(item.rule, ImagePath(item.source), item.wanted, item.detail, item.gap)
            for item in document.unresolved
        ),
        warnings=document.warnings,
        on_purpose=frozenset(ImagePath(path) for path in document.on_purpose),
        owners=owners,
        options=document.options,
    )
    decided = plan.kept.keys() | plan.dropped.keys()
    for path in tree:
        if path not in decided:
            raise ValueError(f"nothing is decided about {path}")
    for path in plan.kept:
        if path not in tree:
            raise ValueError(f"{path} is kept and not listed")
    return SavedPlan(plan, tree)


def _read_reason(reason: _Reason) -> Reason:
    return Reason(reason.rule, reason.detail, None if reason.source is None else ImagePath(reason.source))
