"""Which kept files are Python's, and whose."""

from __future__ import annotations

import re

from slim.closure.application import RULE as APPLICATION
from slim.closure.python.edges import Role
from slim.closure.python.interpreters import Interpreter, is_installed
from slim.closure.rule import Context
from slim.oci.path import ImagePath, name, parent

_LIBRARY = re.compile(r"lib[^.]*\.so")
_LARGE = 1 << 25
_TEST_FOLDERS = ("/tests/", "/test/", "/conftest.py")


def is_python(path: ImagePath, context: Context) -> bool:
    """Whether a kept file is code for Python: by its name, or its first line. A setup.py is for building."""
    last = name(path)
    if last.endswith((".py", ".pyw", ".pyc", ".pyz", ".egg", ".pex", ".pth")):
        return last != "setup.py"
    if last.endswith(".so"):
        return is_installed(path) or "/lib-dynload/" in path or ".cpython-" in last or ".abi3." in last
    return b"python" in context.head(path).partition(b"\n")[0] and context.head(path).startswith(b"#!")


def role_of(path: ImagePath, interpreter: Interpreter, context: Context) -> Role:
    """Whose a source is, as far as its imports go."""
    if interpreter.is_standard(path):
        return Role.STANDARD
    if not is_installed(path) and is_application(path, context):
        return Role.APPLICATION
    is_test = any(part in path for part in _TEST_FOLDERS) and "/django/test/" not in path
    return Role.TEST if is_test and path not in context.observed.opened else Role.LIBRARY


def is_plain_library(path: ImagePath, context: Context) -> bool:
    """Whether a `.so` is a shared library that bindings load and nobody imports: by its name, and as large
    as extension modules are not, since such a name may be a module's too."""
    return bool(_LIBRARY.fullmatch(name(path))) and context.tree[path].size > _LARGE


def is_application(path: ImagePath, context: Context) -> bool:
    """Whether no package owns a file, or it was kept as the application's."""
    if context.owners.owner(path) is None:
        return True
    return any(reason.rule == APPLICATION for reason in context.kept.get(path, ()))


def is_loaded(path: ImagePath, context: Context) -> bool:
    """Whether a process of the traced runs opened a module, or its byte code."""
    opened = context.observed.opened
    if path in opened:
        return True
    cache, stem = f"{parent(path)}/__pycache__", name(path).removesuffix(".py")
    return any(
        other in opened
        for other in context.tree.children(ImagePath(cache))
        if name(other).startswith(f"{stem}.")
    )
