"""Rule: what a kept Python file may import, and what a distribution brings of which code is kept.

Edges go from file to file, so the closure follows of itself. A module that was loaded keeps its source
beside its byte code, one that is only reachable its source alone. Sources wait until their interpreter is
kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.packages.package import Ecosystem
from slim.closure.python import RULE, mentions
from slim.closure.python.archive import ARCHIVE, is_archive
from slim.closure.python.binary import BYTECODE, EXTENSION
from slim.closure.python.compiled import compiled_needs
from slim.closure.python.distribution_needs import DistributionNeeds
from slim.closure.python.edges import Edge, Missing, Role, Source
from slim.closure.python.embedded import CYTHON
from slim.closure.python.interpreters import Interpreter, Interpreters, is_installed
from slim.closure.python.kinds import is_application, is_loaded, is_plain_library, is_python, role_of
from slim.closure.python.names import Place
from slim.closure.python.open_names import OpenNames
from slim.closure.python.syntax import SOURCE
from slim.closure.python.wanted import wanted_files
from slim.closure.python.written import Written
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import command_needs
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, ancestors, name, parent, printable
from slim.plan import Gap, Unresolved

COMMAND = "script"

_COMPLETION = "completion"
"""In the name of a source: it asks a person's interactive shell, which no container has, for its version."""

Found = Iterator[Need | Unresolved]


class PythonRule:
    """Imports, distributions and the programs that Python code starts; one instance serves one plan."""

    def __init__(self, context: Context, *, whole: bool = False) -> None:
        """`whole`: distributions of which code is kept are kept whole."""
        self._waiting: dict[ImagePath, None] = {}
        self._running: list[Interpreter] = []
        self._started: set[str] = set()
        self._open_names = OpenNames()
        self._interpreters = Interpreters(context)
        self._packages = DistributionNeeds(self._interpreters, self._running, context, whole=whole)

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Found:
        """What follows from one kept file."""
        if entry.kind is not Kind.FILE:
            return
        yield from self._runtime(path, context)
        if not is_python(path, context):
            yield from self._other(path, context)
            return
        if path.endswith(".pyc"):
            yield from self._of_bytecode(path, context)
        yield from self._packages.of_code(path)
        self._waiting[path] = None
        for interpreter in self._running:
            yield from self._read(path, interpreter, context)

    def module_files(self, pattern: str, context: Context) -> Iterator[ImagePath]:
        """The files of the modules that a profile names, in every Python that is kept."""
        del context
        for interpreter in self._running:
            yield from wanted_files(pattern, interpreter.path)

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Found:
        """Distributions that nothing reads: no known interpreter runs them."""
        del fresh, context
        yield from self._packages.unread()

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
                    yield from self._named(dotted, is_started, path, "the image's configuration")
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
        if package is None or is_application(path, context):
            self._waiting[path] = None
            if self._running:
                yield from self._text(path, context)
        elif package.ecosystem is Ecosystem.PYTHON and path in context.observed.opened:
            yield from self._packages.of_code(path)

    def _text(self, path: ImagePath, context: Context) -> Found:
        for dotted, is_started in mentions.in_text(path, context):
            yield from self._named(dotted, is_started, path, printable(path))
        written = mentions.code_in(path, context) or Written()
        for interpreter in self._running:
            yield from self._embedded(written, path, interpreter, printable(path))

    def _embedded(self, written: Written, path: ImagePath, interpreter: Interpreter, who: str) -> Found:
        """The edges of Python code in something else: the command `python -c`, a pickle."""
        place = Place(path, (parent(path),))
        for edge in Source(place, written, Role.APPLICATION, interpreter, True, lambda _: ()).edges():
            if isinstance(edge, Edge):
                yield Need(edge.raw, RULE, f"{who} imports {edge.what}", path)

    def _named(self, dotted: str, is_started: bool, source: ImagePath, who: str) -> Found:
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
                yield from self._packages.commands(raw, source, f"{who} names")

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
        role = role_of(path, interpreter, context)
        if role is not Role.APPLICATION:
            for file in self._around(path, interpreter):
                yield Need(file, RULE, "the package that it is in", path)
        if path.endswith(".so"):
            names = None if is_plain_library(path, context) else context.facts(path, EXTENSION)
            if names is not None:
                yield from compiled_needs(path, names, interpreter)
            twin = ImagePath(f"{parent(path)}/{name(path).partition('.')[0]}.py")
            for beside in (twin, ImagePath(f"{twin}x")):
                if beside in context.tree:
                    yield from self._source(path, beside, role, interpreter, context)
        elif path.endswith(".pyc"):
            if name(parent(path)) != "__pycache__" and ImagePath(path[:-1]) not in context.tree:
                names = context.facts(path, BYTECODE)
                if names is not None:
                    yield from compiled_needs(path, names, interpreter)
        else:
            if name(path) == "__init__.py":
                yield from self._open_names.package(parent(path), interpreter)
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
        of_user = role is Role.APPLICATION or (role is Role.LIBRARY and self._packages.is_run(path))
        for edge in source.edges():
            if isinstance(edge, Edge):
                part = Part.DEFERRED if edge.deferred else None
                yield Need(edge.raw, RULE, f"{printable(path)} imports {edge.what}", path, part_of=part)
                if of_user:
                    yield from self._packages.commands(edge.raw, path, f"{printable(path)} imports")
            elif isinstance(edge, Missing) and role is Role.APPLICATION:
                yield Unresolved(RULE, path, edge.what, "no such module in the image")
        for pattern in source.open_patterns():
            yield from self._open_names.pattern(pattern, path, interpreter)
        if role is not Role.STANDARD:
            yield from self._packages.entry_points(written, path, interpreter)
        yield from self._programs(written, path, role, context)
        yield from _gaps(written, path, role, context)

    def _exports(self, init: ImagePath, context: Context) -> tuple[str, ...]:
        written = context.facts(init, SOURCE) if init.endswith(".py") else None
        return written.exports if written else ()

    def _programs(self, written: Written, path: ImagePath, role: Role, context: Context) -> Found:
        """Programs that the application starts, or a library that was loaded: others probe for tools
        of every platform."""
        if role is Role.STANDARD or not (role is Role.APPLICATION or is_loaded(path, context)):
            return
        if role is Role.LIBRARY and _COMPLETION in name(path):
            return
        yield from command_needs(written.lines, written.programs, path, COMMAND, context)


def _gaps(written: Written, path: ImagePath, role: Role, context: Context) -> Iterator[Unresolved]:
    """What could not be told of a source."""
    if written.errors:
        told = "much of it is no Python that could be read: imports may be missing"
        yield Unresolved(RULE, path, name(path), told, Gap.UNREADABLE)
    is_ours = role is Role.APPLICATION or (role is not Role.STANDARD and is_loaded(path, context))
    if written.unknown and is_ours:
        told = "imports a module by a name that is made at run time"
        yield Unresolved(RULE, path, f"line {written.unknown}", told, Gap.UNKNOWN)
