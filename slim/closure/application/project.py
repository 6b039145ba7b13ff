"""Projects: files that no package owns, under the WORKDIR and around the code that was seen in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slim.closure.application import RULE
from slim.closure.application.ground import LOOSE, SHARED, SYSTEM, VOLATILE, WORKABLE, is_below, is_shared
from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, is_under, name, parent, printable

_LOADERS = ("/lib*/ld-*", "/lib/*/ld-*", "/usr/lib*/ld-*")
_NAMED = tuple(
    f"/{base}"
    for base in ("etc", "opt", "srv", "usr/lib", "usr/libexec", "usr/local/etc", "usr/local/lib",
                 "usr/local/libexec", "usr/local/share", "usr/share", "var/lib")
)  # fmt: skip
"""Where the files of a program are looked for by its name."""


def project_needs(programs: Iterable[str], context: Context) -> Iterator[Need]:
    """The application's unowned files; `programs` are what the image's config starts."""
    folders: dict[ImagePath, str] = {}
    loose: dict[ImagePath, ImagePath] = {}
    workdir = context.reached(context.launch.workdir)
    if _is_bare(context):
        yield from _unowned_under(
            ROOT, "the image holds nothing but the application: no packages, no loader", context
        )
        return
    if workdir and (workdir in WORKABLE or workdir not in SHARED) and not is_below(workdir, VOLATILE):
        folders[workdir] = "it is in the image's working folder"
    for path in sorted(_unowned_code(programs, context)):
        for named in _named_folders(path, context):
            folders.setdefault(named, f"the folder is named after {printable(path)}, which was started")
        folder = project_folder(path, context)
        if folder is not None:
            folders.setdefault(folder, f"it is in the folder of {printable(path)}, which was used")
        elif parent(path) in LOOSE or parent(parent(path)) == "/home":
            loose.setdefault(parent(path), path)
    done: set[ImagePath] = set()
    todo = sorted(folders.items())
    while todo:
        folder, why = todo.pop(0)
        if not any(is_under(folder, other) for other in done):
            done.add(folder)
            yield from _unowned_under(folder, why, context)
            todo += _linked_folders(folder, context)
    for folder, beside in sorted(loose.items()):
        for path in context.tree.children(folder):
            if context.tree[path].kind is Kind.FILE and context.owners.owner(path) is None:
                why = f"it lies beside {printable(beside)}, which was used"
                yield Need(path, RULE, why, part_of=Part.APPLICATION)


def _is_bare(context: Context) -> bool:
    """Whether the image is a static program with its files and nothing else (FROM scratch): then
    whatever is there was put there on purpose."""
    loaders = (next(context.tree.glob(pattern), None) for pattern in _LOADERS)
    return not context.owners.has_system_packages and not any(loaders)


def _unowned_code(programs: Iterable[str], context: Context) -> Iterator[ImagePath]:
    """Files of no package that were opened or executed, or that the config names."""
    named = set(programs)
    for command in context.launch.commands:
        named.update(word for word in command.arguments if word and "\0" not in word)
    reached = {context.reached(path) for path in named} | set(context.observed.opened)
    for path in reached:
        if path and context.tree[path].kind is Kind.FILE and context.owners.owner(path) is None:
            yield path


def _named_folders(program: ImagePath, context: Context) -> Iterator[ImagePath]:
    """Folders of hier(7) that bear the name of an unowned program: /usr/local/share/NAME …"""
    if not (context.tree[program].mode & 0o111 or program in context.observed.executed):
        return
    stem = name(program).partition(".")[0]
    for base in _NAMED if stem else ():
        folder = context.reached(f"{base}/{stem}")
        if (
            folder
            and folder not in SHARED
            and context.tree[folder].kind is Kind.DIRECTORY
            and not context.owners.is_package_folder(folder)
        ):
            yield folder


def project_folder(path: ImagePath, context: Context) -> ImagePath | None:
    """The topmost folder above `path` that is not shared ground: not one of hier(7), of a home, of
    site-packages and the like, nor one that a package of the distribution lists. None where there
    is no such folder."""
    if is_below(path, VOLATILE) or (not context.owners.has_system_packages and is_below(path, SYSTEM)):
        return None
    for folder in reversed(tuple(ancestors(path))):
        if not (is_shared(folder) or context.owners.is_package_folder(folder)):
            return folder
    return None


def _linked_folders(folder: ImagePath, context: Context) -> Iterator[tuple[ImagePath, str]]:
    """Folders elsewhere that links in a project lead to: parts of it that live in another place."""
    for path in context.tree.under(folder):
        if context.tree[path].kind is not Kind.SYMLINK or context.owners.owner(path) is not None:
            continue
        target = context.reached(path)
        if (
            target
            and context.tree[target].kind is Kind.DIRECTORY
            and not is_shared(target)
            and not is_below(target, VOLATILE)
            and not context.owners.is_package_folder(target)
            and not (is_below(target, SYSTEM) and not context.owners.has_system_packages)
        ):
            yield target, f"{printable(path)} of the application leads there"


def _unowned_under(folder: ImagePath, why: str, context: Context) -> Iterator[Need]:
    tree, owners = context.tree, context.owners
    yield Need(folder, RULE, why, part_of=Part.APPLICATION)
    for path in tree.under(folder):
        if "/node_modules/.bin/" in path:
            continue  # other names of commands: kept with what they lead to
        if tree[path].kind is Kind.DIRECTORY:
            if "/node_modules/" in path or "/site-packages/" in path:
                continue
        elif owners.owner(path) is not None:
            continue
        yield Need(path, RULE, why, part_of=Part.APPLICATION)
