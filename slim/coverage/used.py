"""Which files of the image the runs used."""

from __future__ import annotations

import re

from probes.watch.trace import Trace, Use
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree

_CACHED = re.compile(r"(?P<folder>.*)/__pycache__/(?P<module>[^/.]+)\.[\w-]+(\.opt-\w+)?\.pyc")
"""Where Python keeps what it compiled a source to: PEP 3147, PEP 488."""


def used_files(trace: Trace, tree: Tree) -> frozenset[ImagePath]:
    """Files that were opened or started, symlinks resolved, under all names of their hard links; and the
    Python sources of which the compiled code was."""
    found: set[ImagePath] = set()
    asked = {
        one.path for one in trace.accesses if one.use in (Use.OPEN, Use.EXEC) and not one.error
    }  # each path once: a trace names it under every probe
    for raw in asked:
        cached = _CACHED.fullmatch(raw)
        names = (raw, f"{cached['folder']}/{cached['module']}.py") if cached else (raw,)
        for one in names:
            reached = tree.resolve(one)
            if reached.outcome is not Outcome.FOUND:
                continue
            entry = tree[reached.path]
            if entry.kind is Kind.FILE:
                found.update(tree.hard_links(reached.path) if entry.hard_link else (reached.path,))
    return frozenset(found)
