"""Ground that many things share: folders of hier(7), homes, folders of language packages.

What lies directly on it is nobody's for that; a folder on it that no package lists is a project.
"""

from __future__ import annotations

import re

from slim.oci.path import ImagePath, is_under, name, parent

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

LOOSE = frozenset({"/", "/home", "/opt", "/root", "/srv", "/usr/src", "/var/www"})
"""Shared folders in which people leave an application's files side by side."""

VOLATILE = tuple(
    f"/{folder}"
    for folder in ("dev", "proc", "run", "sys", "tmp", "var/cache", "var/lock", "var/log", "var/run",
                   "var/tmp")
)  # fmt: skip
"""Below these nothing is a project: what is there was made in passing."""

SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/sbin", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32",
           "/usr/lib64", "/usr/libexec", "/usr/sbin", "/usr/share", "/etc", "/var/lib")  # fmt: skip
"""Where, in an image without a package database, unowned files say nothing about the user."""

_SHARED_NAMES = frozenset({"__pycache__", "dist-packages", "node_modules", "site-packages"})
_TRIPLET = re.compile(r"\w+-linux-(gnu|musl)\w*")


def is_shared(folder: ImagePath) -> bool:
    """Whether `folder` holds things of many: one of hier(7), a home, a folder of language packages."""
    return (
        folder in SHARED
        or parent(folder) == "/home"
        or name(folder) in _SHARED_NAMES
        or (_TRIPLET.fullmatch(name(folder)) is not None)
        or re.fullmatch(r".*/lib\d*/python3\.\d+t?", folder) is not None
    )


def is_below(path: ImagePath, folders: tuple[str, ...]) -> bool:
    """Whether `path` is one of `folders`, or inside of one."""
    return any(is_under(path, ImagePath(folder)) for folder in folders)
