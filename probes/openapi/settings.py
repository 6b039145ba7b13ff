"""What is asked of the OpenAPI documents, as values."""

from __future__ import annotations

from dataclasses import dataclass

SAFE_METHODS = ("POST", "GET", "HEAD", "OPTIONS")
"""Called unless told otherwise: what an application creates in a container of its own harms nobody."""
DESTRUCTIVE_METHODS = ("PUT", "PATCH", "DELETE")
"""Called on request only: they take away what other probes may rely upon."""


@dataclass(frozen=True)
class Bounds:
    """How much one document may cost; times in seconds, sizes in bytes."""

    operations: int = 500
    document_bytes: int = 10 << 20
    """Of each document, those that it refers to included."""
    documents: int = 100
    """How many others a document may refer to."""
    nodes: int = 2_000_000
    """Values in a document once YAML's aliases are written out."""
    body_bytes: int = 1 << 20
    """Of one generated request."""
    generation_seconds: float = 10.0
    """For one operation."""
    generation_total_seconds: float = 120.0
    call_seconds: float = 600.0
    """For all calls of one document; what is left then is not called."""
    memory_bytes: int = 2 << 30
    """Address space of the process that generates."""


BOUNDS = Bounds()


@dataclass(frozen=True)
class OpenApi:
    """Which documents are called, and how."""

    documents: tuple[str, ...]
    """Paths on the running container (beginning with `/`), files of this machine, or URLs."""
    examples: int = 1
    """Requests for one operation, at the most."""
    destructive: bool = False
    """Whether PUT, PATCH and DELETE are sent too."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request; they win over generated ones."""
    bounds: Bounds = BOUNDS

    @property
    def methods(self) -> tuple[str, ...]:
        return SAFE_METHODS + (DESTRUCTIVE_METHODS if self.destructive else ())
