"""Rule: what a kept Python file may import, and what a distribution brings of which code is kept.

Edges go from file to file, so the closure follows of itself. A module that was loaded keeps its source
beside its byte code, one that is only reachable its source alone. Sources wait until their interpreter is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.used import is_code
from slim.closure.python import mentions
from slim.closure.python.archive import ARCHIVE, is_archive
from slim.closure.python.binary import BYTECODE, EXTENSION, Names, prefixes
from slim.closure.python.distributions import Distributions, top_folder
from slim.closure.python.edges import Edge, Missing, Role, Source
from slim.closure.python.embedded import CYTHON
from slim.closure.python.interpreters import Interpreter, Interpreters, is_installed
from slim.closure.python.names import Place, matching
from slim.closure.python.syntax import SOURCE
from slim.closure.python.wanted import wanted_files
from slim.closure.python.written import HOLE, Written
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import line_needs, program_needs
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, ancestors, name, parent, printable
from slim.plan import Gap, Reason, Unresolved

RULE = "import"
PACKAGE = "package"
DEPENDENCY = "dependency"
COMMAND = "script"

_COMPLETION = "completion"
"""In the name of a source: it asks a person's interactive shell, which no container has, for its version."""

_LIBRARY = re.compile(r"lib[^.]*\.so")
_LARGE = 1 << 25

_TEST_FOLDERS = ("/tests/", "/test/", "/conftest.py")

Found = Iterator[Need | Unresolved]


