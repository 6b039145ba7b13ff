"""Rule: what kept JavaScript needs: the modules it names, files beside it, programs it starts.

From file to file; the fixpoint follows by itself. Of an npm package that is touched the data files are
kept, and its code as far as something reaches it; all of its code where a module of it that is reached
loads others by a name of which nothing is known. Nothing is read before Node itself is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.node import scripts
from slim.closure.node.resolve import CODE, Resolver, is_builtin
from slim.closure.node.syntax import PARSER, NodeFacts
from slim.closure.packages import npm
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import line_needs, program_needs
from slim.closure.shell.shebang import read_shebang
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, image_path, name, parent, printable
from slim.plan import Gap, Unresolved

RULE = "require"
PACKAGE = "package"
DEPENDENCY = "dependency"
TRACED = "build-trace"

_DEVELOPERS = re.compile(
    r".*\.(?:test|spec|stories|bench|config)\.[cm]?[jt]sx?|(?:Gruntfile|Gulpfile|gulpfile|karma\.conf|\.eslintrc)\.[cm]?js"
)
_DEVELOPERS_FOLDERS = frozenset({"__tests__", "__mocks__", "test", "tests", "spec", "e2e", "cypress", ".storybook"})
_SPECIFIER = re.compile(
    rb"""(["'`])((?:@[a-z0-9][\w.-]*/)?[a-zA-Z][\w.-]*(?:/[\w.-]+)*)\1"""
)
_MAX_NAMED = 2_000


class _Trace(msgspec.Struct):
    files: tuple[str, ...] = ()


class NodeRule:
    """The needs of JavaScript files. `whole`: of npm packages that are touched, every file."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole_packages = whole
        self._running = False
        self._waiting: list[ImagePath] = []
        self._resolver: Resolver | None = None
        self._touched: set[str] = set()
        self._unbounded: set[str] = set()
        self._scripts = scripts.Scripts()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What a kept file of the application or of an npm package needs."""
        if entry.kind is not Kind.FILE:
            return
        if not self._running and any(
            runtime.marker == path and runtime.language == "node" for runtime in context.owners.runtimes
        ):
            self._running = True
            self._resolver = _resolver(context)
            for waiting in self._waiting:
                yield from self._of(waiting, context)
        if not (path.endswith((*CODE, ".json")) or _is_command(path, entry, context)):
            return
        if self._running:
            yield from self._of(path, context)
        else:
            self._waiting.append(path)

    def _of(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        folder = package_folder(path, context)
        if folder is None and context.owners.owner(path) is not None:
            return
        if folder is None and path.endswith(".nft.json"):
            yield from _traced(path, context)
        elif name(path) == "package.json":
            if folder is None:
                yield from self._manifest(path, context)
        elif not path.endswith(".json") and not _is_for_browsers(path):
            if folder is not None:
                yield from self._touch(folder, path, context)
                yield from self._scripts.reached(folder, context)
            elif _is_developers(path) and not _is_asked_for(path, context):
                return
            yield from self._code(path, folder, context)

    # -- packages --------------------------------------------------------------------------------

    def _touch(self, folder: ImagePath, path: ImagePath, context: Context) -> Iterator[Need]:
        """The package's own files beside its code: once for each package."""
        if folder in self._touched:
            return
        self._touched.add(folder)
        whole = self._whole_packages
        why = f"npm package {printable(folder.rpartition('/node_modules/')[2] or name(folder))} is used"
        for other in npm.folder_files(folder, context.tree):
            if name(other) == "package.json" and parent(other) == folder:
                yield Need(other, PACKAGE, why, path)
            elif whole or not (other.endswith(CODE) or _is_prose(other)):
                yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)

    def _manifest(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """The packages that the application depends on, with what their main modules need: code of it may
        name them in ways that no reading shows."""
        assert self._resolver is not None
        for wanted in npm.dependencies(path, context.tree):
            why = f"{printable(path)} depends on {printable(wanted)}"
            for raw in self._resolver.entries(wanted, parent(path)):
                yield Need(raw, DEPENDENCY, why, path)
        yield from self._scripts.manifest(path, context)

    def _keep_code(self, folder: ImagePath, path: ImagePath, line: int, context: Context) -> Iterator[Need]:
        """A package that loads modules by names made at run time: its own, and those that it depends on."""
        assert self._resolver is not None
        if folder in self._unbounded:
            return
        self._unbounded.add(folder)
        why = f"{printable(path)}, line {line}, loads a module by a name made at run time"
        for other in npm.folder_files(folder, context.tree):
            if other.endswith(CODE) and not _is_developers_of(other, folder):
                yield Need(other, PACKAGE, why, path, part_of=Part.LANGUAGE)
        for wanted in npm.dependencies(ImagePath(f"{folder}/package.json"), context.tree):
            for raw in self._resolver.entries(wanted, folder):
                yield Need(raw, DEPENDENCY, why, path, part_of=Part.DEFERRED)

    # -- code ------------------------------------------------------------------------------------

    def _code(
        self, path: ImagePath, folder: ImagePath | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        assert self._resolver is not None
        facts = context.facts(path, PARSER)
        if facts is None or facts.broken:
            yield Unresolved(RULE, path, printable(name(path)), _unread(facts), Gap.UNREADABLE)
        if facts is None:
            return
        scope = self._resolver.scope(parent(path))
        if scope is not None:
            yield Need(f"{scope}/package.json", RULE, f"it says how {printable(path)} is read", path)
        part = Part.DEFERRED if folder is not None and path not in context.observed.opened else None
        yield from self._modules(path, folder, facts, part, context)
        yield from self._beside(path, folder, facts, part, context)
        for line in facts.lines:
            yield from line_needs(line, path, RULE, context)
        for words in facts.programs:
            yield from program_needs(words, path, RULE, context)
        if facts.unbounded and folder is not None:
            yield from self._keep_code(folder, path, facts.unbounded, context)
        if folder is None or facts.unbounded:
            yield from self._named(path, folder, part, context)
        if facts.unbounded and folder is None:
            wanted = f"line {facts.unbounded}"
            yield Unresolved(RULE, path, wanted, "a module is loaded by a name made at run time", Gap.UNKNOWN)

    def _modules(
        self, path: ImagePath, folder: ImagePath | None, facts: NodeFacts, part: Part | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        assert self._resolver is not None
        for how, specifiers in (("require", facts.requires), ("import", facts.imports)):
            for specifier in specifiers:
                found = self._resolver.resolve(specifier, parent(path), how)
                why = f"{printable(path)} loads {printable(specifier)}"
                for raw in found:
                    inner = part if raw.endswith(CODE) else None
                    yield Need(raw, RULE, why, path, part_of=inner)
                if not found and folder is None and not is_builtin(specifier) and "*" not in specifier:
                    yield Unresolved(RULE, path, printable(specifier), "no such module in the image")

    def _beside(
        self, path: ImagePath, folder: ImagePath | None, facts: NodeFacts, part: Part | None, context: Context
    ) -> Iterator[Need]:
        """Files that code finds by its own place."""
        assert self._resolver is not None
        bases = [(parent(path), asset) for asset in facts.assets]
        for specifier, rest in facts.beside:
            found = self._resolver.resolve(specifier, parent(path), "require")
            bases += [(image_path(f"{raw}/{rest}"), "") for raw in found[-1:] if rest]
            for raw in found:
                yield Need(raw, RULE, f"{printable(path)} looks for {printable(specifier)}", path, part_of=part)
        for base, asset in bases:
            target = image_path(f"{base}/{asset}")
            why = f"{printable(path)} names {printable(asset or name(target))} beside it"
            for raw in self._placed(target, folder, context):
                yield Need(raw, RULE, why, path, part_of=part)

    def _placed(self, target: str, folder: ImagePath | None, context: Context) -> Iterator[str]:
        """A file or pattern as modules are found; of a folder inside the package, all of it."""
        assert self._resolver is not None
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
            if folder is None or not reached.startswith(folder + "/"):
                return  # the application is kept whole; a package's own folder is no asset of it
            yield target
            for inside in tree.under(reached):
                if "/node_modules/" not in inside[len(reached) :] and tree[inside].kind is Kind.FILE:
                    yield inside
        else:
            yield from self._resolver.resolve(target, parent(ImagePath(target)), "require")

    def _named(
        self, path: ImagePath, folder: ImagePath | None, part: Part | None, context: Context
    ) -> Iterator[Need]:
        """Strings that are names of installed packages: drivers, engines and plug-ins are named so."""
        assert self._resolver is not None
        named = {match[2] for match in _SPECIFIER.finditer(context.tree.read(path, PARSER.limit))}
        for raw_name in sorted(named)[:_MAX_NAMED]:
            specifier = raw_name.decode()
            if is_builtin(specifier) or len(specifier) > 100:
                continue
            for raw in self._resolver.resolve(specifier, parent(path), "require"):
                why = f"a string of {printable(path)} names {specifier}"
                yield Need(raw, RULE, why, path, part_of=part)


def package_folder(path: ImagePath, context: Context) -> ImagePath | None:
    """The npm package that `path` is in: below a node_modules, or in a folder that Node itself looks in
    (Debian's). None for anything else."""
    folder = npm.folder_of(path)
    if folder is None:
        for place in npm.GLOBAL_FOLDERS:
            if path.startswith(place + "/"):
                parts = path[len(place) + 1 :].split("/")
                count = 2 if parts[0].startswith("@") else 1
                folder = ImagePath("/".join((place, *parts[:count]))) if len(parts) > count else None
    return folder if folder is not None and f"{folder}/package.json" in context.tree else None


def _resolver(context: Context) -> Resolver:
    environment = context.launch.environment
    node_path = tuple(folder for folder in environment.get("NODE_PATH", "").split(":") if folder)
    words = (environment.get("NODE_OPTIONS", "") + " ").replace("=", " ").split()
    for command in context.launch.commands:
        words += [part for word in command.arguments for part in word.replace("=", " ").split()]
    given = tuple(after for word, after in zip(words, words[1:], strict=False) if word in ("-C", "--conditions"))
    return Resolver(context.tree, node_path, given)


def _traced(path: ImagePath, context: Context) -> Iterator[Need]:
    """What a bundler traced for one page: Next.js and Nuxt (@vercel/nft) write such lists beside it."""
    try:
        files = msgspec.json.decode(context.tree.read(path, 1 << 24), type=_Trace).files
    except (msgspec.MsgspecError, UnicodeError):
        return
    for file in files:
        yield Need(image_path(f"{parent(path)}/{file}"), TRACED, f"{printable(path)} lists it", path)


def _is_command(path: ImagePath, entry: Entry, context: Context) -> bool:
    """A script without a suffix that Node runs."""
    if "." in name(path) or not entry.mode & 0o111:
        return False
    shebang = read_shebang(context.head(path))
    return shebang is not None and shebang.program in ("node", "nodejs")


def _is_for_browsers(path: ImagePath) -> bool:
    return "/.next/static/" in path or "/.output/public/" in path or "/.nuxt/dist/client/" in path


def _is_developers(path: ImagePath) -> bool:
    return (
        _DEVELOPERS.fullmatch(name(path)) is not None
        or not _DEVELOPERS_FOLDERS.isdisjoint(path.split("/")[:-1])
    )


def _is_developers_of(path: ImagePath, folder: ImagePath) -> bool:
    """The same of a package's file, by its place in the package."""
    inside = ImagePath(path[len(folder) :])
    return _is_developers(inside) or not {"bench", "benchmark", "example", "examples", "docs", "scripts"}.isdisjoint(
        inside.split("/")[:-1]
    )


def _is_asked_for(path: ImagePath, context: Context) -> bool:
    """Whether a developer's file was used, or something else than its place makes it kept."""
    return path in context.observed.opened or any(reason.rule == RULE for reason in context.kept[path])


_PROSE = re.compile(
    r"\..*|(?:licen[cs]e|copying|notice|readme|changelog|changes|history|authors|contributors|contributing|security"
    r"|code_of_conduct|upgrading|governance)(?:[.-].*)?|.*\.(?:md|markdown|map|flow|tsbuildinfo|coffee)|tsconfig.*\.json"
    r"|bower\.json|component\.json|package-lock\.json|makefile"
    r"|binding\.gyp|dockerfile|.*\.(?:gypi|cc|cpp|c|h|hpp)",
    re.IGNORECASE,
)


def _is_prose(path: ImagePath) -> bool:
    """A package's file that only people, editors and compilers read."""
    folders = path.split("/")[:-1]
    return _PROSE.fullmatch(name(path)) is not None or not {".github", "docs", "doc", "test", "tests", "man"}.isdisjoint(
        folders
    )


def _unread(facts: NodeFacts | None) -> str:
    return "it is no JavaScript that can be read" if facts is not None else "it is too large to be read"
