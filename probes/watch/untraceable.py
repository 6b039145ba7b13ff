"""Programs that do not run under strace as they run alone, found once the image's Tree is known.

strace filters system calls by seccomp, which sets no_new_privs (prctl(2), PR_SET_NO_NEW_PRIVS): a
set-uid or set-gid bit or a file capability of an executed program then has no effect (execve(2)).
A program that uses ptrace(2) itself is recognised by its call, in `strace_calls`.
"""

from __future__ import annotations

import stat

from probes.watch.trace import Trace, Use
from slim.oci.entry import Entry, Kind
from slim.oci.lookup import Outcome
from slim.oci.path import ImagePath, printable
from slim.oci.tree import Tree

_CAPABILITY = "security.capability"
_SCRIPT = b"#!"
WAY_OUT = "--tracer fanotify traces it as it runs alone"


def set_id_programs(trace: Trace, tree: Tree) -> tuple[str, ...]:
    """Programs that strace saw executed and that their file gives rights to; their real paths in
    the image, sorted. A script's bits never count: execve(2). ImageError where a file of the
    image cannot be read."""
    executed = {
        access.path
        for access in trace.accesses
        if access.use is Use.EXEC and access.tracer == "strace" and not access.error
    }
    resolved = map(tree.resolve, executed)
    found = {reached.path for reached in resolved if reached.outcome is Outcome.FOUND}
    return tuple(sorted(path for path in found if _rights(tree, path)))


def set_id_notes(trace: Trace, tree: Tree) -> tuple[str, ...]:
    """A note for Trace.notes on each of `set_id_programs`."""
    return tuple(
        f"{printable(path)} is {_rights(tree, ImagePath(path))}, which has no effect under strace: {WAY_OUT}"
        for path in set_id_programs(trace, tree)
    )


def _rights(tree: Tree, path: ImagePath) -> str:
    """What its file gives a program, in words; empty for none."""
    entry = tree.get(path)
    if entry is None or entry.kind is not Kind.FILE:
        return ""
    given = _given(entry)
    return "" if not given or tree.read(path, len(_SCRIPT)) == _SCRIPT else " and ".join(given)


def _given(entry: Entry) -> list[str]:
    given = []
    if entry.mode & stat.S_ISUID:
        given.append("set-uid")
    # without the group's x it is no set-gid program: inode(7)
    if entry.mode & stat.S_ISGID and entry.mode & stat.S_IXGRP:
        given.append("set-gid")
    if any(name == _CAPABILITY for name, _ in entry.xattrs):
        given.append("given file capabilities")
    return given
