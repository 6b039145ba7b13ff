"""What a build certainly left behind, told from what only bears such a name.

A site may serve `demo.c` and a 3D model `chair.obj`; a program may load eBPF from `filter.o`.
"""

from __future__ import annotations

import struct

from slim.closure.application.project import project_folder
from slim.closure.native.elf import MAGIC, ElfKind
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name, parent

ARCHIVE = b"!<arch>\n"
"""ar(5)."""
COFF_MACHINES = (0x014C, 0x8664, 0xAA64)
"""386, x86-64 and ARM64: the first two bytes of an object file in Microsoft's PE/COFF."""


class Leftovers:
    """Tells leftovers of builds; reads each project's programs once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stems: dict[ImagePath, frozenset[str]] = {}

    def is_leftover(self, path: ImagePath) -> bool:
        """Whether `path` is an object file or a library of them for the machine that the image is for,
        or lies in the project of a program or library of the same stem, which it was compiled to."""
        entry = self._context.tree.get(path)
        if entry is None or entry.kind is not Kind.FILE:
            return False
        head = self._context.head(path)
        if head.startswith(MAGIC):
            facts = self._context.elf(path)
            return facts is not None and facts.kind is ElfKind.OTHER and "BPF" not in facts.machine
        if head.startswith(ARCHIVE):
            return True
        if path.endswith(".obj"):
            return len(head) >= 20 and struct.unpack_from("<H", head)[0] in COFF_MACHINES
        return stem(path) in self._compiled(project_folder(path, self._context) or parent(path))

    def _compiled(self, folder: ImagePath) -> frozenset[str]:
        """The stems of the unowned programs and libraries in a project."""
        if folder not in self._stems:
            self._stems[folder] = frozenset(
                stem(path)
                for path in self._context.tree.under(folder)
                if self._context.head(path).startswith(MAGIC)
                and self._context.owners.owner(path) is None
                and (facts := self._context.elf(path)) is not None
                and facts.kind is not ElfKind.OTHER
            )
        return self._stems[folder]


def stem(path: ImagePath) -> str:
    """The name before its first dot, without a library's `lib`: `answer` of libanswer.so.1."""
    first = name(path).partition(".")[0]
    return first.removeprefix("lib") if ".so" in name(path) else first
