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
    JAVASCRIPT,
    JAVASCRIPT_RUNTIMES,
    MODULES,
    TYPESCRIPT,
    FileKind,
    is_for_browsers,
    is_startable,
    kind_of,
    needs_head,
)
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, printable
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
    has_site: bool
    """Whether pages were put into the image beside the package that the image is for, not with it."""
    files: tuple[ImagePath, ...]
    """All of it, sorted."""
    packages: frozenset[ImagePath]
    """Kept files of code of installed packages."""
    opaque: str
    """Why opened files tell nothing about what ran; empty where they do."""


def application_of(tree: Tree, plan: Plan, trace: Trace, used: frozenset[ImagePath]) -> Application:
    """The application that `plan` keeps."""
    mark = marked(plan)
    not_run = _not_run(plan, used)
    own = [path for path in mark.own if not is_package_code(path)]
    native = mark.program is not None and _head(tree, mark.program).startswith(MAGIC)
    found = _sort_out((*own, *project_files(tree, plan)), tree, not_run)
    if not found.code - found.shell:
        if mark.packaged and not native:
            found = _sort_out((*own, *mark.packaged), tree, not_run)
        elif not mark.packaged and not found.programs and not found.shell:
            found = _sort_out((*own, *started_package(tree, plan, trace)), tree, not_run)
    if native and not found.code and not found.pages:
        found.pages = {path for path in mark.packaged if kind_of(path, tree[path], b"") is FileKind.PAGE}
    if found.code - found.shell - found.archives:
        found.pages = {path for path in found.pages if not is_for_browsers(path)}
    return Application(
        modules=frozenset(found.code),
        startable=frozenset(found.startable),
        pages=frozenset(found.pages),
        has_site=any(mark.program is None or tree[p].layer != tree[mark.program].layer for p in found.pages),
        files=tuple(sorted({*own, *mark.packaged, *found.code})),
        packages=frozenset(
            path
            for path in plan.kept
            if path.endswith(MODULES) and path not in found.code and _is_package_module(path, tree)
        ),
        opaque=_why_opaque(found, mark, tree, used, native=native),
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


def _sort_out(paths: Iterable[ImagePath], tree: Tree, not_run: tuple[str, ...]) -> _Sorted:
    found = _Sorted(set(), set(), set(), set(), set(), set())
    of_kind = {
        FileKind.SHELL: found.shell,
        FileKind.ARCHIVE: found.archives,
        FileKind.PROGRAM: found.programs,
        FileKind.PAGE: found.pages,
    }
    for path in paths:
        entry = tree[path]
        if entry.kind is not Kind.FILE or path.endswith(not_run):
            continue
        head = _head(tree, path) if needs_head(path, entry) else b""
        kind = kind_of(path, entry, head)
        if kind in of_kind:
            of_kind[kind].add(path)
        if kind in (FileKind.MODULE, FileKind.SHELL, FileKind.ARCHIVE) and not _has_source(path, tree):
            found.code.add(path)
        if kind is not FileKind.OTHER and is_startable(path, entry, head):
            found.startable.add(path)
    return found


def _not_run(plan: Plan, used: frozenset[ImagePath]) -> tuple[str, ...]:
    """Endings of files that look like code and that nothing in the image runs."""
    if not any(name(path) in JAVASCRIPT_RUNTIMES for path in plan.kept):
        return JAVASCRIPT
    return () if any(path.endswith(TYPESCRIPT) for path in used) else TYPESCRIPT


def _has_source(path: ImagePath, tree: Tree) -> bool:
    """Whether a compiled file of Python lies beside its source, which is what counts."""
    return path.endswith(".pyc") and path[:-1] in tree


def _why_opaque(found: _Sorted, mark: Marked, tree: Tree, used: frozenset[ImagePath], *, native: bool) -> str:
    files = found.code - found.shell - found.archives
    started = found.programs & used
    code_bytes = sum(tree[path].size for path in found.code)
    if native and not files:
        return f"it is a native program of the package {printable(mark.package)}"
    if started and (not files or sum(tree[path].size for path in started) > code_bytes):
        largest = max(started, key=lambda path: (tree[path].size, path))
        return f"it is one native program, {printable(largest)}"
    if found.archives and not files:
        return "all its code is in archives"
    if not found.code:
        return "no file of code is known to be the application's (with --keep traced none is)"
    return "all its code is one file" if len(found.code) == 1 else ""


def _head(tree: Tree, path: ImagePath) -> bytes:
    entry = tree.get(path)
    return tree.read(path, _HEAD_BYTES) if entry is not None and entry.kind is Kind.FILE else b""
