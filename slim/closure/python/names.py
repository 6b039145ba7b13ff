"""From a name, or part of one, to the modules that it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.python.path import NOTHING, Found, ImportPath
from slim.closure.python.written import HOLE, OWN_PACKAGE
from slim.oci.path import ImagePath, parent

_TESTS = frozenset({"tests", "test", "conftest", "idle_test"})


@dataclass(frozen=True)
class Place:
    """Where a source stands: what relative names start from."""

    path: ImagePath
    first: tuple[ImagePath, ...]
    """Folders that come before the import path for it."""

    def package(self, level: int) -> ImagePath:
        """The folder of its package, `level` - 1 packages up."""
        folder = parent(self.path)
        for _ in range(level - 1):
            folder = parent(folder)
        return folder


def relative(place: Place, level: int, module: str, path: ImportPath) -> Found:
    """`from ..module import`, with two dots as `level`."""
    folder = place.package(level)
    if not module:
        files = path.package_file(folder)
        return Found(1, files, (folder,), files)
    found = path.inside((folder,), module.split("."))
    return found if found.depth == module.count(".") + 1 else NOTHING


def everything(folders: tuple[ImagePath, ...], path: ImportPath) -> Iterator[str]:
    """The files of all modules of a package, however deep, but for its tests."""
    todo = [folders]
    seen: set[ImagePath] = set()
    while todo:
        here = tuple(folder for folder in todo.pop() if folder not in seen)
        seen.update(here)
        for name, found in path.modules(here):
            if name not in _TESTS:
                yield from found.files
                if found.folders:
                    todo.append(found.folders)


def matching(folders: tuple[ImagePath, ...], parts: list[str], path: ImportPath) -> Iterator[str]:
    """The files of modules below `folders` whose names fit `parts`, with HOLE for anything; a HOLE at
    the end stands for all that is below."""
    level: list[tuple[tuple[ImagePath, ...], tuple[str, ...]]] = [(folders, ())]
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == HOLE and last:
            for here, files in level:
                inside = tuple(everything(here, path))
                yield from (*files, *inside) if inside else ()
            return
        expression = re.compile(".*".join(map(re.escape, part.split(HOLE))))
        deeper = []
        for here, files in level:
            for name, found in _candidates(here, part, path):
                if expression.fullmatch(name):
                    deeper.append((found.folders, (*files, *found.files)))
        level = deeper
    for _, files in level:
        yield from files


def _candidates(folders: tuple[ImagePath, ...], part: str, path: ImportPath) -> Iterator[tuple[str, Found]]:
    if HOLE in part:
        yield from path.modules(folders)
        return
    found = path.inside(folders, [part])
    if found.depth:
        yield part, found


def split_made(text: str) -> tuple[int, list[str]]:
    """How many packages up a made name starts (0: an absolute name), and its components."""
    text = text.partition(":")[0]
    level = 0
    if text.startswith(OWN_PACKAGE):
        text = text[1:]
        level = max(1, len(text) - len(text.lstrip(".")))
    elif text.startswith("."):
        level = len(text) - len(text.lstrip("."))
    parts = [part.replace(OWN_PACKAGE, HOLE) for part in text.strip(".").split(".")]
    return level, [re.sub(HOLE + "+", HOLE, part) for part in parts if part]
