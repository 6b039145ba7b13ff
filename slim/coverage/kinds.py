"""What a file of the application is, told by its name, its mode and its first bytes."""

from __future__ import annotations

import re
from enum import Enum

from slim.closure.application.whole import INTERPRETERS
from slim.closure.launch import SHELLS
from slim.closure.native.elf import MAGIC
from slim.closure.shell.shebang import read_shebang
from slim.oci.entry import Entry
from slim.oci.path import ImagePath, name


class FileKind(Enum):
    """What counts, and as what."""

    MODULE = "module"
    """A file of code that is loaded as a file."""
    SHELL = "shell script"
    """A module too; it says little about a program that it only starts."""
    ARCHIVE = "archive"
    """Code in one file with much else: opened as one, whatever of it runs."""
    PROGRAM = "program"
    """A native program."""
    PAGE = "page"
    """A template, a view, or a page as it is."""
    OTHER = "other"


MODULES = (".cgi", ".cjs", ".class", ".cts", ".fcgi", ".js", ".jsx", ".lua", ".mjs", ".mts", ".php", ".pl",
           ".pm", ".psgi", ".py", ".pyc", ".rake", ".rb", ".ru", ".ts", ".tsx")  # fmt: skip
SHELL = (".bash", ".ksh", ".sh")
TYPESCRIPT = (".cts", ".mts", ".ts", ".tsx")
"""Loaded by some runtimes; for others the source of what was compiled."""
ARCHIVES = (".ear", ".jar", ".phar", ".pyz", ".war")
PAGES = (".cshtml", ".ejs", ".eex", ".erb", ".ftl", ".ftlh", ".gohtml", ".gotmpl", ".haml", ".hbs", ".heex",
         ".htm", ".html", ".j2", ".jinja", ".jinja2", ".jsp", ".liquid", ".mako", ".mustache", ".njk",
         ".phtml", ".pug", ".slim", ".tmpl", ".tpl", ".tt", ".twig", ".vm", ".xhtml")  # fmt: skip
JAVASCRIPT = (".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx")
"""Of a server or of a browser: of a browser where nothing in the image runs it; else the folder tells."""
JAVASCRIPT_RUNTIMES = frozenset({"bun", "deno", "node", "nodejs", "qjs"})

_BROWSER = re.compile(r"/(static|staticfiles|public|assets|htdocs|wwwroot|media|bower_components)/")
"""Folders of what a server hands out as it is."""

_NEVER_LOADED = re.compile(
    r".*\.d\.[cm]?ts|.*/(setup|conftest|noxfile|fabfile|tests)\.py"
    r"|.*/(gulpfile|Gruntfile)(\.babel)?\.[cm]?[jt]s"
    r"|.*/(webpack|rollup|vite|vitest|jest|babel|eslint|postcss|tailwind|prettier|playwright|cypress|karma)"
    r"\.config\.[cm]?[jt]s"
    r"|.*/(tests?|spec|specs|__tests__|__mocks__)/.*|.*/test_[^/]*\.py|.*/[^/]*_test\.(py|rb|php)"
    r"|.*\.(test|spec)\.[cm]?[jt]sx?|.*/[^/]*_spec\.rb|.*\.t"
)
"""Tools of a build and tests: no probe of the application would ever load them."""


def is_for_browsers(path: ImagePath) -> bool:
    """Whether `path` lies in a folder of files that are handed out as they are."""
    return _BROWSER.search(path) is not None


def kind_of(path: ImagePath, entry: Entry, head: bytes) -> FileKind:
    """What the file at `path` counts as; `head` are its first bytes, empty where they are not needed."""
    if path.endswith(PAGES):
        return FileKind.PAGE
    if not entry.size or _NEVER_LOADED.fullmatch(path) or "/__pycache__/" in path:
        return FileKind.OTHER
    if path.endswith(MODULES):
        browser = path.endswith(JAVASCRIPT) and is_for_browsers(path)
        return FileKind.OTHER if browser else FileKind.MODULE
    if path.endswith(SHELL):
        return FileKind.SHELL
    if path.endswith(ARCHIVES):
        return FileKind.ARCHIVE
    if not needs_head(path, entry):
        return FileKind.OTHER
    if head.startswith(MAGIC):  # a link of a virtual environment leads to somebody else's
        return FileKind.OTHER if INTERPRETERS.fullmatch(name(path)) else FileKind.PROGRAM
    shebang = read_shebang(head)
    if shebang is None:
        return FileKind.OTHER
    return FileKind.SHELL if shebang.program in SHELLS else FileKind.MODULE


def is_startable(path: ImagePath, entry: Entry, head: bytes) -> bool:
    """Whether the kernel would start the file at `path`: execve(2)."""
    return needs_head(path, entry) and (head.startswith(MAGIC) or read_shebang(head) is not None)


def needs_head(path: ImagePath, entry: Entry) -> bool:
    """Whether a file may be started, which its first bytes tell."""
    return bool(entry.mode & 0o111) and entry.size > 0 and not _is_library(path)


def _is_library(path: ImagePath) -> bool:
    return name(path).endswith(".so") or ".so." in name(path)
