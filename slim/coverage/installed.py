"""An application that was installed as a package of its language: `pip install .`, `npm install -g tool`."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator

from probes.watch.trace import Trace, Use
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, join, parent
from slim.oci.tree import Outcome, Tree
from slim.plan import Plan

_ORIGIN = "/direct_url.json"
"""Where a distribution was installed from, if not from an index: PEP 610."""
_RECORD_BYTES = 1 << 24
_ORIGIN_BYTES = 1 << 16
_NPM = re.compile(r"(?P<package>.*/node_modules/(@[^/]+/)?[^/]+)/.*")


def project_files(tree: Tree, plan: Plan) -> Iterator[ImagePath]:
    """Kept files of distributions that were installed from a folder of sources, scripts included."""
    for path in plan.kept:
        if path.endswith(f".dist-info{_ORIGIN}") and _is_from_folder(tree.read(path, _ORIGIN_BYTES)):
            yield from _recorded(parent(path), tree, plan)


def started_package(tree: Tree, plan: Plan, trace: Trace) -> Iterator[ImagePath]:
    """Kept files of the package of whose programs one was the container's first process."""
    first = {one.path for one in trace.accesses if one.use is Use.EXEC and not one.error and one.process == 1}
    first |= {
        one.path for one in trace.accesses if one.use is Use.OPEN and one.process == 1 and "/bin/" in one.path
    }
    for raw in sorted(first):
        found = tree.resolve(raw)
        if found.outcome is not Outcome.FOUND:
            continue
        npm = _NPM.fullmatch(found.path)
        if npm:
            folder = ImagePath(npm["package"])
            inside = len(folder)
            yield from (
                p for p in tree.under(folder) if p in plan.kept and "/node_modules/" not in p[inside:]
            )
            return
        for record in (p for p in plan.kept if p.endswith(".dist-info/RECORD")):
            if found.path.rpartition("/")[2].encode() in tree.read(record, _RECORD_BYTES):
                files = tuple(_recorded(parent(record), tree, plan))
                if found.path in files:
                    yield from files
                    return


def _is_from_folder(raw: bytes) -> bool:
    try:
        origin = json.loads(raw)
    except ValueError:
        return False
    return isinstance(origin, dict) and "dir_info" in origin


def _recorded(metadata: ImagePath, tree: Tree, plan: Plan) -> Iterator[ImagePath]:
    """What a RECORD lists and the plan keeps: the binary distribution format of PyPA."""
    record = join(metadata, "RECORD")
    entry = tree.get(record)
    if entry is None or entry.kind is not Kind.FILE:
        return
    lines = tree.read(record, _RECORD_BYTES).decode("utf-8", "surrogateescape").splitlines()
    for row in csv.reader(line for line in lines if "\0" not in line):
        if row and row[0]:
            path = join(ImagePath("/"), row[0]) if row[0].startswith("/") else join(parent(metadata), row[0])
            if path in plan.kept and not path.startswith(metadata + "/"):
                yield path