class PythonRule:
    """Imports, distributions and the programs that Python code starts; one instance serves one plan."""

    def __init__(self, whole: bool = False) -> None:
        """`whole`: distributions of which code is kept are kept whole."""
        self._is_whole = whole
        self._context: Context | None = None
        self._waiting: dict[ImagePath, None] = {}
        self._running: list[Interpreter] = []
        self._touched: set[Package | ImagePath] = set()
        self._unread: set[Package] = set()
        self._started: set[str] = set()
        self._asked_for: set[Package] = set()
        """Distributions whose commands are kept."""
        self._packages: dict[ImagePath, None] = {}
        """Folders of kept packages, for the patterns."""
        self._patterns: dict[tuple[str, ...], ImagePath] = {}
        """Open names, each with the source that makes it."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Found:
        """What follows from one kept file."""
        if entry.kind is not Kind.FILE:
            return
        if self._context is None:
            self._context = context
            self._interpreters = Interpreters(context)
            self._distributions = Distributions(context, self._interpreters)
        yield from self._runtime(path, context)
        if not is_python(path, context):
            yield from self._other(path, context)
            return
        if path.endswith(".pyc"):
            yield from self._of_bytecode(path, context)
        yield from self._distribution(path, context)
        self._waiting[path] = None
        for interpreter in self._running:
            yield from self._read(path, interpreter, context)

    def module_files(self, pattern: str, context: Context) -> Iterator[ImagePath]:
        """The files of the modules that a profile names, in every Python that is kept."""
        del context
        for interpreter in self._running:
            yield from wanted_files(pattern, interpreter.path)

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Found:
        """Distributions that no known interpreter runs (PyPy, a Python in an odd place): nothing tells what
        of them is imported, so that they are kept whole."""
        del fresh
        for package in sorted(one for one in self._touched if isinstance(one, Package)):
            site = package.folder or ImagePath("/")
            if package in self._unread or any(self._interpreters.sees(one, site) for one in self._running):
                continue
            self._unread.add(package)
            why = f"python package {printable(package.name)} is used, by no Python that slim knows"
            for path in context.owners.files(package):
                yield Need(path, PACKAGE, why, None, part_of=Part.LANGUAGE)

    # -- interpreters and what waits for them ----------------------------------------------------

    def _runtime(self, path: ImagePath, context: Context) -> Found:
        """An interpreter brings its standard library; once that is there, sources that waited
        for it are read."""
        for runtime in context.owners.runtimes:
            if runtime.language != "python":
                continue
            if runtime.is_program(path):
                yield Need(runtime.marker, RULE, "the standard library of an interpreter", path)
            if runtime.marker == path:
                interpreter = self._interpreters.of(runtime)
                self._running.append(interpreter)
                for dotted, is_started in mentions.of_launch(context):
                    yield from self._named(dotted, is_started, path, "the image's configuration", context)
                for written in mentions.code_of_launch(context):
                    yield from self._embedded(written, path, interpreter, "the image's configuration")
                for source in tuple(self._waiting):
                    if is_python(source, context):
                        yield from self._read(source, interpreter, context)
                    else:
                        yield from self._text(source, context)

    def _other(self, path: ImagePath, context: Context) -> Found:
        """A file that is not Python: data of a distribution that was used, settings, a shell script."""
        package = context.owners.owner(path)
        if package is None or _is_application(path, context):
            self._waiting[path] = None
            if self._running:
                yield from self._text(path, context)
        elif package.ecosystem is Ecosystem.PYTHON and path in context.observed.opened:
            yield from self._distribution(path, context)

    def _text(self, path: ImagePath, context: Context) -> Found:
        for dotted, is_started in mentions.in_text(path, context):
            yield from self._named(dotted, is_started, path, printable(path), context)
        written = mentions.code_in(path, context) or Written()
        for interpreter in self._running:
            yield from self._embedded(written, path, interpreter, printable(path))

    def _embedded(self, written: Written, path: ImagePath, interpreter: Interpreter, who: str) -> Found:
        """The edges of Python code in something else: the command `python -c`, a pickle."""
        place = Place(path, (parent(path),))
        for edge in Source(place, written, Role.APPLICATION, interpreter, True, lambda _: ()).edges():
            if isinstance(edge, Edge):
                yield Need(edge.raw, RULE, f"{who} imports {edge.what}", path)

    def _named(self, dotted: str, is_started: bool, source: ImagePath, who: str, context: Context) -> Found:
        """A module that something else than Python code names."""
        for interpreter in self._running:
            found = interpreter.path.find(dotted)
            missing = dotted.count(".") + 1 - found.depth
            if not is_started and (found.depth < 2 or missing > 1):
                continue
            if is_started and missing:
                continue
            files = [*found.files]
            if is_started:
                files += interpreter.path.inside(found.folders, ["__main__"]).files
                self._started.update(files[-1:])
            for raw in files:
                yield Need(raw, RULE, f"{who} names {dotted}", source)
                yield from self._commands(raw, source, f"{who} names", context)

    # -- one source ------------------------------------------------------------------------------

    def _of_bytecode(self, path: ImagePath, context: Context) -> Found:
        """Byte code in `__pycache__` counts only with its source (PEP 3147)."""
        if name(parent(path)) == "__pycache__":
            source = ImagePath(f"{parent(parent(path))}/{name(path).partition('.')[0]}.py")
            if source in context.tree:
                yield Need(source, RULE, "byte code is used only beside its source", path)

    def _read(self, path: ImagePath, interpreter: Interpreter, context: Context) -> Found:
        if not self._interpreters.sees(interpreter, path):
            return
        role = self._role(path, interpreter, context)
        if role is not Role.APPLICATION:
            for file in self._around(path, interpreter):
                yield Need(file, RULE, "the package that it is in", path)
        if path.endswith(".so"):
            names = None if _is_plain_library(path, context) else context.facts(path, EXTENSION)
            if names is not None:
                yield from self._compiled(path, names, interpreter)
            twin = ImagePath(f"{parent(path)}/{name(path).partition('.')[0]}.py")
            for beside in (twin, ImagePath(f"{twin}x")):
                if beside in context.tree:
                    yield from self._source(path, beside, role, interpreter, context)
        elif path.endswith(".pyc"):
            if name(parent(path)) != "__pycache__" and ImagePath(path[:-1]) not in context.tree:
                names = context.facts(path, BYTECODE)
                if names is not None:
                    yield from self._compiled(path, names, interpreter)
        else:
            if name(path) == "__init__.py":
                yield from self._new_package(parent(path), interpreter)
            yield from self._source(path, path, role, interpreter, context)

    def _around(self, path: ImagePath, interpreter: Interpreter) -> Iterator[str]:
        for folder in ancestors(path):
            files = interpreter.path.package_file(folder)
            if not files:
                return
            yield from (file for file in files if file != path)

    def _source(
        self, path: ImagePath, text: ImagePath, role: Role, interpreter: Interpreter, context: Context
    ) -> Found:
        """The edges of what is written in `text`, on behalf of the kept `path`."""
        parser = ARCHIVE if is_archive(text, context.head(text)) else SOURCE
        written = context.facts(text, CYTHON if text.endswith(".pyx") else parser)
        if written is None:
            told = "too large to be read: what it imports is not known"
            yield Unresolved(RULE, path, name(path), told, Gap.UNREADABLE)
            return
        first: tuple[ImagePath, ...] = ()
        if role is Role.APPLICATION or not (is_installed(path) or interpreter.is_standard(path)):
            first = (interpreter.path.top_of(path),)
        is_program = (not is_installed(path) and not path.endswith(".py")) or name(path) == "__main__.py"
        source = Source(
            Place(path, first),
            written,
            role,
            interpreter,
            is_program or path in self._started,
            lambda init: self._exports(ImagePath(init), context),
        )
        of_user = self._is_of_user(path, role, context)
        for edge in source.edges():
            if isinstance(edge, Edge):
                part = Part.DEFERRED if edge.deferred else None
                yield Need(edge.raw, RULE, f"{printable(path)} imports {edge.what}", path, part_of=part)
                if of_user:
                    yield from self._commands(edge.raw, path, f"{printable(path)} imports", context)
            elif isinstance(edge, Missing) and role is Role.APPLICATION:
                yield Unresolved(RULE, path, edge.what, "no such module in the image")
        for pattern in source.open_patterns():
            yield from self._new_pattern(pattern, path, interpreter)
        yield from self._groups(written, path, interpreter, role)
        yield from self._programs(written, path, role, context)
        yield from _gaps(written, path, role, context)

    def _exports(self, init: ImagePath, context: Context) -> tuple[str, ...]:
        written = context.facts(init, SOURCE) if init.endswith(".py") else None
        return written.exports if written else ()

    def _role(self, path: ImagePath, interpreter: Interpreter, context: Context) -> Role:
        if interpreter.is_standard(path):
            return Role.STANDARD
        if not is_installed(path) and _is_application(path, context):
            return Role.APPLICATION
        if any(part in path for part in _TEST_FOLDERS) and path not in context.observed.opened:
            return Role.TEST if "/django/test/" not in path else Role.LIBRARY
        return Role.LIBRARY

    def _programs(self, written: Written, path: ImagePath, role: Role, context: Context) -> Found:
        """Programs that the application starts, or a library that was loaded: others probe for tools
        of every platform."""
        if role is Role.STANDARD or not (role is Role.APPLICATION or _is_loaded(path, context)):
            return
        if role is Role.LIBRARY and _COMPLETION in name(path):
            return
        for line in written.lines:
            yield from line_needs(line, path, COMMAND, context)
        for words in written.programs:
            yield from program_needs(words, path, COMMAND, context)

    def _groups(self, written: Written, path: ImagePath, interpreter: Interpreter, role: Role) -> Found:
        """The entry points of groups that a source loads, of every distribution."""
        if not written.groups or role is Role.STANDARD:
            return
        points = self._distributions.entry_points
        wanted = {group for group in written.groups if HOLE not in group}
        if HOLE in written.groups:
            wanted |= points.keys() & {*written.words, *written.dotted}
        for group in sorted(wanted & points.keys()):
            for point in points[group]:
                why = f"{printable(path)} loads the entry points {group}"
                yield Need(point.file, RULE, why, path)
                for raw in interpreter.path.find(point.module).files:
                    yield Need(raw, RULE, why, path)

    def _compiled(self, path: ImagePath, names: Names, interpreter: Interpreter) -> Found:
        """Modules that compiled code names."""
        why = f"a string of {printable(path)}"
        search = interpreter.path
        standard = interpreter.is_standard(path)
        for dotted in names.dotted:
            above = dotted.rpartition(".")[0]
            if above.partition(".")[0] not in search.tops or search.find(above).depth <= above.count("."):
                continue  # most strings of this form are no names of modules
            for candidate in prefixes(dotted):
                found = search.find(candidate)
                if found.depth == candidate.count(".") + 1:
                    for raw in found.files:
                        yield Need(raw, RULE, f"{why}: {candidate}", path, part_of=Part.COMPILED)
                    break
        for word in names.words:
            found = search.find(word) if standard else search.inside((parent(path),), [word])
            if found.files and interpreter.is_standard(found.files[0]) == standard:
                for raw in found.files:
                    yield Need(raw, RULE, f"{why}: {word}", path, part_of=Part.COMPILED)

    # -- names in any package --------------------------------------------------------------------

    def _new_pattern(self, parts: tuple[str, ...], source: ImagePath, interpreter: Interpreter) -> Found:
        if parts in self._patterns:
            return
        self._patterns[parts] = source
        for folder in tuple(self._packages):
            yield from self._fill(parts, source, folder, interpreter)

    def _new_package(self, folder: ImagePath, interpreter: Interpreter) -> Found:
        if interpreter.is_standard(f"{folder}/"):
            return
        self._packages[folder] = None
        for parts, source in tuple(self._patterns.items()):
            yield from self._fill(parts, source, folder, interpreter)

    def _fill(
        self, parts: tuple[str, ...], source: ImagePath, folder: ImagePath, interpreter: Interpreter
    ) -> Found:
        told = f"{printable(source)} imports *.{'.'.join(parts).replace(HOLE, '*')}"
        for raw in matching((folder,), list(parts), interpreter.path):
            yield Need(raw, RULE, told, source, part_of=Part.DEFERRED)

    # -- distributions ---------------------------------------------------------------------------

    def _distribution(self, path: ImagePath, context: Context) -> Found:
        """The metadata and data of the distribution that a kept file is code of."""
        package = context.owners.owner(path)
        if package is not None and package.ecosystem is Ecosystem.PYTHON:
            if is_code(path, package):
                yield from self._touch(package, path, context)
            elif path in context.observed.opened and package not in self._touched:
                why = f"python package {printable(package.name)} was used"
                for other in self._distributions.metadata(package):
                    yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)
        else:
            top = top_folder(path)
            if top is not None and top not in self._touched:
                self._touched.add(top)
                why = f"code of {printable(name(top))} is kept"
                for other in self._distributions.data_beside(path):
                    yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)

    def _touch(self, package: Package, path: ImagePath, context: Context) -> Found:
        """All of a distribution but its modules, and the distributions that it requires."""
        todo = [(package, path, PACKAGE, f"python package {printable(package.name)} is used")]
        while todo:
            package, source, rule, why = todo.pop(0)
            if package in self._touched:
                continue
            self._touched.add(package)
            files: Iterable[ImagePath] = context.owners.files(package)
            if not self._is_whole:
                files = (*self._distributions.metadata(package), *self._distributions.data(package))
            for other in files:
                yield Need(other, rule, why, source, part_of=Part.LANGUAGE)
            if rule is DEPENDENCY:
                yield from self._tops(package, source, why)
            for required, said_by in self._distributions.required(package):
                told = f"{printable(package.name)} requires it"
                todo.append((required, said_by, DEPENDENCY, told))

    def _is_of_user(self, path: ImagePath, role: Role, context: Context) -> bool:
        """Whether a source is the application's, or of a distribution whose command was run."""
        if role is Role.APPLICATION:
            return True
        return role is Role.LIBRARY and context.owners.owner(path) in self._run_packages

    @cached_property
    def _run_packages(self) -> frozenset[Package]:
        context = self._context
        owners = (context.owners.owner(path) for path in context.observed.executed) if context else ()
        return frozenset(one for one in owners if one is not None and one.ecosystem is Ecosystem.PYTHON)

    def _commands(self, raw: str, source: ImagePath, who: str, context: Context) -> Found:
        """The commands of a distribution that the user's own code is written for: migrations, a shell,
        administration. Those of what that only depends on are not the user's."""
        package = context.owners.owner(ImagePath(raw))
        if package is None or package in self._asked_for or package.ecosystem is not Ecosystem.PYTHON:
            return
        self._asked_for.add(package)
        why = f"{who} {printable(package.name)}, which has this command"
        for path in self._distributions.commands(package):
            yield Need(path, PACKAGE, why, source, part_of=Part.LANGUAGE)

    def _tops(self, package: Package, source: ImagePath, why: str) -> Found:
        for interpreter in self._running:
            for top in self._distributions.top_modules(package):
                for raw in interpreter.path.find(top).files:
                    yield Need(raw, DEPENDENCY, why, source, part_of=Part.DEFERRED)


