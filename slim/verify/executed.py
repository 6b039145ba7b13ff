"""What the kernel opens beside a program in order to execute it."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.native.elf import MAGIC, MalformedElfError, read_elf
from slim.closure.rule import HEAD_BYTES
from slim.closure.shell.shebang import read_shebang
from slim.oci.entry import Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree

_LEVELS = 5
"""A script's interpreter may be a script in its turn, four times: execve(2), "Interpreter scripts"."""


def interpreters(program: str, tree: Tree) -> Iterator[str]:
    """The interpreters that execve(2) opens for `program` of `tree`, as they are named, the nearest first:
    that of a script's first line, the loader of an ELF program (PT_INTERP, elf(5)). Where one of them is
    missing, execve(2) fails with ENOENT as if the program were. A relative path starts where nobody knows,
    and ends the search. Raises ImageError where a file cannot be read."""
    path = program
    for _ in range(_LEVELS):
        found = tree.resolve(path)
        if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
            return
        path = _interpreter(found.path, tree)
        if not path.startswith("/"):
            return
        yield path


def _interpreter(program: ImagePath, tree: Tree) -> str:
    """As the file names it; empty where it needs none."""
    with tree.open(program) as stream:
        head = stream.read(HEAD_BYTES)
        if not head.startswith(MAGIC):
            script = read_shebang(head)
            return script.interpreter if script else ""
        stream.seek(0)
        try:
            return read_elf(stream, tree[program].size).interpreter
        except MalformedElfError:
            return ""
