"""What a trace says about the image's own paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from probes.watch.trace import Access, Trace, Use
from slim.closure.launch import SHELLS
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, printable
from slim.oci.tree import Outcome, Tree

_VERBS = {
    Use.OPEN: "opened",
    Use.WRITE: "written",
    Use.EXEC: "executed",
    Use.LOOKUP: "looked up",
    Use.LINK_LOOKUP: "looked up as a link",
    Use.LIST: "listed",
    Use.CHDIR: "entered",
}

_LOOK_UPS = frozenset({Use.LOOKUP, Use.LINK_LOOKUP})
_USES = frozenset({Use.OPEN, Use.EXEC, Use.WRITE})

_ABSENT = frozenset({"ENOENT"})
"""An errno of a look-up that found nothing. Every other one speaks of something that is there:
EACCES, EEXIST, EINVAL of readlink(2) on what is no link …; errno(3)."""

LOOKED_UP = "only looked up, content kept because a look-up tells its size"
"""stat(2) answers with st_size, so a file emptied to save space would be another answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One access that touched paths of the image."""

    access: Access
    follow: bool
    """False: of a last symlink only the link itself was looked at."""
    raw: str
    """The path that was looked up, or the folder that was written to."""
    reached: ImagePath
    only_looked_up: bool = False
    """A file with content that no access of the whole trace opened, executed or wrote."""

    @property
    def detail(self) -> str:
        by = f" by {printable(self.access.executable)}" if self.access.executable else ""
        refused = f" ({self.access.error})" if self.access.error else ""
        verb = _VERBS[self.access.use]
        if self.raw != self.access.path:
            verb = f"its content was {verb}"
        content = f": {LOOKED_UP}" if self.only_looked_up else ""
        return f"{verb}{by} under {self.access.probe}{refused}{content}"


@dataclass(frozen=True)
class Observed:
    """A trace, resolved inside one image."""

    seen: tuple[Seen, ...] = ()
    opened: frozenset[ImagePath] = frozenset()
    """Files that were opened or executed, symlinks resolved."""
    executed: frozenset[ImagePath] = frozenset()
    touched: frozenset[ImagePath] = frozenset()
    """Everything that a look-up of any kind reached, and what it passed."""
    read_by_shell: frozenset[ImagePath] = frozenset()
    """Files that a shell opened: its scripts, among others."""
    chain: tuple[str, ...] = ()
    """What PID 1 executed, as it was asked for, in order: the entrypoint, then what replaced it."""

    @classmethod
    def from_trace(cls, trace: Trace, tree: Tree) -> Observed:
        """Keep of `trace` what the image holds: paths that only existed at run time, and
        look-ups that found nothing, drop out."""
        seen = _with_look_ups_told(tuple(found for one in trace.accesses for found in _seen(one, tree)), tree)
        opened = {
            item.reached for item in seen if item.access.use in (Use.OPEN, Use.EXEC) and not item.access.error
        }
        executed = [item for item in seen if item.access.use is Use.EXEC and not item.access.error]
        touched = {item.reached for item in seen}
        for item in seen:
            touched.update(tree.resolve(item.raw, follow_last=item.follow).passed)
        first = sorted(
            (item for item in executed if item.access.process == 1),
            key=lambda item: (item.access.seconds, item.access.path),
        )
        return cls(
            seen=seen,
            opened=frozenset(path for path in opened if tree[path].kind is Kind.FILE),
            executed=frozenset(item.reached for item in executed),
            touched=frozenset(touched),
            read_by_shell=frozenset(
                item.reached
                for item in seen
                if item.access.use is Use.OPEN and item.access.executable.rpartition("/")[2] in SHELLS
            ),
            chain=tuple(dict.fromkeys(item.access.path for item in first)),
        )


def _with_look_ups_told(seen: tuple[Seen, ...], tree: Tree) -> tuple[Seen, ...]:
    """Say of files that were only looked up, under any of their names, that it is so."""
    used = {
        name
        for path in {item.reached for item in seen if item.access.use in _USES and not item.access.error}
        for name in (path, *tree.hard_links(path))
    }
    return tuple(
        replace(item, only_looked_up=True)
        if item.access.use in _LOOK_UPS and item.reached not in used and _has_content(item.reached, tree)
        else item
        for item in seen
    )


def _has_content(path: ImagePath, tree: Tree) -> bool:
    entry = tree[path]
    return entry.kind is Kind.FILE and entry.size > 0


def _seen(access: Access, tree: Tree) -> Iterator[Seen]:
    if access.error in _ABSENT:
        return
    follow = access.use is not Use.LINK_LOOKUP
    found = tree.resolve(access.path, follow_last=follow)
    if found.outcome is Outcome.FOUND:
        yield Seen(access, follow, access.path, found.path)
    # open(2) with O_CREAT and O_RDWR is no mere write: where the image has no such file, it made one
    made = access.use is Use.OPEN and found.outcome is Outcome.MISSING
    if (access.use is Use.WRITE or made) and not access.error:
        folder = access.path.rstrip("/").rpartition("/")[0] or "/"
        holder = tree.resolve(folder)
        if holder.outcome is Outcome.FOUND:
            yield Seen(access, True, folder, holder.path)
    elif found.outcome is Outcome.NOT_A_DIRECTORY or (found.outcome is Outcome.LOOP and access.error):
        # ENOTDIR and ELOOP are answers that need the file or links that gave them.
        yield from _obstacle(access, tree)


def _obstacle(access: Access, tree: Tree) -> Iterator[Seen]:
    path = access.path
    while path.strip("/"):
        found = tree.resolve(path)
        if found.outcome is Outcome.FOUND:
            yield Seen(access, True, path, found.path)
            return
        if found.outcome is Outcome.LOOP:
            link = tree.resolve(path, follow_last=False)
            if link.outcome is Outcome.FOUND:
                yield Seen(access, False, path, link.path)
                return
        path = path.rstrip("/").rpartition("/")[0]
