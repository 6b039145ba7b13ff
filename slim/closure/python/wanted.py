"""Modules that are asked for by name from outside: a profile's `modules`."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.profile.glob import DottedGlob
from slim.closure.python.path import ImportPath
from slim.oci.path import ImagePath


def wanted_files(pattern: str, path: ImportPath) -> Iterator[ImagePath]:
    """The files of the modules that `pattern` names, with the packages around them, each once, sorted.
    `*` stands for any part of one component, `**` for any number of components."""
    glob = DottedGlob(pattern)
    found: set[str] = set()
    todo: list[tuple[str, tuple[ImagePath, ...], tuple[str, ...]]] = []
    if glob.is_literal:
        hit = path.find(glob.literal)
        if hit.depth == glob.literal.count(".") + 1:
            found.update(hit.files)
    else:
        hit = path.find(glob.literal)
        if not glob.literal:
            todo = [("", path.roots, ())]
        elif hit.depth == glob.literal.count(".") + 1:
            todo = [(glob.literal, hit.folders, hit.files)]
        deepest = pattern.count(".") + 1 if "**" not in pattern else 1 << 10
        while todo:
            above, folders, files = todo.pop()
            for name, module in path.modules(folders):
                dotted = f"{above}.{name}".lstrip(".")
                if glob.match(dotted):
                    found.update((*files, *module.files))
                if module.folders and dotted.count(".") + 1 < deepest:
                    todo.append((dotted, module.folders, (*files, *module.files)))
    yield from sorted(ImagePath(raw) for raw in found)
