"""Python's byte code, which it makes do without where the source is there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from slim.oci.path import ImagePath, name, parent, printable

_CACHE = "__pycache__"
"""Where Python keeps it: PEP 3147."""


def is_byte_code(path: ImagePath) -> bool:
    """Whether it is a file of byte code, or the folder of such."""
    return path.endswith(".pyc") or name(path) == _CACHE


def purpose_of_byte_code(path: ImagePath, kept: AbstractSet[ImagePath]) -> str:
    """Python asks for the byte code of every module that it imports, and makes do with the source. A module
    that only the slim image's run imported is asked for in vain, and nothing else comes of it."""
    folder = parent(path)
    if name(path) == _CACHE:
        return f"byte code of what is in {printable(folder)}" if folder in kept else ""
    if not path.endswith(".pyc"):
        return ""
    stem = name(path).removesuffix(".pyc")
    source = f"{folder}/{stem}.py"
    if name(folder) == _CACHE:
        source = f"{parent(folder).rstrip('/')}/{stem.partition('.')[0]}.py"
    return f"byte code, and its source {printable(source)} is kept" if ImagePath(source) in kept else ""
