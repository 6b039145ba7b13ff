"""The module that a Python program ends for: it listed its folder and looked for nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.plan import Plan

_NAMED = re.compile(r"\bNo module named '([\w.]+)'")
"""What ModuleNotFoundError says: importlib._bootstrap of CPython."""
_SUFFIXES = r"(\.py|/__init__\.py|\.(cpython-|abi)[^/]*\.so|\.so)"


def module_lost(log: Sequence[str], tree: Tree, plan: Plan) -> ImagePath | None:
    """The file of the fat image's `tree` that `plan` dropped and that the last line of `log` asks for, in a
    folder that may be on sys.path, which a package is not; the first of several, None where there is none."""
    last = next((line for line in reversed(log) if line.strip()), "")
    found = _NAMED.search(last)
    if found is None:
        return None
    module = found[1].replace(".", "/")
    wanted = re.compile(rf"(?P<folder>/|/.*/){re.escape(module)}{_SUFFIXES}", re.DOTALL)
    for path in plan.dropped:
        match = wanted.fullmatch(path)
        if match and f"{match['folder']}__init__.py" not in tree:
            return path
    return None
