"""What is mounted where for a process: proc(5), /proc/pid/mountinfo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ESCAPE = re.compile(r"\\([0-7]{3})")
_KERNELS_OWN = frozenset(
    {"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs"}
    | {"fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs"}
    | {"selinuxfs", "sysfs", "tracefs"}
)
"""File systems that hold no files of anybody: what is read there is the kernel's state."""
_KERNELS_FOLDERS = ("/proc/", "/sys/")
"""What runtimes mount in there hides parts of the kernel's own: an empty tmpfs, /dev/null."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """One mount."""

    number: int
    """The mount's id, as in fdinfo's mnt_id."""
    device: str
    """major:minor of the file system."""
    root: str
    """The folder or file of the file system that is mounted."""
    target: str
    """Where, seen from the process's root."""
    kind: str
    """The file system's type: overlay, ext4, tmpfs …"""

    @property
    def is_kernels_own(self) -> bool:
        return self.kind in _KERNELS_OWN

    @property
    def holds_files(self) -> bool:
        """Whether files of an image, a volume or the host can be there."""
        return not self.is_kernels_own and not f"{self.target}/".startswith(_KERNELS_FOLDERS)


def mounts_of(pid: int) -> tuple[Mounted, ...]:
    """The mounts of a process of this machine. OSError when it has ended."""
    text = Path(f"/proc/{pid}/mountinfo").read_bytes().decode("utf-8", "surrogateescape")
    return tuple(parse_mountinfo(text))


def parse_mountinfo(text: str) -> Iterator[Mounted]:
    """The mounts in lines such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`."""
    for line in text.split("\n"):
        before, separator, after = line.partition(" - ")
        if separator:
            number, _, device, root, target, *_ = before.split(" ")
            kind = after.split(" ", 1)[0]
            yield Mounted(int(number), device, _unescaped(root), _unescaped(target), kind)


def _unescaped(text: str) -> str:
    """Spaces, tabs, newlines and backslashes are octal there."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
