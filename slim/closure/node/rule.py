"""Rule: what kept JavaScript needs: the modules it names, files beside it, programs it starts.

From file to file; the fixpoint follows by itself. Of an npm package that is touched the data files are
kept, and its code as far as something reaches it; all of its code where a module of it that is reached
loads others by a name of which nothing is known. Nothing is read before Node itself is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from slim.closure.node import DEPENDENCY, scripts
from slim.closure.node.build_trace import SUFFIX, build_trace_needs
from slim.closure.node.kinds import (
    is_command,
    is_developers,
    is_for_browsers,
    is_prose,
    package_folder,
)
from slim.closure.node.package_needs import PackageNeeds
from slim.closure.node.resolve import CODE, Resolver, is_builtin
from slim.closure.node.syntax import PARSER, NodeFacts
from slim.closure.packages import npm
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import command_needs
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, ancestors, image_path, name, parent, printable
from slim.plan import Gap, Unresolved

RULE = "require"

_SPECIFIER = re.compile(
    rb"""(["'`])((?:@[a-z0-9][\w.-]*/)?[a-zA-Z][\w.-]*(?:/[\w.-]+)*)(?:\1|(/)(?:[\w.-]*\$\{|\1))"""
)
_MAX_NAMED = 2_000
_RUNTIMES = frozenset({"bun", "deno", "node"})
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
_PLAIN = (".js", ".cjs", ".mjs")


class NodeRule:
    """The needs of JavaScript files. `whole`: of npm packages that are touched, every file."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._waiting = Waiting()
        self._resolver: Resolver
        self._packages: PackageNeeds
        """Both made when Node is kept, before which nothing is read."""
        self._idle: set[ImagePath] = set()
        """A developer's files, which ask for nothing until something asks for them."""
        self._asked: set[ImagePath] = set()
        self._due: list[ImagePath] = []
        self._scripts = scripts.Scripts()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What a kept file of the application or of an npm package needs."""
        if entry.kind is not Kind.FILE:
            return
        is_runtime = _is_runtime(path, context)
        if not self._waiting.is_over and (is_runtime or _is_opened_package(path, context)):
            self._resolver = _resolver(context)
            node = path if is_runtime else None
            self._packages = PackageNeeds(self._resolver, node, context, whole=self._whole)
            for waiting in self._waiting.release():
                yield from self._of(waiting, context)
        elif is_runtime:
            self._packages.run_by(path)
        if not (path.endswith((*CODE, ".json")) or is_command(path, context)):
            return
        if not self._waiting.holds(path):
            yield from self._of(path, context)

    def _of(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        folder = package_folder(path, context)
        if folder is None and context.owners.owner(path) is not None:
            return
        if folder is None and path.endswith(SUFFIX):
            yield from build_trace_needs(path, context)
        elif name(path) == "package.json":
            if folder is None:
                yield from self._manifest(path, context)
        elif not path.endswith((".json", *_DECLARATIONS)) and not is_for_browsers(path):
            if folder is not None:
                yield from self._packages.touch(folder, path)
                yield from self._scripts.reached(folder, context)
            elif self._is_idle(path, context):
                self._idle.add(path)
                return
            yield from self._code(path, folder, context)
            while self._due:
                yield from self._code(self._due.pop(), None, context)

    def _is_idle(self, path: ImagePath, context: Context) -> bool:
        """Whether a file of the application is a developer's, and nothing that runs asked for it so far."""
        project = self._resolver.scope(parent(path)) or context.launch.workdir
        return (
            is_developers(path, project) and path not in context.observed.opened and path not in self._asked
        )

    def _ask(self, raw: str, context: Context) -> None:
        """Take notice of a file that code of the application names."""
        reached = context.reached(raw)
        if reached is not None and reached not in self._asked and "/node_modules/" not in reached:
            self._asked.add(reached)
            if reached in self._idle:
                self._due.append(reached)

    def _manifest(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        """The packages that the application depends on, with what their main modules need: code of it may
        name them in ways that no reading shows."""
        if not npm.is_manifest(path, context.tree):
            yield Unresolved(RULE, path, name(path), "it is no JSON object", Gap.UNREADABLE)
        for wanted in npm.dependencies(path, context.tree):
            why = f"{printable(path)} depends on {printable(wanted)}"
            for raw in self._resolver.entries(wanted, parent(path)):
                yield Need(raw, DEPENDENCY, why, path)
        yield from self._scripts.manifest(path, context)

    # -- code ------------------------------------------------------------------------------------

    def _code(
        self, path: ImagePath, folder: ImagePath | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        facts = context.facts(path, PARSER)
        if facts is None or (facts.broken and path.endswith(_PLAIN)):
            yield Unresolved(RULE, path, printable(name(path)), _unread(facts), Gap.UNREADABLE)
        if facts is None:
            return
        scope = self._resolver.scope(parent(path))
        if scope is not None:
            yield Need(f"{scope}/package.json", RULE, f"it says how {printable(path)} is read", path)
        part = Part.DEFERRED if folder is not None else None
        yield from self._modules(path, folder, facts, part, context)
        yield from self._beside(path, folder, facts, part, context)
        yield from command_needs(facts.lines, facts.programs, path, RULE, context)
        if facts.unbounded and folder is not None:
            yield from self._packages.keep_code(folder, path, facts.unbounded)
        if folder is None:
            yield from self._named(path, context)
        if facts.unbounded and folder is None:
            wanted = f"line {facts.unbounded}"
            yield Unresolved(RULE, path, wanted, "a module is loaded by a name made at run time", Gap.UNKNOWN)

    def _modules(
        self, path: ImagePath, folder: ImagePath | None, facts: NodeFacts, part: Part | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        for how, specifiers in (("require", facts.requires), ("import", facts.imports)):
            for specifier in specifiers:
                if _leaves(specifier, path, folder):
                    continue
                found = self._resolver.resolve(specifier, parent(path), how)
                why = f"{printable(path)} loads {printable(specifier)}"
                if found and folder is not None and self._is_stray(found[0], specifier, folder, context):
                    continue
                for raw in found:
                    if folder is None:
                        self._ask(raw, context)
                    inner = part if raw.endswith(CODE) else None
                    yield Need(raw, RULE, why, path, part_of=inner)
                if not found and folder is None and not is_builtin(specifier) and "*" not in specifier:
                    yield Unresolved(RULE, path, printable(specifier), "no such module in the image")

    @staticmethod
    def _is_stray(found: str, specifier: str, folder: ImagePath, context: Context) -> bool:
        """Whether an installed package that does not depend on what it tries to load would get the
        distribution's: an accident, where that was installed for somebody else (npm, as a rule)."""
        if not found.startswith(npm.GLOBAL_FOLDERS) or folder.startswith(npm.GLOBAL_FOLDERS):
            return False
        declared = npm.dependencies(ImagePath(f"{folder}/package.json"), context.tree)
        return not any(specifier == wanted or specifier.startswith(f"{wanted}/") for wanted in declared)

    def _beside(
        self, path: ImagePath, folder: ImagePath | None, facts: NodeFacts, part: Part | None, context: Context
    ) -> Iterator[Need]:
        """Files that code finds by its own place."""
        bases = [(parent(path), asset) for asset in facts.assets]
        for specifier, rest in facts.beside:
            found = self._resolver.resolve(specifier, parent(path), "require")
            bases += [(image_path(f"{raw}/{rest}"), "") for raw in found[-1:] if rest]
            for raw in found:
                yield Need(
                    raw, RULE, f"{printable(path)} looks for {printable(specifier)}", path, part_of=part
                )
        for base, asset in bases:
            target = image_path(f"{base}/{asset}")
            why = f"{printable(path)} names {printable(asset or name(target))} beside it"
            for raw in self._placed(target, folder, context):
                if folder is None:
                    self._ask(raw, context)
                yield Need(raw, RULE, why, path, part_of=part)

    def _placed(self, target: str, folder: ImagePath | None, context: Context) -> Iterator[str]:
        """A file or pattern as modules are found; of a folder inside the package, all of it."""
        tree = context.tree
        if "*" in target:
            known = target.partition("*")[0].rpartition("/")[0]
            if folder is not None and not (known + "/").startswith(folder + "/"):
                return
            if known != folder:
                yield from self._resolver.resolve(target, parent(ImagePath(target)), "require")
            return
        reached = context.reached(target)
        if reached is not None and tree[reached].kind is Kind.DIRECTORY:
            inner = package_folder(ImagePath(f"{reached}/package.json"), context)
            if not (reached.startswith(folder + "/") if folder is not None else inner is not None):
                return  # the application is kept whole; a package's own folder is no asset of it
            yield target
            for inside in tree.under(reached):
                nested = "/node_modules/" in inside[len(reached) :]
                if not nested and tree[inside].kind is Kind.FILE and not is_prose(inside, reached):
                    yield inside
        else:
            yield from self._resolver.resolve(target, parent(ImagePath(target)), "require")

    def _named(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """Strings that are names of installed packages: drivers, engines and plug-ins are named so. Of the
        distribution's packages only where the application has none of its own."""
        text = context.tree.read(path, PARSER.limit)
        named = {match[2] + (b"/*" if match[3] else b"") for match in _SPECIFIER.finditer(text)}
        is_installed = any(f"{above}/node_modules" in context.tree for above in ancestors(path))
        for raw_name in sorted(named)[:_MAX_NAMED]:
            specifier = raw_name.decode()
            if is_builtin(specifier) or len(specifier) > 100:
                continue
            places = self._resolver.resolve(specifier, parent(path), "require")
            if specifier.endswith("/*"):  # what goes on at run time, or a folder's own main module
                places += self._resolver.resolve(specifier[:-2], parent(path), "require")
            for raw in places:
                if not (is_installed and raw.startswith(npm.GLOBAL_FOLDERS)):
                    yield Need(raw, RULE, f"a string of {printable(path)} names {specifier}", path)


def _leaves(specifier: str, path: ImagePath, folder: ImagePath | None) -> bool:
    """Whether a pattern goes beyond the package that it is written in: it may mean anything then."""
    if folder is None or "*" not in specifier or not specifier.startswith((".", "/")):
        return False
    known = specifier.partition("*")[0].rpartition("/")[0]
    base = known if known.startswith("/") else f"{parent(path)}/{known}"
    return not (image_path(base) + "/").startswith(folder + "/")


def _is_runtime(path: ImagePath, context: Context) -> bool:
    return any(run.marker == path and run.language in _RUNTIMES for run in context.owners.runtimes)


def _is_opened_package(path: ImagePath, context: Context) -> bool:
    """Whether code of a package was opened, which shows that something runs it, recognised or not."""
    opened = path in context.observed.opened and path.endswith(CODE)
    return opened and package_folder(path, context) is not None


def _resolver(context: Context) -> Resolver:
    environment = context.launch.environment
    node_path = tuple(folder for folder in environment.get("NODE_PATH", "").split(":") if folder)
    words = (environment.get("NODE_OPTIONS", "") + " ").replace("=", " ").split()
    for command in context.launch.commands:
        words += [part for word in command.arguments for part in word.replace("=", " ").split()]
    given = tuple(after for word, after in pairwise(words) if word in ("-C", "--conditions"))
    return Resolver(context.tree, node_path, given)


def _unread(facts: NodeFacts | None) -> str:
    return "it is no JavaScript that can be read" if facts is not None else "it is too large to be read"
