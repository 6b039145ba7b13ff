"""Where the Perl of an image looks for modules: perlvar(1), @INC.

The folders that a perl was built with are strings of its program, or of libperl, and are read
from there: each distribution has its own, and nothing of the image is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, image_path, is_under, name, parent

PROGRAM = re.compile(r"perl(5(\.\d+)*)?|libperl\.so.*")
"""The interpreter, and the library of one that lives in another program (mod_perl, PL/Perl)."""

CORE = re.compile(
    r"(?!/usr/lib/[^/]+-linux-gnu\w*/perl5/).*/(perl-base|core_perl|perl5?/\d[\d.]*)(/[\w-]+-linux[\w-]*)?"
)
"""Folders of Perl's own modules, as distributions call them. Debian's `perl5` below a multiarch folder
has the compiled modules of other packages."""

VENDOR = "vendor_perl"
"""Where a folder of this name is inside of a folder of modules, Fedora's way, that one is Perl's own."""

_FOLDER = re.compile(rb"/[\w.+-]+(?:/[\w.+-]+)*/[\w./+-]*perl[\w./+-]*(?=[\0:])|/etc/perl(?=[\0:])")
_MAX_PROGRAM = 1 << 24


class ModuleSearch:
    """The folders of @INC, and look-ups in all of them.

    Every folder that has a file of the name counts, not the first alone: their order is the
    program's secret, and two of them rarely have the same.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folders: dict[str, ImagePath] = {}
        """As Perl spells it → where it leads."""
        self._endings: dict[str, set[str]] | None = None
        """Last part of a name → the modules that end so; None until it is asked for."""
        for folder in context.launch.environment.get("PERL5LIB", "").split(":"):
            self.add(folder)

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(self._folders)

    def learn(self, program: ImagePath) -> None:
        """Take in the folders that an interpreter was built with."""
        raw = self._context.tree.read(program, _MAX_PROGRAM)
        for folder in sorted({match[0].decode("ascii") for match in _FOLDER.finditer(raw)}):
            self.add(folder.rstrip("/"))

    def add(self, folder: str) -> bool:
        """Another folder of @INC, with its folders for compiled modules; whether it is new."""
        reached = self._context.reached(folder) if folder and "\0" not in folder else None
        if (
            reached is None
            or self._context.tree[reached].kind is not Kind.DIRECTORY
            or folder in self._folders
        ):
            return False
        self._endings = None
        self._folders[folder] = reached
        for child in self._context.tree.children(reached):  # lib.pm: ARCHNAME below a folder with auto/
            if ImagePath(f"{child}/auto") in self._context.tree:
                self._folders[f"{folder}/{name(child)}"] = child
        return True

    def find(self, relative: str) -> Iterator[str]:
        """The paths by which `relative` is a file, folder by folder."""
        for folder in self._folders:
            path = f"{folder}/{relative}"
            if self._context.reached_file(path) is not None:
                yield path

    def find_module(self, module: str) -> Iterator[str]:
        """The files of `Foo::Bar`."""
        return self.find(module.replace("::", "/") + ".pm")

    def ending(self, called: str) -> tuple[str, ...]:
        """The modules of all folders whose names end with `called`, a whole name behind a `::`."""
        if self._endings is None:
            self._endings = {}
            for reached in set(self._folders.values()):
                for path in self._context.tree.under(reached):
                    if path.endswith(".pm"):
                        module = path[len(reached) + 1 : -3].replace("/", "::")
                        self._endings.setdefault(module.rpartition("::")[2], set()).add(module)
        known = self._endings.get(called.rpartition("::")[2], set())
        return tuple(sorted(module for module in known if module.endswith(f"::{called}")))

    def below(self, relative: str) -> Iterator[str]:
        """Every file below a folder of that relative name."""
        for folder in self._folders:
            reached = self._context.reached(f"{folder}/{relative}")
            if reached is None or self._context.tree[reached].kind is not Kind.DIRECTORY:
                continue
            for path in self._context.tree.under(reached):
                if self._context.tree[path].kind is not Kind.DIRECTORY:
                    yield f"{folder}/{relative}{path[len(reached) :]}"

    def relative(self, path: ImagePath) -> str | None:
        """`Foo/Bar.pm` of a module's path; the innermost folder decides. None outside of @INC."""
        inside = [
            reached for reached in self._folders.values() if is_under(path, reached) and path != reached
        ]
        return path[len(max(inside, key=len)) + 1 :] if inside else None

    def is_core(self, path: ImagePath) -> bool:
        """Whether it is one of Perl's own modules."""
        inside = [reached for reached in self._folders.values() if is_under(path, reached)]
        folder = max(inside, key=len, default=None)
        return folder is not None and (
            CORE.fullmatch(folder) is not None or ImagePath(f"{folder}/{VENDOR}") in self._context.tree
        )


def is_interpreter(path: ImagePath, head: bytes) -> bool:
    """Whether `path` is a perl or its library."""
    return head.startswith(b"\x7fELF") and PROGRAM.fullmatch(name(path)) is not None


def placed(folder: str, script: ImagePath) -> str:
    """A folder of `use lib` as a path: `{}` is the script's own folder."""
    return str(image_path(folder.replace("{}", parent(script))))
