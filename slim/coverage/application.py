"""The application by what its files are: code, programs, pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from probes.watch.trace import Trace
from slim.closure.application.marked import Marked, marked
from slim.closure.application.placed import is_of_language
from slim.closure.native.elf import MAGIC
from slim.coverage.installed import project_files, started_package
from slim.coverage.kinds import (
    MODULES,
    TYPESCRIPT,
    FileKind,
    is_for_browsers,
    is_startable,
    kind_of,
    needs_head,
)
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.plan import Plan

_HEAD_BYTES = 256
"""As the kernel reads them: BINPRM_BUF_SIZE."""
_VENDORED = re.compile(r".*/(vendor|bower_components)/.*|.*/(gems|bundler/gems)/[^/]+-\d[^/]*/.*")
"""Packages of PHP and Ruby that lie in the application's folder, or wherever gems are installed."""


@dataclass(frozen=True)
class Application:
    """What the probes should reach."""

    modules: frozenset[ImagePath]
    """Files of code, archives and shell scripts among them."""
    startable: frozenset[ImagePath]
    """Programs and scripts that may be started."""
    pages: frozenset[ImagePath]
    files: tuple[ImagePath, ...]
    """All of it, sorted."""
    packages: frozenset[ImagePath]
    """Kept files of code of installed packages."""
    opaque: str
    """Why opened files tell nothing about what ran; empty where they do."""


def application_of(tree: Tree, plan: Plan, trace: Trace, used: frozenset[ImagePath]) -> Application:
    """The application that `plan` keeps."""
    mark = marked(plan)
    own = [path for path in mark.own if not is_package_code(path)]
    native = mark.program is not None and _head(tree, mark.program).startswith(MAGIC)
    packaged = () if native else mark.packaged
    sorted_out = _sort_out((*own, *packaged, *project_files(tree, plan)), tree, used)
    if not sorted_out.code and not native and not sorted_out.programs:
        sorted_out = _sort_out((*own, *started_package(tree, plan, trace)), tree, used)
    pages = sorted_out.pages | {
        p for p in mark.packaged if native and kind_of(p, tree[p], b"") is FileKind.PAGE
    }
    if sorted_out.code - sorted_out.shell - sorted_out.archives:
        pages = {path for path in pages if not is_for_browsers(path)}
    return Application(
        modules=frozenset(sorted_out.code),
        startable=frozenset(sorted_out.startable),
        pages=frozenset(pages),
        files=tuple(sorted({*own, *mark.packaged, *sorted_out.code})),
        packages=frozenset(
            path
            for path in plan.kept
            if path.endswith(MODULES) and path not in sorted_out.code and _is_package_module(path, tree)
        ),
        opaque=_why_opaque(sorted_out, mark, tree, used, native=native),
    )


def is_package_code(path: ImagePath) -> bool:
    """Whether `path` lies among packages of a language."""
    return is_of_language(path) or _VENDORED.fullmatch(path) is not None


def _is_package_module(path: ImagePath, tree: Tree) -> bool:
    if "/__pycache__/" in path or not is_package_code(path):
        return False
    entry = tree[path]
    return entry.kind is Kind.FILE and entry.size > 0


@dataclass
class _Sorted:
    code: set[ImagePath]
    shell: set[ImagePath]
    archives: set[ImagePath]
    programs: set[ImagePath]
    pages: set[ImagePath]
    startable: set[ImagePath]


def _sort_out(paths: Iterable[ImagePath], tree: Tree, used: frozenset[ImagePath]) -> _Sorted:
    found = _Sorted(set(), set(), set(), set(), set(), set())
    of_kind = {
        FileKind.SHELL: found.shell,
        FileKind.ARCHIVE: found.archives,
        FileKind.PROGRAM: found.programs,
        FileKind.PAGE: found.pages,
    }
    for path in paths:
        entry = tree[path]
        if entry.kind is not Kind.FILE:
            continue
        head = _head(tree, path) if needs_head(path, entry) else b""
        kind = kind_of(path, entry, head)
        if kind in of_kind:
            of_kind[kind].add(path)
        if kind in (FileKind.MODULE, FileKind.SHELL, FileKind.ARCHIVE) and not _has_source(path, tree):
            found.code.add(path)
        if kind is not FileKind.OTHER and is_startable(path, entry, head):
            found.startable.add(path)
    if not any(path.endswith(TYPESCRIPT) for path in used):
        found.code = {path for path in found.code if not path.endswith(TYPESCRIPT)}
    return found


def _has_source(path: ImagePath, tree: Tree) -> bool:
    """Whether a compiled file of Python lies beside its source, which is what counts."""
    return path.endswith(".pyc") and path[:-1] in tree


def _why_opaque(found: _Sorted, mark: Marked, tree: Tree, used: frozenset[ImagePath], *, native: bool) -> str:
    files = found.code - found.shell - found.archives
    started = found.programs & used
    code_bytes = sum(tree[path].size for path in found.code)
    if native and not files:
        return f"{mark.program} is a native program"
    if started and (not files or sum(tree[path].size for path in started) > code_bytes):
        return f"{max(started, key=lambda path: (tree[path].size, path))} is a native program"
    if found.archives and not files:
        return "all its code is in archives"
    if not found.code:
        return "no file of code is known to be the application's (with --keep traced none is)"
    return "all its code is one file" if len(found.code) == 1 else ""


def _head(tree: Tree, path: ImagePath) -> bytes:
    entry = tree.get(path)
    return tree.read(path, _HEAD_BYTES) if entry is not None and entry.kind is Kind.FILE else b""
