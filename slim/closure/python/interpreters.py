"""The Pythons of an image that are kept, each with its import path; library/site.html says how it grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from slim.closure.packages.runtimes import Runtime
from slim.closure.python.folder import Folders
from slim.closure.python.modules import sites
from slim.closure.python.path import ImportPath
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, is_under, name, parent

_LIMIT = 1 << 20
_VERSIONED = re.compile(r"/python(3\.\d+t?)(/|$)")
_MAPPED = re.compile(r"""["'][^"']+["']\s*:\s*["'](/[^"']+)["']""")


@dataclass(frozen=True)
class Interpreter:
    """One Python that is kept."""

    runtime: Runtime
    path: ImportPath

    def is_standard(self, path: str) -> bool:
        """Whether a file belongs to its standard library."""
        return path.startswith(self.runtime.home + "/") and not is_installed(path)


def is_installed(path: str) -> bool:
    """Whether a path is in a folder for distributions."""
    return "/site-packages/" in path or "/dist-packages/" in path


class Interpreters:
    """The import paths of one image; one instance serves one plan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.folders = Folders(context.tree)
        self._made: dict[ImagePath, Interpreter] = {}

    def of(self, runtime: Runtime) -> Interpreter:
        """The interpreter of a runtime."""
        made = self._made.get(runtime.home)
        if made is None:
            version = name(runtime.home).removeprefix("python").rstrip("t").replace(".", "")
            path = ImportPath(self._roots(runtime), version, self.folders)
            made = self._made[runtime.home] = Interpreter(runtime, path)
        return made

    @cached_property
    def sites(self) -> tuple[ImagePath, ...]:
        """The folders with distributions that a process of the traced run looked at; all where none
        was: an unused virtual environment stays out."""
        context = self._context
        known = sites(context.tree, (package.folder for package in context.owners.distributions))
        return tuple(site for site in known if site in context.observed.touched) or known

    def sees(self, interpreter: Interpreter, path: ImagePath) -> bool:
        """Whether code at `path` can run in it: all but another version's and another one's own."""
        home = interpreter.runtime.home
        if is_under(path, home):
            return True
        others = (r.home for r in self._context.owners.runtimes if r.language == "python" and r.home != home)
        if any(is_under(path, other) for other in others):
            return False
        version = _VERSIONED.search(path)
        return version is None or name(home) == f"python{version[1]}"

    def _roots(self, runtime: Runtime) -> Iterator[ImagePath]:
        context = self._context
        for variable in ("PYTHONPATH",):
            for text in context.launch.environment.get(variable, "").split(":"):
                folder = context.reached(text) if text else None
                if folder:
                    yield folder
        yield runtime.home
        yield ImagePath(f"{runtime.home}/lib-dynload")
        fitting = [site for site in self.sites if self._fits(site, runtime)]
        yield from fitting
        for site in fitting:
            yield from self._added(site)
        workdir = context.reached(context.launch.workdir)
        if workdir and workdir != "/":
            yield workdir

    def _fits(self, site: ImagePath, runtime: Runtime) -> bool:
        """Whether a site is one of this runtime: of its prefix and version, or a virtual environment of its
        version where no other runtime is closer."""
        version = _VERSIONED.search(site)
        if version is not None and f"python{version[1]}" != name(runtime.home):
            return False
        closer = [
            other
            for other in self._context.owners.runtimes
            if other.language == "python" and is_under(site, parent(parent(other.home))) and other != runtime
        ]
        return not any(is_under(site, other.home) for other in closer)

    def _added(self, site: ImagePath) -> Iterator[ImagePath]:
        """Folders that the site's `.pth` files and editable installs put on the path."""
        context = self._context
        for path in context.tree.children(site):
            entry = context.tree[path]
            if entry.kind is not Kind.FILE or entry.size > _LIMIT:
                continue
            if path.endswith((".pth", ".egg-link")):
                text = context.tree.read(path, _LIMIT).decode("utf-8", "surrogateescape")
                for line in text.splitlines():
                    raw = line.strip()
                    if raw and not raw.startswith(("import ", "import\t", "#")) and "\0" not in raw:
                        yield from self._folder(raw if raw.startswith("/") else f"{site}/{raw}")
            elif name(path).startswith("__editable__"):
                text = context.tree.read(path, _LIMIT).decode("utf-8", "surrogateescape")
                for mapped in _MAPPED.findall(text):
                    yield from self._folder(parent(mapped))

    def _folder(self, raw: str) -> Iterator[ImagePath]:
        folder = self._context.reached(raw)
        if folder and folder != "/" and self._context.tree[folder].kind is Kind.DIRECTORY:
            yield folder
