"""Symlinks elsewhere in the image that lead to what is kept.

Links on the way of a look-up are kept by every look-up itself (`solve`). This rule is about
the others: `libssl.so` beside `libssl.so.3`, /etc/alternatives, /bin for /usr/bin. They cost no
content, and other names for a kept thing are how programs that were not exercised ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, parent
from slim.oci.tree import Outcome, Tree
from slim.plan import Unresolved

RULE = "link"


class LinksToKept:
    """Links to a kept file; links to a kept folder only where the link's own folder is kept, so
    that a shared documentation or example tree is not drawn in by what its links point at."""

    def __init__(self, tree: Tree) -> None:
        self._to: dict[ImagePath, tuple[ImagePath, ...]] = {}
        self._inside: dict[ImagePath, tuple[ImagePath, ...]] = {}
        to: dict[ImagePath, list[ImagePath]] = {}
        inside: dict[ImagePath, list[ImagePath]] = {}
        for entry in tree.entries():
            if entry.kind is not Kind.SYMLINK:
                continue
            found = tree.resolve(entry.path)
            if found.outcome is Outcome.FOUND:
                to.setdefault(found.path, []).append(entry.path)
                if tree[found.path].kind is Kind.DIRECTORY:
                    inside.setdefault(parent(entry.path), []).append(entry.path)
        self._to = {path: tuple(links) for path, links in to.items()}
        self._inside = {path: tuple(links) for path, links in inside.items()}

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Iterator[Need | Unresolved]:
        """Links to the files among `fresh`; links to folders where both ends are kept now."""
        for path in fresh:
            if context.tree[path].kind is not Kind.DIRECTORY:
                yield from self._links(self._to.get(path, ()), path)
                continue
            ready = [link for link in self._to.get(path, ()) if parent(link) in context.kept]
            yield from self._links(tuple(ready), path)
            for link in self._inside.get(path, ()):
                target = context.tree.resolve(link).path
                if target in context.kept:
                    yield from self._links((link,), target)

    @staticmethod
    def _links(links: tuple[ImagePath, ...], target: ImagePath) -> Iterator[Need]:
        for link in links:
            yield Need(link, RULE, "another name of what is kept", target, part_of=Part.LINK)