def _gaps(written: Written, path: ImagePath, role: Role, context: Context) -> Iterator[Unresolved]:
    """What could not be told of a source."""
    if written.errors:
        told = "much of it is no Python that could be read: imports may be missing"
        yield Unresolved(RULE, path, name(path), told, Gap.UNREADABLE)
    is_ours = role is Role.APPLICATION or (role is not Role.STANDARD and _is_loaded(path, context))
    if written.unknown and is_ours:
        told = "imports a module by a name that is made at run time"
        yield Unresolved(RULE, path, f"line {written.unknown}", told, Gap.UNKNOWN)


def is_python(path: ImagePath, context: Context) -> bool:
    """Whether a kept file is code for Python: by its name, or its first line. A setup.py is for building."""
    last = name(path)
    if last.endswith((".py", ".pyw", ".pyc", ".pyz", ".egg", ".pex", ".pth")):
        return last != "setup.py"
    if last.endswith(".so"):
        return is_installed(path) or "/lib-dynload/" in path or ".cpython-" in last or ".abi3." in last
    return b"python" in context.head(path).partition(b"\n")[0] and context.head(path).startswith(b"#!")


def _is_plain_library(path: ImagePath, context: Context) -> bool:
    """Whether a `.so` is a shared library that bindings load and nobody imports: by its name, and as large
    as extension modules are not, since such a name may be a module's too."""
    return bool(_LIBRARY.fullmatch(name(path))) and context.tree[path].size > _LARGE


def _is_application(path: ImagePath, context: Context) -> bool:
    if context.owners.owner(path) is None:
        return True
    reasons: Iterable[Reason] = context.kept.get(path, ())
    return any(reason.rule == "application" for reason in reasons)


def _is_loaded(path: ImagePath, context: Context) -> bool:
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
