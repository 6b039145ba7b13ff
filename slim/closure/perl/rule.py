"""Rule: what a kept Perl source loads, or may load; perlfunc(1) on use, require and do.

From file to file: modules by name wherever @INC has them, also names in strings; whole folders of
names that are put together at run time; compiled parts and autosplit functions below auto/; data
files beside a module; commands. Perl's own developer tools (CPAN, Test, ExtUtils …) are followed to
only from outside of Perl's own library.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from slim.closure.perl import RULE
from slim.closure.perl.command_line import options_name, read_line
from slim.closure.perl.encodings import Encodings
from slim.closure.perl.known import CODE, DEVELOPER, IMPLIED, PLUGINS, REGISTRIES, SOURCES, UNICODE
from slim.closure.perl.search import ModuleSearch, is_interpreter, placed
from slim.closure.perl.source import PERL, PerlFacts
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import command_needs
from slim.closure.shell.shebang import TEMPLATES, read_shebang
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent, printable
from slim.plan import Gap, Unresolved


class PerlRule:
    """The closure of every kept source, once a perl is kept."""

    def __init__(self) -> None:
        self._search: ModuleSearch | None = None
        self._waiting = Waiting()
        self._read: list[tuple[ImagePath, PerlFacts]] = []
        self._asked: set[str] = set()
        """Relative names of modules that were resolved with the folders known so far."""
        self._encodings = Encodings()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What an interpreter or a source needs; sources wait until an interpreter is kept."""
        if entry.kind is not Kind.FILE or not entry.size:
            return
        if path.endswith(TEMPLATES) and path not in context.observed.executed:
            return
        if is_interpreter(path, context.head(path)):
            yield from self._interpreter(path, context)
            return
        source = _is_source(path, context) or _is_shell(path, context)
        if source and not self._waiting.holds(path):
            yield from self._source(path, context)

    def _interpreter(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        search = self._folders(context)
        before = search.folders
        search.learn(path)
        yield from self._modules(IMPLIED, path, "the interpreter loads it by itself", context)
        for command in context.launch.commands:
            facts = read_line(" ".join(map(shlex.quote, command.arguments)))
            yield from self._of_facts(path, facts, context, application=True)
        options = " ".join(context.launch.environment.get(f"PERL5{key}", "") for key in ("OPT", "DB"))
        yield from self._modules(options_name(options), path, "PERL5OPT names it", context)
        for source in self._waiting.release():
            yield from self._source(source, context)
        if before != search.folders:
            yield from self._again(context)

    def _folders(self, context: Context) -> ModuleSearch:
        if self._search is None:
            self._search = ModuleSearch(context)
        return self._search

    # -- sources ---------------------------------------------------------------------------------

    def _source(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        if _is_shell(path, context):
            text = context.tree.read(path, 1 << 20).decode("utf-8", "replace")
            if "perl" in text:
                yield from self._of_facts(path, read_line(text), context, application=True)
            return
        application = context.owners.owner(path) is None
        facts = context.facts(path, PERL) if b"\0" not in context.head(path) else None
        if facts is None:
            if application:
                yield Unresolved(RULE, path, "", "no text, or too large to be read", Gap.UNREADABLE)
            return
        added = [self._folders(context).add(placed(folder, path)) for folder in facts.libraries]
        self._read.append((path, facts))
        yield from self._of_facts(path, facts, context, application=application)
        if any(added):
            yield from self._again(context)
        if application and facts.dynamic and not facts.prefixes:
            detail = "it requires what a variable names; modules named in strings were followed"
            yield Unresolved(RULE, path, "require", detail, Gap.UNKNOWN)

    def _again(self, context: Context) -> Iterator[Need]:
        """Ask once more for everything: a folder came to @INC."""
        self._asked.clear()
        for path, facts in tuple(self._read):
            yield from self._of_facts(path, facts, context, application=context.owners.owner(path) is None)

    def _of_facts(
        self, path: ImagePath, facts: PerlFacts, context: Context, *, application: bool
    ) -> Iterator[Need]:
        search = self._folders(context)
        core = search.is_core(path)
        relative = search.relative(path) or ""
        modules = [m for m in facts.modules if not (core and DEVELOPER.fullmatch(m))]
        yield from self._modules(modules, path, "it says use or require", context)
        if relative not in REGISTRIES:
            names = [n for n in facts.names if ("::" in n or (application and n[:1].isupper()))]
            names = [n for n in names if not DEVELOPER.fullmatch(n)]
            yield from self._modules(names, path, "a string names it", context)
            spaces = names if facts.searches else [n for n in names if PLUGINS.search(n)]
            yield from self._spaces(spaces, path, context)
            short = self._short(facts, relative, context, core=core, application=application)
            yield from self._modules(short, path, "a string names it without its beginning", context)
        for prefix in facts.prefixes:
            space = prefix.rstrip(":/").replace("::", "/")
            if not DEVELOPER.fullmatch(space.replace("/", "::")):
                yield from self._below(space, path, f"the name is made at run time: {prefix}…", context)
        for file in (*facts.loaded_files, *facts.files):
            yield from self._file(file, path, context, loaded=file in facts.loaded_files)
        yield from self._implied(facts, path, context, core=core)
        yield from self._parts(relative, facts, path, context, core=core)
        if not core:
            yield from command_needs(facts.lines, facts.calls, path, RULE, context)
            for words in (*facts.calls, *((line,) for line in facts.lines)):
                inner = read_line(shlex.join(words) if len(words) > 1 else words[0])
                yield from self._modules(inner.modules, path, "it starts perl with it", context)

    def _modules(
        self, modules: Iterable[str], source: ImagePath, why: str, context: Context
    ) -> Iterator[Need]:
        for module in modules:
            if module not in self._asked:
                self._asked.add(module)
                for found in self._folders(context).find_module(module):
                    yield Need(found, RULE, f"{why}: {module}", source)
                    if module == "Encode":
                        told = "Encode loads it by an encoding's name"
                        yield from self._modules(self._encodings.kept(), source, told, context)

    def _short(
        self, facts: PerlFacts, relative: str, context: Context, *, core: bool, application: bool
    ) -> Iterator[str]:
        """Modules that a source calls by the end of their names: below its own name, or below those of
        modules that it uses, as implementations, components, plug-ins and middleware are named."""
        own = relative.removesuffix(".pm").replace("/", "::")
        bases = {own} if own else set()
        if application:
            bases.update(facts.modules, (named for named in facts.names if "::" in named))
        if not core:
            bases |= {
                base[:end] for base in bases for end in _ends(base) if application or "::" in base[:end]
            }
        search = self._folders(context)
        loaded = [module for module in facts.modules if next(search.find_module(module), None) is None]
        for called in (*facts.names, *loaded):
            if called[:1].isupper():
                for module in search.ending(called):
                    before = module[: -len(called) - 2]
                    plugin = PLUGINS.search(before)
                    found = before in bases or (plugin and not core and before[: plugin.start()] in bases)
                    if found and not DEVELOPER.fullmatch(module):
                        yield module

    def _spaces(self, names: Iterable[str], source: ImagePath, context: Context) -> Iterator[Need]:
        for space in names:
            if "::" in space:
                why = f"it loads what is below {space}"
                yield from self._below(space.replace("::", "/"), source, why, context)

    def _below(
        self, relative: str, source: ImagePath, why: str, context: Context, *, data: bool = False
    ) -> Iterator[Need]:
        key = f"{relative}/"
        if key in self._asked:
            return
        self._asked.add(key)
        for found in self._folders(context).below(relative):
            if data or found.endswith(SOURCES):
                yield Need(found, RULE, why, source)

    def _file(self, file: str, source: ImagePath, context: Context, *, loaded: bool) -> Iterator[Need]:
        """A file that a string names: in @INC, in the working folder, beside the source, or in the folder
        that bears the source's name."""
        stem = source.rpartition(".")[0]
        places = [f"{parent(source)}/{file}", f"{stem}/{file}"]
        if loaded:
            places.append(file)  # absolute, or in the working folder
        found = [place for place in places if context.reached_file(place)]
        if loaded or "/" in file:
            found += self._folders(context).find(file)
        for place in found:
            yield Need(place, RULE, f"{printable(source)} names {printable(file)}", source)

    def _implied(
        self, facts: PerlFacts, source: ImagePath, context: Context, *, core: bool
    ) -> Iterator[Need]:
        """What pragmas, layers and patterns load."""
        search = self._folders(context)
        if facts.encodings and not core:
            layers = (f"PerlIO::{layer}" for layer in ("encoding", "via"))
            yield from self._modules((*layers, "Encode"), source, "it encodes text", context)
            for encoding in facts.encodings:
                why = f"the encoding {printable(encoding)}"
                yield from self._modules(self._encodings.named(encoding), source, why, context)
        if facts.character_names:
            yield from self._modules(("_charnames", "charnames"), source, "characters by name", context)
            for table in UNICODE:
                for found in search.find(table):
                    yield Need(found, RULE, "characters by name", source)
        # Perl has its own tables of properties since 5.32, when utf8_heavy.pl went.
        if name(source) == "UCD.pm" or (facts.properties and next(search.find("utf8_heavy.pl"), None)):
            why = "tables of Unicode are opened by a property's name"
            yield from self._below("unicore", source, why, context, data=True)

    def _parts(
        self, relative: str, facts: PerlFacts, source: ImagePath, context: Context, *, core: bool
    ) -> Iterator[Need]:
        """Compiled parts, autosplit functions and data files of a module."""
        search = self._folders(context)
        own = [relative.removesuffix(".pm")] if relative.endswith(".pm") else []
        for module in (*own, *(text.replace("::", "/") for text in facts.compiled)):
            for found in search.below(f"auto/{module}"):
                if found.rpartition("/")[0].endswith(f"auto/{module}") and not found.endswith(
                    (".packlist", ".exists")
                ):
                    yield Need(found, RULE, f"the compiled or autoloaded part of {module}", source)
        shared = [*facts.shared, *own] if not core else ()
        for module in shared:
            called = module.replace("::", "-").replace("/", "-")
            for kind in ("dist", "module"):
                for found in search.below(f"auto/share/{kind}/{called}"):
                    yield Need(found, RULE, f"the data files of {called}", source, part_of=Part.LANGUAGE)
        if not core:
            for module in own:
                for found in search.below(module):
                    if not found.endswith(CODE):
                        yield Need(found, RULE, f"a data file of {module}", source, part_of=Part.LANGUAGE)


def _ends(module: str) -> list[int]:
    """Where the names of the spaces end that a module is in."""
    return [match.start() for match in re.finditer("::", module)]


def _is_source(path: ImagePath, context: Context) -> bool:
    """By its name, its first line, or because a source loads it by path."""
    if path.endswith(SOURCES):
        return "/unicore/" not in path  # tables by the hundred, which load nothing
    head = context.head(path)
    shebang = read_shebang(head)
    if shebang is not None:
        return re.match(r"perl[\d.]*$", shebang.program) is not None
    return (
        b"\0" not in head
        and any(reason.rule == RULE for reason in context.kept[path])
        and ("." not in name(path) or path.endswith((".conf", ".inc")))
    )


def _is_shell(path: ImagePath, context: Context) -> bool:
    shebang = read_shebang(context.head(path))
    return shebang is not None and shebang.program.endswith("sh")
