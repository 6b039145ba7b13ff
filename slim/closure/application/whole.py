"""What the application is, and that it is kept whole.

Three kinds. Files that no package owns, in project folders: under the WORKDIR and around the code
that was seen in use. And a package of the distribution, where the entrypoint starts one of its
programs: nginx, redis-server. An interpreter that runs a script is not the application. And what
was put into the image by layers that brought no package (`placed`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.application.placed import placed_needs
from slim.closure.launch import SHELLS, WRAPPERS, started
from slim.closure.packages.package import Package
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.shebang import read_shebang
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, image_path, is_under, name, parent, printable
from slim.oci.tree import Outcome

RULE = "application"

INTERPRETERS = re.compile(
    r"(python|pypy|perl|ruby|lua|tclsh|php|php-fpm|php-cgi)[\d.]*|node|nodejs|deno|bun|java|dotnet|mono|guile"
    r"|Rscript|R|erl|busybox"
)
"""Programs that run somebody else's code."""

SHARED = frozenset(
    {"/", "/bin", "/boot", "/etc", "/etc/opt", "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media",
     "/mnt", "/opt", "/root", "/sbin", "/srv", "/usr", "/usr/bin", "/usr/games", "/usr/include", "/usr/lib",
     "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/libx32", "/usr/local", "/usr/local/bin",
     "/usr/local/etc", "/usr/local/include", "/usr/local/lib", "/usr/local/lib64", "/usr/local/libexec",
     "/usr/local/sbin", "/usr/local/share", "/usr/local/src", "/usr/sbin", "/usr/share", "/usr/src", "/var",
     "/var/lib", "/var/local", "/var/opt", "/var/spool", "/var/www"}
)  # fmt: skip
"""Folders of hier(7) that hold many things: never a project as a whole."""

WORKABLE = frozenset({"/opt", "/root", "/srv", "/usr/src", "/var/www"})
"""Of those, the ones that are a project where an image says so by its WORKDIR."""

VOLATILE = tuple(
    f"/{folder}"
    for folder in (
        "dev",
        "proc",
        "run",
        "sys",
        "tmp",
        "var/cache",
        "var/lock",
        "var/log",
        "var/run",
        "var/tmp",
    )
)
"""Below these nothing is a project: what is there was made in passing."""

_SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/sbin", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32",
           "/usr/lib64", "/usr/libexec", "/usr/sbin", "/usr/share", "/etc", "/var/lib")  # fmt: skip
"""Where, in an image without a package database, unowned files say nothing about the user."""

_LOADERS = ("/lib*/ld-*", "/lib/*/ld-*", "/usr/lib*/ld-*")
_SHARED_NAMES = frozenset({"__pycache__", "dist-packages", "node_modules", "site-packages"})
_TRIPLET = re.compile(r"\w+-linux-(gnu|musl)\w*")
_LOOSE = frozenset({"/", "/home", "/opt", "/root", "/srv", "/usr/src", "/var/www"})
"""Shared folders in which people leave an application's files side by side."""
_NAMED = tuple(
    f"/{base}"
    for base in ("etc", "opt", "srv", "usr/lib", "usr/libexec", "usr/local/etc", "usr/local/lib",
                 "usr/local/libexec", "usr/local/share", "usr/share", "var/lib")
)  # fmt: skip
"""Where the files of a program are looked for by its name."""
_PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/games", "/usr/lib", "/usr/libexec")


def application_needs(context: Context) -> Iterator[Need]:
    """Every file of the application, each with why it counts as that."""
    programs = tuple(started_programs(context))
    yield from _project_files(context, programs)
    yield from _package_files(context, programs)
    yield from placed_needs(context)


def started_programs(context: Context) -> Iterator[tuple[str, str]]:
    """(path, purpose) of every program that the image's config starts, wrappers included, and of
    what PID 1 became; paths as execvp(3) looks them up."""
    for command in context.launch.commands:
        environment = context.launch.environment
        lists = list(started(command.arguments, environment))
        if len(command.arguments) > 1 and _is_script(command.arguments[0], context):
            lists += started(command.arguments[1:], environment)  # scripts end in exec "$@" as a rule
        for words in lists:
            found = context.find_command(words[0])
            if found:
                yield found, command.purpose
    for path in context.observed.chain:
        yield path, "entrypoint"


def _is_script(command: str, context: Context) -> bool:
    found = context.find_command(command)
    reached = context.reached(found) if found else None
    return reached is not None and read_shebang(context.head(reached)) is not None


# -- files that no package owns ------------------------------------------------------------------


def _project_files(context: Context, programs: tuple[tuple[str, str], ...]) -> Iterator[Need]:
    folders: dict[ImagePath, str] = {}
    loose: dict[ImagePath, ImagePath] = {}
    workdir = context.reached(context.launch.workdir)
    if _is_bare(context):
        yield from _unowned_under(
            ROOT, "the image holds nothing but the application: no packages, no loader", context
        )
        return
    if workdir and (workdir in WORKABLE or workdir not in SHARED) and not _is_below(workdir, VOLATILE):
        folders[workdir] = "it is in the image's working folder"
    for path in sorted(_unowned_code(context, programs)):
        for named in _named_folders(path, context):
            folders.setdefault(named, f"the folder is named after {printable(path)}, which was started")
        folder = project_folder(path, context)
        if folder is not None:
            folders.setdefault(folder, f"it is in the folder of {printable(path)}, which was used")
        elif parent(path) in _LOOSE or parent(parent(path)) == "/home":
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


