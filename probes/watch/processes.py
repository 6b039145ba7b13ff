"""What a traced process inherits, shares and changes: its folders and its program.

After clone(2), fork(2), vfork(2), execve(2), unshare(2), chdir(2) and chroot(2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes.watch.ledger import Opened, Table, Tally

PATH_MAX = 4096
"""limits.h: no path that a process can use is longer."""


@dataclass(slots=True)
class Folders:
    """The root and the current folder; shared under CLONE_FS, for both sides to change."""

    cwd: str | None
    """As seen from the image's root; None where it is not known."""
    canonical: bool
    """Whether `cwd` came from the kernel, so that it holds no links and `..` can be taken off."""
    root: str = ""
    """After chroot(2) the folder that the process sees as its root; empty for the image's."""

    @property
    def key(self) -> tuple[str, bool]:
        """What relative paths depend on."""
        return (self.cwd or "", self.canonical)

    def copy(self) -> Folders:
        return Folders(self.cwd, self.canonical, self.root)


@dataclass(slots=True)
class Group:
    """The threads of one process: they run one program and end together."""

    executable: str
    threads: int = 1
    ended: bool = False
    inner_numbers: bool = False
    """In a PID namespace of its own: the ids that its clone(2) returns are not strace's."""


@dataclass(slots=True, eq=False)
class Process:
    """One thread, as the kernel counts them."""

    number: bytes
    group: Group
    folders: Folders
    table: Table
    lines: dict[bytes, Tally]
    """`table.lines`, or an empty dictionary while the current folder is not known: then no line
    that may tell it is passed over."""
    opens: dict[bytes, Opened] = field(default_factory=dict)
    """`table.opens`, in the same way."""
    descriptors: dict[str, str] = field(default_factory=dict)
    """Number → path, so far as calls that strace shows have made it; empty where it has none. Shared under
    CLONE_FILES. close(2) and fcntl(2) are not shown: they would cost a program much."""
    unfinished: bytes = b""
    """The beginning of a call that strace has not shown the end of."""
    early_child: bytes = b""
    """A child that was seen before this process's clone(2) returned."""
    leaving: bool = False
    """It called exit(2)."""

    def reopened(self, text: bytes) -> bool:
        """Enter a call that was seen before and that returned a descriptor; whether it was."""
        opened = self.opens.get(text)
        if opened is None:
            return False
        tally, number, path = opened
        tally.count += 1
        self.descriptors[number] = path
        return True


def normalised(base: str, path: str, *, canonical: bool) -> str:
    """`path` from the folder `base`, absolute, links left as they are.

    `.`, doubled and trailing slashes go. A `..` is taken off with the name before it only where
    that name came from the kernel (`canonical` base): otherwise it may be a link, and where `..`
    leads is for the image's Tree to say.
    """
    if path and "//" not in path and "/." not in path and path[0] != "." and path[-1] != "/":
        if path[0] == "/":
            return base + path if base != "/" else path
        return f"{base}/{path}" if base not in ("", "/") else f"/{path}"
    parts = [part for part in base.split("/") if part]
    solid = len(parts) if canonical else 0
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif not parts:
            continue
        elif len(parts) <= solid:
            parts.pop()
            solid = len(parts)
        else:
            parts.append(part)
    return "/" + "/".join(parts)


def decoded(path: bytes) -> str:
    """A path as an Access holds it: bytes that are not UTF-8 as lone surrogates."""
    return path.decode("utf-8", "surrogateescape")
