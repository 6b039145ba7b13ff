"""A difference of two images for machines: what `slim diff --json` prints.

Version 1. The JSON Schema in schemas/diff.schema.json is made from these types by
`python -m slim.report.schemas`; a test keeps both equal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import msgspec

from slim.diff import (
    Difference,
    Ignore,
    LayerEvent,
    PackageAmount,
    PathAdded,
    PathChanged,
    PathRemoved,
    Side,
)
from slim.oci.amounts import FolderAmount
from slim.oci.compare_config import ConfigChanged
from slim.oci.path import ImagePath
from slim.report.write import json_text

VERSION = 1


@dataclass(frozen=True)
class Totals:
    """How many paths differ, and the bytes that went and came."""

    removed: int
    removed_size: int
    added: int
    added_size: int
    changed: int


@dataclass(frozen=True)
class SlimOfReport:
    """Whether every path of the second image is in the first, identical."""

    holds: bool
    exceptions: tuple[ImagePath, ...]
    """Paths that were added or changed; the lists have the details."""


@dataclass(frozen=True)
class DiffReport:
    """All that differs between two images."""

    version: int
    same: bool
    a: Side
    b: Side
    ignored: tuple[Ignore, ...]
    totals: Totals
    slim_of: SlimOfReport
    config: tuple[ConfigChanged, ...]
    layers: tuple[LayerEvent, ...]
    removed: tuple[PathRemoved, ...]
    added: tuple[PathAdded, ...]
    changed: tuple[PathChanged, ...]
    folders: tuple[FolderAmount, ...]
    packages: tuple[PackageAmount, ...]


def diff_report(difference: Difference) -> DiffReport:
    """The events sorted into lists, each by path."""
    removed = tuple(event for event in difference.paths if isinstance(event, PathRemoved))
    added = tuple(event for event in difference.paths if isinstance(event, PathAdded))
    changed = tuple(event for event in difference.paths if isinstance(event, PathChanged))
    return DiffReport(
        version=VERSION,
        same=difference.same,
        a=difference.a,
        b=difference.b,
        ignored=difference.ignored,
        totals=Totals(
            removed=len(removed),
            removed_size=sum(event.size for event in removed),
            added=len(added),
            added_size=sum(event.size for event in added),
            changed=len(changed),
        ),
        slim_of=SlimOfReport(
            difference.slim_of.holds, tuple(event.path for event in difference.slim_of.exceptions)
        ),
        config=difference.config,
        layers=difference.layers,
        removed=removed,
        added=added,
        changed=changed,
        folders=difference.folders,
        packages=difference.packages,
    )


def diff_json(difference: Difference) -> str:
    r"""The report as JSON text. Bytes of names that are not UTF-8 appear as `\udcXX` escapes."""
    return json_text(diff_report(difference))


def schema_text() -> str:
    """The JSON Schema of version 1."""
    return json.dumps(msgspec.json.schema(DiffReport), indent=1, sort_keys=True) + "\n"
