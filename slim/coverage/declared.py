"""What the application says that it answers: routes in its code, operations of its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.generate import Operation
from probes.openapi.paths import called
from slim.coverage.lives import Request


@dataclass(frozen=True)
class Declared:
    """What is declared, and what of it no request reached."""

    routes: int = 0
    unreached_routes: tuple[str, ...] = ()
    """`GET /cart/<id>`-like, sorted."""
    operations: int = 0
    unreached_operations: tuple[str, ...] = ()


def declared_of(operations: tuple[Operation, ...], requests: tuple[Request, ...]) -> Declared:
    """What `operations` declare, and which of them none of `requests` called."""
    known = called(operations, ((one.method, one.target) for one in requests))
    missed = [one.name for one in known.declared if one not in known.called]
    return Declared(operations=len(known.declared), unreached_operations=tuple(sorted(missed)))
