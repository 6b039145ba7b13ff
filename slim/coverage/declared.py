"""What the application says that it answers: routes in its code, operations of its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Declared:
    """What is declared, and what of it no request reached."""

    routes: int = 0
    unreached_routes: tuple[str, ...] = ()
    """`GET /cart/<id>`-like, sorted."""
    operations: int = 0
    unreached_operations: tuple[str, ...] = ()


NOTHING_DECLARED = Declared()
