"""From what the runs used to what they did not exercise."""

from __future__ import annotations

from collections.abc import Iterable

from probes.exercise.generate import Operation
from probes.watch.trace import Trace
from slim.coverage.application import application_of
from slim.coverage.declared import Declared, declared_of
from slim.coverage.little import may_have_sent, shortfalls
from slim.coverage.lives import Lived, requests_of
from slim.coverage.model import Counted, Coverage, Measure, Unused
from slim.coverage.used import used_files
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Tree
from slim.plan import Plan

MAX_FILES = 100
"""Names of one folder's files that a report lists; more are counted."""


def coverage_of(
    tree: Tree, plan: Plan, trace: Trace, lives: tuple[Lived, ...], operations: tuple[Operation, ...] = ()
) -> Coverage:
    """What `lives`, of which `trace` is the merged trace, exercised of the application that `plan` keeps.
    `operations` are those that its OpenAPI documents declare.

    A file of code counts as used when it was opened: that says that it was loaded, not that all of it ran.
    Raises ImageError where a file of the image cannot be read any more.
    """
    used = used_files(trace, tree)
    application = application_of(tree, plan, trace, used)
    modules = _count(application.modules, used, tree)
    pages = _count(application.pages, used, tree)
    executables = _count(application.startable, used, tree)
    requests = requests_of(lives)
    declared = declared_of(tree, (*application.modules, *application.pages), operations, requests)
    unseen = may_have_sent(lives)
    measure, share, of_bytes = _measured(application.opaque, modules, declared, unseen=unseen)
    return Coverage(
        measure=measure,
        share=share,
        share_of_bytes=of_bytes,
        unmeasured=application.opaque if measure == "none" else "",
        modules=modules,
        pages=pages,
        executables=executables,
        packages=_count(application.packages, used, tree),
        requests=len(requests),
        paths=len({one.path for one in requests}),
        unused_modules=_unused(application.modules - used - application.startable, tree),
        unused_pages=_unused(application.pages - used, tree),
        unused_executables=_unused(application.startable - used, tree),
        routes=declared.routes,
        unreached_routes=declared.unreached_routes,
        operations=declared.operations,
        unreached_operations=declared.unreached_operations,
        unseen_requests=unseen,
        refused=sum(one.is_refused for one in requests),
        reached_little=shortfalls(lives, application, modules, pages, tree),
    )


def _measured(
    opaque: str, modules: Counted, declared: Declared, *, unseen: bool
) -> tuple[Measure, float | None, float | None]:
    """What the share is of, the share, and that of the bytes."""
    if not opaque:
        of_bytes = _rounded(modules.used_bytes, modules.total_bytes)
        return "files", _rounded(modules.used, modules.total), of_bytes
    if not unseen and declared.operations.total:
        return "operations", _rounded(declared.operations.used, declared.operations.total), None
    if not unseen and declared.routes.total:
        return "routes", _rounded(declared.routes.used, declared.routes.total), None
    return "none", None, None


def _rounded(used: int, total: int) -> float | None:
    """To four places, never up: a share of 1 is all of it."""
    return used * 10_000 // total / 10_000 if total else None


def _count(paths: frozenset[ImagePath], used: frozenset[ImagePath], tree: Tree) -> Counted:
    hit = paths & used
    return Counted(len(paths), len(hit), sum(tree[p].size for p in paths), sum(tree[p].size for p in hit))


def _unused(paths: Iterable[ImagePath], tree: Tree) -> tuple[Unused, ...]:
    """By folder, the one with the most files first."""
    folders: dict[ImagePath, list[ImagePath]] = {}
    for path in sorted(paths):
        folders.setdefault(parent(path), []).append(path)
    found = (
        Unused(
            folder,
            len(inside),
            tuple(name(path) for path in inside[:MAX_FILES]),
            sum(tree[path].size for path in inside),
        )
        for folder, inside in folders.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.count, one.folder)))
