"""What the application says that it answers: routes in its code, operations of its OpenAPI documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probes.exercise.generate import Operation
from probes.openapi.paths import called
from slim.coverage.lives import Request
from slim.coverage.model import Counted, UnreachedRoute
from slim.coverage.routes import declared_routes, unreached
from slim.oci.path import ImagePath
from slim.oci.tree import Tree


@dataclass(frozen=True)
class Declared:
    """What is declared, and what of it no request reached."""

    routes: Counted
    unreached_routes: tuple[UnreachedRoute, ...]
    operations: Counted
    unreached_operations: tuple[str, ...]
    """Their names, sorted."""


def declared_of(
    tree: Tree,
    files: Iterable[ImagePath],
    operations: tuple[Operation, ...],
    requests: tuple[Request, ...],
) -> Declared:
    """What the application's `files` and its documents declare, and what none of `requests` reached.

    Routes are looked for only where there were requests: a worker may share its code with a server.
    """
    sent = tuple(pair for one in requests for pair in one.reached)
    routes = declared_routes(tree, files) if requests else ()
    unasked = tuple(UnreachedRoute(one.name, one.file, one.line) for one in unreached(routes, sent))
    known = called(operations, sent)
    missed = sorted(one.name for one in known.declared if one not in known.called)
    return Declared(
        routes=Counted(len(routes), len(routes) - len(unasked)),
        unreached_routes=unasked,
        operations=Counted(len(known.declared), len(known.declared) - len(missed)),
        unreached_operations=tuple(missed),
    )
