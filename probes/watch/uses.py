"""Which arguments of each system call are paths, and what the call does with them.

The names are those of strace's class `%file` and a few more: see syscalls(2) and the manual
page of each call. What must exist in the image for a call to succeed as it did decides:
the source of rename(2) and link(2) counts as opened, since its content goes on under another name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from probes.watch.trace import Use

Uses = tuple[Use, ...]


class Where(Enum):
    """Where a path is among a call's arguments."""

    FIRST = "path"
    SECOND = "x, path"
    THIRD = "x, x, path"
    AT_FIRST = "folder, path"
    AT_SECOND = "x, folder, path"
    AT_THIRD = "x, x, folder, path"
    AT_FOURTH = "x, x, x, folder, path"
    SOCKET = "x, address"

    @property
    def indices(self) -> tuple[int | None, int]:
        """Index of the folder's descriptor, index of the path."""
        return _INDICES[self]


_INDICES: dict[Where, tuple[int | None, int]] = {
    Where.FIRST: (None, 0),
    Where.SECOND: (None, 1),
    Where.THIRD: (None, 2),
    Where.AT_FIRST: (0, 1),
    Where.AT_SECOND: (1, 2),
    Where.AT_THIRD: (2, 3),
    Where.AT_FOURTH: (3, 4),
    Where.SOCKET: (None, 1),
}


@dataclass(frozen=True)
class Place:
    """One path of a call."""

    where: Where
    uses: Callable[[bytes, str], Uses]
    """From the call's flags and its errno's name."""


def _always(*uses: Use) -> Callable[[bytes, str], Uses]:
    def chosen(_flags: bytes, _error: str) -> Uses:
        return uses

    return chosen


def _opened(flags: bytes, error: str) -> Uses:
    """open(2). O_NOFOLLOW of what is no link opens it as ever; O_PATH reads nothing."""
    if b"O_PATH" in flags:
        return (Use.LINK_LOOKUP if b"O_NOFOLLOW" in flags else Use.LOOKUP,)
    if b"O_NOFOLLOW" in flags and error == "ELOOP":
        return (Use.LINK_LOOKUP,)
    if b"O_TMPFILE" in flags:
        return (Use.LOOKUP,)
    if b"O_DIRECTORY" in flags:
        return (Use.LIST,)
    # an existing file that is opened for reading and writing keeps what it holds
    created = b"O_EXCL" in flags and b"O_CREAT" in flags
    if created or b"O_TRUNC" in flags or b"O_WRONLY" in flags:
        return (Use.WRITE,)
    return (Use.OPEN,)


def _looked_up(flags: bytes, _error: str) -> Uses:
    return (Use.LINK_LOOKUP if b"NOFOLLOW" in flags else Use.LOOKUP,)


def _looked_up_unfollowed(flags: bytes, _error: str) -> Uses:
    """name_to_handle_at(2) and linkat(2) follow a last link only when told."""
    return (Use.LOOKUP if b"AT_SYMLINK_FOLLOW" in flags else Use.LINK_LOOKUP,)


_LOOKUP = _always(Use.LOOKUP)
_LINK = _always(Use.LINK_LOOKUP)
_WRITE = _always(Use.WRITE)
_SOURCE = _always(Use.OPEN)
_MOVED = _always(Use.OPEN, Use.WRITE)
_EXEC = _always(Use.EXEC)
_CHDIR = _always(Use.CHDIR)


def _each(names: str, *places: tuple[Where, Callable[[bytes, str], Uses]]) -> dict[str, tuple[Place, ...]]:
    made = tuple(Place(where, uses) for where, uses in places)
    return dict.fromkeys(names.split(), made)


USES: dict[str, tuple[Place, ...]] = {
    **_each("open", (Where.FIRST, _opened)),
    **_each("openat openat2", (Where.AT_FIRST, _opened)),
    **_each("creat", (Where.FIRST, _WRITE)),
    **_each("execve", (Where.FIRST, _EXEC)),
    **_each("execveat", (Where.AT_FIRST, _EXEC)),
    **_each("uselib", (Where.FIRST, _SOURCE)),
    **_each("stat stat64 oldstat access statfs statfs64 getxattr listxattr", (Where.FIRST, _LOOKUP)),
    **_each("acct swapon swapoff umount umount2", (Where.FIRST, _LOOKUP)),
    **_each("lstat lstat64 oldlstat readlink lgetxattr llistxattr", (Where.FIRST, _LINK)),
    **_each("newfstatat fstatat64 statx faccessat faccessat2", (Where.AT_FIRST, _looked_up)),
    **_each("open_tree fspick mount_setattr getxattrat listxattrat", (Where.AT_FIRST, _looked_up)),
    **_each("name_to_handle_at", (Where.AT_FIRST, _looked_up_unfollowed)),
    **_each("readlinkat", (Where.AT_FIRST, _LINK)),
    **_each("chdir chroot", (Where.FIRST, _CHDIR)),
    **_each("mkdir mknod rmdir unlink truncate truncate64", (Where.FIRST, _WRITE)),
    **_each("chmod chown chown32 lchown lchown32 utime utimes", (Where.FIRST, _WRITE)),
    **_each("setxattr lsetxattr removexattr lremovexattr", (Where.FIRST, _WRITE)),
    **_each("mkdirat mknodat unlinkat fchmodat fchmodat2 fchownat", (Where.AT_FIRST, _WRITE)),
    **_each("futimesat utimensat utimensat_time64 setxattrat removexattrat", (Where.AT_FIRST, _WRITE)),
    **_each("rename", (Where.FIRST, _MOVED), (Where.SECOND, _WRITE)),
    **_each("renameat renameat2", (Where.AT_FIRST, _MOVED), (Where.AT_THIRD, _WRITE)),
    **_each("link", (Where.FIRST, _SOURCE), (Where.SECOND, _WRITE)),
    **_each("linkat", (Where.AT_FIRST, _SOURCE), (Where.AT_THIRD, _WRITE)),
    **_each("symlink", (Where.SECOND, _WRITE)),
    **_each("symlinkat", (Where.AT_SECOND, _WRITE)),
    **_each("pivot_root", (Where.FIRST, _LOOKUP), (Where.SECOND, _LOOKUP)),
    **_each("mount quotactl inotify_add_watch", (Where.SECOND, _LOOKUP)),
    **_each("move_mount", (Where.AT_FIRST, _LOOKUP), (Where.AT_THIRD, _LOOKUP)),
    **_each("fanotify_mark", (Where.AT_FOURTH, _LOOKUP)),
    **_each("connect", (Where.SOCKET, _LOOKUP)),
    **_each("bind", (Where.SOCKET, _WRITE)),
}
"""Path arguments by call."""

UNKNOWN = tuple(Place(where, _looked_up) for where in (Where.FIRST, Where.AT_FIRST))
"""A call of a later strace: a path is sought where most calls have theirs."""

WITHOUT_PATHS = frozenset({"getcwd", "fsconfig", "fsopen", "fsmount", "memfd_create"})
"""Calls that strace shows with strings which are no paths that were looked up."""

NOT_LOOKED_UP = frozenset({"EFAULT", "ENAMETOOLONG", "ENOSYS", "EBADF"})
"""Errors of calls that never came as far as looking a path up."""
