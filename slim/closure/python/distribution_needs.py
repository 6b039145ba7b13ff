"""What goes with code of a distribution: its metadata and data, those that it requires, its commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.used import is_code
from slim.closure.python import RULE
from slim.closure.python.distributions import Distributions, top_folder
from slim.closure.python.interpreters import Interpreter, Interpreters
from slim.closure.python.written import HOLE, Written
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ImagePath, name, printable

PACKAGE = "package"
DEPENDENCY = "dependency"


class DistributionNeeds:
    """The needs of distributions; one instance serves one plan. `running`: the Pythons kept so far, a live
    view; `whole`: distributions of which code is kept are kept whole."""

    def __init__(
        self, interpreters: Interpreters, running: Sequence[Interpreter], context: Context, *, whole: bool
    ) -> None:
        self._context = context
        self._interpreters = interpreters
        self._distributions = Distributions(context, interpreters)
        self._running = running
        self._whole = whole
        self._touched: set[Package | ImagePath] = set()
        self._unread: set[Package] = set()
        self._asked_for: set[Package] = set()
        """Distributions whose commands are kept."""

    def of_code(self, path: ImagePath) -> Iterator[Need]:
        """The metadata and data of the distribution that a kept file is code of."""
        package = self._context.owners.owner(path)
        if package is not None and package.ecosystem is Ecosystem.PYTHON:
            if is_code(path, package):
                yield from self._touch(package, path)
            elif path in self._context.observed.opened and package not in self._touched:
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

    def _touch(self, package: Package, path: ImagePath) -> Iterator[Need]:
        """All of a distribution but its modules, and the distributions that it requires."""
        todo = [(package, path, PACKAGE, f"python package {printable(package.name)} is used")]
        while todo:
            package, source, rule, why = todo.pop(0)
            if package in self._touched:
                continue
            self._touched.add(package)
            files: Iterable[ImagePath] = self._context.owners.files(package)
            if not self._whole:
                files = (*self._distributions.metadata(package), *self._distributions.data(package))
            for other in files:
                yield Need(other, rule, why, source, part_of=Part.LANGUAGE)
            if rule is DEPENDENCY:
                yield from self._tops(package, source, why)
            for required, said_by in self._distributions.required(package):
                told = f"{printable(package.name)} requires it"
                todo.append((required, said_by, DEPENDENCY, told))

    def _tops(self, package: Package, source: ImagePath, why: str) -> Iterator[Need]:
        for interpreter in self._running:
            for top in self._distributions.top_modules(package):
                for raw in interpreter.path.find(top).files:
                    yield Need(raw, DEPENDENCY, why, source, part_of=Part.DEFERRED)

    def commands(self, raw: str, source: ImagePath, who: str) -> Iterator[Need]:
        """The commands of a distribution that the user's own code is written for: migrations, a shell,
        administration. Those of what that only depends on are not the user's."""
        package = self._context.owners.owner(ImagePath(raw))
        if package is None or package in self._asked_for or package.ecosystem is not Ecosystem.PYTHON:
            return
        self._asked_for.add(package)
        why = f"{who} {printable(package.name)}, which has this command"
        for path in self._distributions.commands(package):
            yield Need(path, PACKAGE, why, source, part_of=Part.LANGUAGE)

    def unread(self) -> Iterator[Need]:
        """Distributions that no known interpreter runs (PyPy, a Python in an odd place): nothing tells what
        of them is imported, so that they are kept whole."""
        for package in sorted(one for one in self._touched if isinstance(one, Package)):
            site = package.folder or ImagePath("/")
            if package in self._unread or any(self._interpreters.sees(one, site) for one in self._running):
                continue
            self._unread.add(package)
            why = f"python package {printable(package.name)} is used, by no Python that slim knows"
            for path in self._context.owners.files(package):
                yield Need(path, PACKAGE, why, None, part_of=Part.LANGUAGE)

    def is_run(self, path: ImagePath) -> bool:
        """Whether a file is of a distribution of which a command was run."""
        return self._context.owners.owner(path) in self._run

    @cached_property
    def _run(self) -> frozenset[Package]:
        owners = (self._context.owners.owner(path) for path in self._context.observed.executed)
        return frozenset(one for one in owners if one is not None and one.ecosystem is Ecosystem.PYTHON)

    def entry_points(self, written: Written, path: ImagePath, interpreter: Interpreter) -> Iterator[Need]:
        """The entry points of groups that a source loads, of every distribution."""
        if not written.groups:
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
