"""An image, read."""

from __future__ import annotations

from dataclasses import dataclass

from slim.oci.config import ImageConfig
from slim.oci.tree import Tree


@dataclass(frozen=True)
class Image:
    """An image of an engine: its configuration and its file system."""

    reference: str
    """What the user called it."""
    id: str
    """`sha256:` and the digest of its configuration."""
    tags: tuple[str, ...]
    size: int
    """Bytes, as the engine counts them."""
    config: ImageConfig
    tree: Tree
    read_from: str
    """`layer folders` or `save stream`."""
    note: str = ""
    """Why the faster way was not taken, where it seemed open; for people."""
