"""Paths inside an image.

An `ImagePath` is absolute and normalised: no `.`, no `..`, no doubled or trailing
slash. It is a `str` in which bytes that are not UTF-8 stand as lone surrogates
(PEP 383), so every name that Linux allows survives. It is never a path of the host:
those are `pathlib.Path`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NewType

ImagePath = NewType("ImagePath", str)

ROOT = ImagePath("/")


def image_path(raw: str | bytes) -> ImagePath:
    """Normalise `raw` by its text alone; `..` above the root stays at the root.

    Right for names in archives and databases. A path that a process used must go
    through `Tree.resolve` instead, since what `..` means depends on symlinks.
    """
    text = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part and part != ".":
            parts.append(part)
    return ImagePath("/" + "/".join(parts))


def to_bytes(path: str) -> bytes:
    """The bytes that the kernel knows the name by."""
    return path.encode("utf-8", "surrogateescape")


def parent(path: ImagePath) -> ImagePath:
    """The folder that holds `path`; the root is its own parent."""
    return ImagePath(path.rpartition("/")[0] or "/")


def name(path: ImagePath) -> str:
    """The last component; empty for the root."""
    return path.rpartition("/")[2]


def join(base: ImagePath, *names: str) -> ImagePath:
    """`base` followed by `names`, normalised by text alone."""
    return image_path("/".join((base, *names)))


def ancestors(path: ImagePath) -> Iterator[ImagePath]:
    """The folders above `path`, nearest first, the root last; none for the root."""
    while path != ROOT:
        path = parent(path)
        yield path


def is_under(path: ImagePath, folder: ImagePath) -> bool:
    """Whether `path` is `folder` or inside it."""
    return path == folder or folder == ROOT or path.startswith(folder + "/")


def printable(path: str) -> str:
    r"""`path` for people: bytes that are not UTF-8 and control characters as `\xNN`."""
    if path.isprintable():
        return path
    return "".join(
        f"\\x{ord(c) - 0xDC00:02x}"
        if "\udc80" <= c <= "\udcff"
        else c
        if c.isprintable()
        else c.encode("unicode_escape").decode()
        for c in path
    )