def _unowned_code(context: Context, programs: tuple[tuple[str, str], ...]) -> Iterator[ImagePath]:
    """Files of no package that were opened or executed, or that the config names."""
    named = {path for path, _ in programs}
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
    if _is_below(path, VOLATILE) or (not context.owners.has_system_packages and _is_below(path, _SYSTEM)):
        return None
    for folder in reversed(tuple(ancestors(path))):
        if not (is_shared(folder) or context.owners.is_package_folder(folder)):
            return folder
    return None


def is_shared(folder: ImagePath) -> bool:
    """Whether `folder` holds things of many: one of hier(7), a home, a folder of language packages."""
    return (
        folder in SHARED
        or parent(folder) == "/home"
        or name(folder) in _SHARED_NAMES
        or (_TRIPLET.fullmatch(name(folder)) is not None)
        or re.fullmatch(r".*/lib\d*/python3\.\d+t?", folder) is not None
    )


def _is_below(path: ImagePath, folders: tuple[str, ...]) -> bool:
    return any(is_under(path, ImagePath(folder)) for folder in folders)


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
            and not _is_below(target, VOLATILE)
            and not context.owners.is_package_folder(target)
            and not (_is_below(target, _SYSTEM) and not context.owners.has_system_packages)
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


# -- a package of the distribution ---------------------------------------------------------------


def application_packages(
    context: Context, programs: tuple[tuple[str, str], ...]
) -> dict[Package, tuple[ImagePath, str]]:
    """The distribution's packages whose programs the config starts, each with that program."""
    found: dict[Package, tuple[ImagePath, str]] = {}
    for raw, purpose in programs:
        if purpose not in ("entrypoint", "command"):
            continue
        called = name(image_path(raw))
        if called in SHELLS or called in WRAPPERS or INTERPRETERS.fullmatch(called):
            continue
        program = context.tree.resolve(raw, base=context.launch.workdir)
        if program.outcome is not Outcome.FOUND or INTERPRETERS.fullmatch(name(program.path)):
            continue
        for path in (*program.links, program.path):
            package = context.owners.system_owner(path)
            if package is not None and not package.essential:
                found.setdefault(package, (program.path, purpose))
    return found


def _package_files(context: Context, programs: tuple[tuple[str, str], ...]) -> Iterator[Need]:
    owners = context.owners
    packages = application_packages(context, programs)
    for package, (program, purpose) in packages.items():
        why = f"package {package} is the application: the {purpose} starts {printable(program)}"
        for path in owners.files(package):
            yield Need(path, RULE, why, program, part_of=Part.SYSTEM)
    family = _family(context, tuple(packages))
    for package in family:
        why = f"package {package} has the application's configuration and data"
        for path in owners.files(package):
            if not _is_below(path, _PROGRAM_FOLDERS):
                yield Need(path, RULE, why, part_of=Part.SYSTEM)
    for folder in owners.folders_only_of(frozenset((*packages, *family))):
        why = f"it is in {printable(folder)}, a folder of the application's package alone"
        yield Need(folder, RULE, "a folder of the application's package alone", part_of=Part.SYSTEM)
        for path in context.tree.children(folder):
            yield from _unowned_tree(path, why, context)


def _unowned_tree(path: ImagePath, why: str, context: Context) -> Iterator[Need]:
    """An unowned file, or everything unowned in a folder that no package lists."""
    if context.tree[path].kind is not Kind.DIRECTORY:
        if context.owners.owner(path) is None:
            yield Need(path, RULE, why, part_of=Part.SYSTEM)
    elif not context.owners.is_package_folder(path):
        for inside in (path, *context.tree.under(path)):
            if context.owners.owner(inside) is None:
                yield Need(inside, RULE, why, part_of=Part.SYSTEM)


def _built_from(package: Package) -> str:
    """The version of its source: a rebuild for one processor alone (`1.2-3+b1`) leaves that as it is;
    Debian policy 5.6.12."""
    return re.sub(r"\+b\d+$", "", package.version)


def _family(context: Context, packages: tuple[Package, ...]) -> tuple[Package, ...]:
    """Packages that were built with the application's from one source in one version, and that depend
    on them or they on those: they are one program in parts (apache2-bin, apache2 and apache2-data)."""
    members = dict.fromkeys(packages)
    todo = list(packages)
    while todo:
        one = todo.pop()
        for other in context.owners.system_packages:
            same = (other.source, _built_from(other)) == (one.source, _built_from(one))
            if same and other not in members and (other.name in one.depends or one.name in other.depends):
                members[other] = None
                todo.append(other)
    return tuple(sorted(set(members) - set(packages)))
