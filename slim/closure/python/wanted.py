"""Modules that are asked for by name from outside: a profile's `modules`."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.profile.glob import DottedGlob
from slim.closure.python.modules import find_module, sites
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name

_SOURCES = (".py", ".so")


def module_files(pattern: str, context: Context) -> Iterator[ImagePath]:
    """The files of the modules that `pattern` names, with the packages around them, in every
    standard library and site of the image; each once, sorted. `*` stands for any part of one
    component, `**` for any number of components."""
    glob = DottedGlob(pattern)
    found: set[ImagePath] = set()
    for folder in _search_path(context):
        found.update(_in_folder(glob, folder, context))
    yield from sorted(found)


def _search_path(context: Context) -> Iterator[ImagePath]:
    for runtime in context.owners.runtimes:
        if runtime.language == "python":
            yield runtime.home
            yield ImagePath(f"{runtime.home}/lib-dynload")
    yield from sites(context.tree, (package.folder for package in context.owners.distributions))


def _in_folder(glob: DottedGlob, folder: ImagePath, context: Context) -> Iterator[ImagePath]:
    tree = context.tree
    around = []
    start = folder
    if glob.literal:
        module = find_module(folder, glob.literal, tree)
        if module is None or module.name != glob.literal:
            return
        parts = glob.literal.split(".")
        for count in range(1, len(parts) + 1):
            step = find_module(folder, ".".join(parts[:count]), tree)
            if step is not None and step.file != step.package:
                around.append(step.file)
        if glob.is_literal:
            yield from around
            return
        if module.package is None:
            return
        start = module.package
    for path in tree.under(start):
        if path.endswith(_SOURCES) and tree[path].kind is Kind.FILE and glob.match(_dotted(path, folder)):
            yield path
            yield from around


def _dotted(path: ImagePath, folder: ImagePath) -> str:
    stem = name(path).partition(".")[0]
    above = path[len(folder) + 1 : -len(name(path))].rstrip("/").replace("/", ".")
    return above if stem == "__init__" else f"{above}.{stem}".lstrip(".")
