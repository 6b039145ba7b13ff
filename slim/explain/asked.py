"""From what the user wrote to the paths of the image that it means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.profile.glob import NameGlobs
from slim.explain.saved import Saved
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, image_path, join, name, parent, printable
from slim.oci.tree import Outcome, Tree
from slim.plan import Owner

MAX_NEAR = 5
MAX_COMPARED = 50_000
"""Names compared letter by letter; in an image with more, only those of the same folder are."""
_KERNEL = ("/proc", "/sys", "/dev")
"""Mounted in each container: OCI runtime specification, config-linux.md, Default Filesystems."""
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Meaning:
    """What one argument means."""

    kind: str
    """path, folder, glob, package; nothing where the image holds no such thing."""
    paths: tuple[ImagePath, ...] = ()
    """Sorted."""
    links: tuple[ImagePath, ...] = ()
    """Symlinks on the way, in order."""
    note: str = ""
    near: tuple[str, ...] = ()
    lacks: frozenset[ImagePath] = frozenset()
    """Of nothing: how the path may be called that the image does not hold, by its text and its links."""


def meaning(text: str, saved: Saved) -> Meaning:
    """A path (the first slash may be missing), a glob, or a package: `NAME` or `ECOSYSTEM:NAME`.

    What the image holds by exactly this name comes first, since names may have `[` and `*` in them. A last
    symlink stands for itself. Raises UsageError for an illegal glob.
    """
    raw = text if text.startswith("/") else f"/{text}"
    found = saved.tree.resolve(raw, follow_last=False)
    if found.outcome is Outcome.FOUND:
        return _path(found.path, found.links, saved.tree)
    if _WILD.search(text):
        paths = tuple(saved.tree.glob(raw))
        if paths:
            return Meaning("glob", paths)
    packages = tuple(_packages(text, saved))
    if packages:
        paths = tuple(sorted({path for one in packages for path in saved.of_package[one]}))
        return Meaning("package", paths, note=", ".join(_told(one) for one in packages))
    told = {
        Outcome.MISSING: f"the image holds no {printable(found.path)}",
        Outcome.NOT_A_DIRECTORY: f"{printable(found.path)} of the image is no folder",
        Outcome.LOOP: f"the link {printable(found.path)} leads in a circle",
    }[found.outcome]
    if _WILD.search(text):
        told = "no path of the image matches, and no package has such a name"
    top = next((one for one in _KERNEL if f"{found.path}/".startswith(f"{one}/")), "")
    if top:
        told = f"{top} is the kernel's: what is there is made when a container runs, and no image holds it"
    wanted = image_path(text)
    lacks = {wanted} | ({found.path} if name(found.path) == name(wanted) else set())
    return Meaning(
        "nothing",
        links=found.links,
        note=told,
        near=() if top else tuple(_near(text, found.path, saved)),
        lacks=frozenset(path for path in lacks if path not in saved.tree),
    )


def _path(path: ImagePath, links: tuple[ImagePath, ...], tree: Tree) -> Meaning:
    entry = tree[path]
    if entry.kind is Kind.DIRECTORY:
        return Meaning("folder", (path, *tree.under(path)), links)
    return Meaning("path", (path,), links, _leads(path, tree) if entry.kind is Kind.SYMLINK else "")


def _leads(link: ImagePath, tree: Tree) -> str:
    end = tree.resolve(link)
    if end.outcome is Outcome.FOUND:
        return f"a link that leads to {printable(end.path)}"
    if end.outcome is Outcome.LOOP:
        return "a link that leads in a circle"
    return f"a link that leads nowhere: the image holds no {printable(end.path)}"


def _packages(text: str, saved: Saved) -> Iterator[Owner]:
    ecosystem, colon, rest = text.partition(":")
    known = sorted(saved.of_package, key=lambda one: (one.ecosystem, one.name, one.version))
    only = ecosystem if colon and any(one.ecosystem == ecosystem for one in known) else ""
    globs = NameGlobs([(rest if only else text).lower()])
    for one in known:
        if only in ("", one.ecosystem) and globs.match(one.name.lower()):
            yield one


def _told(owner: Owner) -> str:
    return f"{printable(str(owner))} {printable(owner.version)}".rstrip()


# -- what is near --------------------------------------------------------------------------------


def _near(text: str, ended: ImagePath, saved: Saved) -> list[str]:
    """Names that the user may have meant: in the same folder, elsewhere under the same name, packages."""
    tree = saved.tree
    wanted = image_path(text)
    found: dict[str, None] = {}
    if _WILD.search(text) and not text.startswith("/") and any(tree.glob(f"/**/{text}")):
        found[f"**/{text}"] = None
    folder = parent(ended)
    if folder in tree and tree[folder].kind is Kind.DIRECTORY:
        rest = wanted[len(ended) :] if wanted.startswith(ended) else ""
        for one in _close(name(ended), [name(path) for path in tree.children(folder)]):
            moved = join(ImagePath(join(folder, one)), rest)
            found.setdefault(moved if moved in tree else join(folder, one))
    last = name(wanted).lower()
    found.update(dict.fromkeys(path for path in tree if last and name(path).lower() == last))
    if len(found) < MAX_NEAR and folder != ROOT and len(tree) <= MAX_COMPARED:
        names = {name(path): path for path in reversed(list(tree))}
        found.update(dict.fromkeys(names[one] for one in _close(name(wanted), sorted(names), cutoff=0.8)))
    if "/" not in text.strip("/"):
        owners = {one.name: str(one) for one in saved.of_package}
        found.update(dict.fromkeys(owners[one] for one in _close(text.rpartition(":")[2], sorted(owners))))
    return list(found)[:MAX_NEAR]


def _close(wanted: str, names: list[str], cutoff: float = 0.6) -> list[str]:
    return difflib.get_close_matches(wanted, names, n=3, cutoff=cutoff)
