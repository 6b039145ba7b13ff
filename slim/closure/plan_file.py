"""A plan as JSON: what `slim plan` writes and `slim build` reads.

Version 1: an object with `version`, `image`, `kept` (path → list of reasons), `dropped` (path →
sentence), `on_purpose` (of the dropped, what --exclude or a profile took out), `unresolved`, `warnings`.
Bytes of a path that are not UTF-8 stand as lone surrogates, escaped as \\udcXX, as Python's json writes
and reads them (PEP 383).
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from slim.errors import UsageError
from slim.oci.path import ImagePath
from slim.plan import Gap, Plan, Reason, Unresolved

VERSION = 1


def plan_text(plan: Plan) -> str:
    """The plan as JSON text, ASCII only; the same plan gives the same text."""
    document = {
        "version": VERSION,
        "image": plan.image,
        "warnings": list(plan.warnings),
        "unresolved": [
            {
                "rule": item.rule,
                "source": item.source,
                "wanted": item.wanted,
                "detail": item.detail,
                "gap": item.gap.value,
            }
            for item in plan.unresolved
        ],
        "kept": {path: [_reason(reason) for reason in reasons] for path, reasons in plan.kept.items()},
        "dropped": dict(plan.dropped),
        "on_purpose": sorted(plan.on_purpose),
    }
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _reason(reason: Reason) -> dict[str, str]:
    fields = {"rule": reason.rule, "detail": reason.detail}
    return fields if reason.source is None else fields | {"source": reason.source}


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
    on_purpose: tuple[str, ...] = ()


def read_plan(text: str, origin: str) -> Plan:
    """The plan in `text`; `origin` is the file's name, for errors.

    Raises UsageError where it is no JSON, of another version, or not what version 1 says.
    """
    remedy = "make it again with slim plan"
    try:
        raw: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{origin} is not a plan", cause=str(error), remedy=remedy) from error
    version = raw.get("version") if isinstance(raw, dict) else None
    if version != VERSION:
        cause = f"its version is {version!r}, and this slim reads version {VERSION}"
        raise UsageError(f"{origin} is not a plan that can be read", cause=cause, remedy=remedy)
    try:
        document = msgspec.convert(raw, _Document)
    except msgspec.ValidationError as error:
        raise UsageError(f"the plan {origin} is wrong", cause=str(error), remedy=remedy) from error
    return Plan(
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
    )


def _read_reason(reason: _Reason) -> Reason:
    return Reason(reason.rule, reason.detail, None if reason.source is None else ImagePath(reason.source))
