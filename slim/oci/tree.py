"""The index of an image's flattened file system."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath

MAX_LINKS = 40
"""Symlinks followed in one look-up before ELOOP; path_resolution(7)."""


class Outcome(Enum):
    """How a path look-up inside the image ended."""

    FOUND = "found"
    MISSING = "missing"
    NOT_A_DIRECTORY = "not-a-directory"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a look-up of a path inside the image comes to."""

    outcome: Outcome
    path: ImagePath
    """The entry that was reached or, when nothing was, the path that is missing."""
    links: tuple[ImagePath, ...]
    """Every symlink that was followed, in order: the look-up needs all of them."""


class Tree:
    """Every path of an image, resolved inside the image's own root only.

    Invariants: the root and every parent folder of an entry are entries; keys are
    normalised; iteration is in sorted order; nothing is read from the host but
    file contents, through each entry's `source`.
    """

    def __init__(self, entries: Mapping[ImagePath, Entry], layers: int) -> None: ...

    def __len__(self) -> int: ...
    def __contains__(self, path: object) -> bool: ...
    def __iter__(self) -> Iterator[ImagePath]: ...
    def __getitem__(self, path: ImagePath) -> Entry: ...
    def get(self, path: ImagePath) -> Entry | None: ...
    @property
    def layers(self) -> int: ...
    @property
    def size(self) -> int:
        """Bytes of content; a set of hard links counts once."""
    def entries(self) -> Iterator[Entry]: ...
    def children(self, folder: ImagePath) -> tuple[ImagePath, ...]: ...
    def under(self, folder: ImagePath) -> Iterator[ImagePath]:
        """Everything inside `folder` (not itself), sorted, without scanning the whole tree."""
    def glob(self, pattern: str) -> Iterator[ImagePath]:
        """Paths matching an absolute pattern: `*` and `?` within a component, `[...]`, `**` for any
        number of components. Literal prefixes go through an index; symlinked folders in the literal
        part are resolved."""
    def hard_links(self, path: ImagePath) -> tuple[ImagePath, ...]:
        """All members of `path`'s set of hard links, itself included."""
    def resolve(self, raw: str, *, follow_last: bool = True, base: ImagePath = ROOT) -> Resolution:
        """Look a path up as the kernel would with the image as its root: path_resolution(7)."""
    def open(self, path: ImagePath) -> BinaryIO:
        """A file's bytes (seekable, bounded to the file). `path` must be a FILE entry."""
    def read(self, path: ImagePath, limit: int = 1 << 24) -> bytes: ...
