"""fanotify(7): the system calls, and nothing else of it.

Names and numbers are those of the kernel's <linux/fanotify.h>. The functions are glibc's and
musl's wrappers, called through ctypes; each failure is an OSError with its errno.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

# fanotify_init(2)
FAN_CLOEXEC = 0x1
FAN_NONBLOCK = 0x2
FAN_CLASS_NOTIF = 0x0
FAN_CLASS_CONTENT = 0x4
FAN_UNLIMITED_QUEUE = 0x10
FAN_UNLIMITED_MARKS = 0x20

# fanotify_mark(2): flags
FAN_MARK_ADD = 0x1
FAN_MARK_REMOVE = 0x2
FAN_MARK_MOUNT = 0x10
FAN_MARK_IGNORED_MASK = 0x20
FAN_MARK_IGNORED_SURV_MODIFY = 0x40
FAN_MARK_FLUSH = 0x80
FAN_MARK_FILESYSTEM = 0x100
FAN_MARK_EVICTABLE = 0x200

# fanotify_mark(2): events
FAN_OPEN = 0x20
FAN_OPEN_EXEC = 0x1000
FAN_Q_OVERFLOW = 0x4000
FAN_OPEN_EXEC_PERM = 0x40000
FAN_ONDIR = 0x40000000

FAN_ALLOW = 0x1
FANOTIFY_METADATA_VERSION = 3
AT_FDCWD = -100

_METADATA = struct.Struct("=IBBHQii")
"""struct fanotify_event_metadata: event_len, vers, reserved, metadata_len, mask, fd, pid."""
EVENT_LENGTH = _METADATA.size
_RESPONSE = struct.Struct("=iI")
"""struct fanotify_response: fd, response."""

_libc = ctypes.CDLL(None, use_errno=True)
_fanotify_init = _libc.fanotify_init
_fanotify_init.argtypes = (ctypes.c_uint, ctypes.c_uint)
_fanotify_init.restype = ctypes.c_int
_fanotify_mark = _libc.fanotify_mark
_fanotify_mark.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p)
_fanotify_mark.restype = ctypes.c_int


@dataclass(slots=True)
class Event:
    """What happened, as the kernel tells it."""

    mask: int
    descriptor: int
    """An open descriptor of the object, for the reader to close; negative where there is none:
    after an overflow, and where the kernel could not open the object."""
    pid: int
    """The process, in the reader's PID namespace; 0 where it cannot be seen from there."""


def fanotify_init(flags: int, event_flags: int) -> int:
    """A new group: its descriptor. `event_flags`: open(2) flags of the events' descriptors."""
    return _checked(_fanotify_init(flags, event_flags))


def fanotify_mark(group: int, flags: int, mask: int, folder: int, path: bytes | None = None) -> None:
    """Add, change or remove a mark on what `folder` and `path` lead to.

    Without a path it is the object of the descriptor `folder`, which O_PATH cannot be.
    """
    _checked(_fanotify_mark(group, flags, mask, folder, path))


def read_events(group: int, count: int) -> list[Event]:
    """The next events, `count` at the most; each brings an open descriptor with it.

    Raises BlockingIOError when there is none in a group with FAN_NONBLOCK, OSError where the
    kernel lost one (fanotify(7), "BUGS": it could not be opened), ValueError where the kernel
    speaks another version of the protocol.
    """
    return list(_parse(os.read(group, count * EVENT_LENGTH)))


def allow(group: int, event: Event) -> None:
    """Answer a permission event: the process goes on."""
    os.write(group, _RESPONSE.pack(event.descriptor, FAN_ALLOW))


def _parse(data: bytes) -> Iterator[Event]:
    offset = 0
    while offset < len(data):
        length, version, _, _, mask, descriptor, pid = _METADATA.unpack_from(data, offset)
        if version != FANOTIFY_METADATA_VERSION:
            raise ValueError(f"the kernel's fanotify events have version {version}, not 3")
        yield Event(mask, descriptor, pid)
        offset += length


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
