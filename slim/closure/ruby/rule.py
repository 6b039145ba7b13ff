"""Rule: what a kept Ruby source loads, or may load; Kernel#require, Module#autoload, RubyGems, Bundler.

From file to file: features by name wherever $LOAD_PATH or a gem has them, what is listed and loaded in a
loop, whole folders of names that are put together at run time. Of a gem of which code is kept: its
specification and those of the gems that it depends on, its data files, and all of its code where that is
loaded by convention. Ruby's developer tools (IRB, RDoc, the `gem` command …) are followed to only from
the application's own files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slim.closure.packages.package import Package
from slim.closure.packages.runtimes import Runtime
from slim.closure.ruby import RULE
from slim.closure.ruby.gem_needs import GemNeeds
from slim.closure.ruby.known import BUILT_IN, DEVELOPER, IMPLIED, SOURCES, TESTS, TOOLS
from slim.closure.ruby.search import FeatureSearch, beside
from slim.closure.ruby.source import RUBY, RubyFacts
from slim.closure.rule import Context, Need
from slim.closure.shell.commands import command_needs
from slim.closure.shell.shebang import is_command_of
from slim.closure.source_path import HERE
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, name, parent, printable
from slim.plan import Gap, Unresolved

_NAMES = frozenset({"Capfile", "Gemfile", "Guardfile", "Rakefile", "config.ru", "gems.rb"})
_LOCKS = frozenset({"Gemfile.lock", "gems.locked"})

_RUBY = re.compile(r"j?ruby[\d.]*")
_OPTION = re.compile(r"(?:^|\s)-r\s*([\w/.-]+)")
_STRING = re.compile(rb"(?<![^\0])([a-z]\w+(?:/\w+)*)\0")
_EXTENSION_BYTES = 1 << 24


class RubyRule:
    """The closure of every kept source, once a ruby is kept."""

    def __init__(self) -> None:
        self._waiting = Waiting()
        self._search: FeatureSearch
        self._gems: GemNeeds
        """Both made when a ruby is kept, before which nothing is read."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What an interpreter or a source needs; sources wait until an interpreter is kept."""
        if entry.kind is not Kind.FILE:
            return
        for runtime in context.owners.runtimes:
            if runtime.language == "ruby" and runtime.marker == path:
                yield from self._interpreter(runtime, context)
        of_ruby = path.endswith(".so") or name(path) in _LOCKS or _is_source(path, context)
        if of_ruby and not self._waiting.holds(path):
            yield from self._file(path, context)

    def _interpreter(self, runtime: Runtime, context: Context) -> Iterator[Need | Unresolved]:
        if not self._waiting.is_over:
            self._search = FeatureSearch(context)
            self._gems = GemNeeds(self._search, context)
        search = self._search
        search.learn(runtime)
        for feature in IMPLIED:
            for found in search.find(feature):
                yield Need(found, RULE, f"the interpreter loads it by itself: {feature}", runtime.marker)
        for feature in _OPTION.findall(context.launch.environment.get("RUBYOPT", "")):
            for found in search.find(feature):
                yield Need(found, RULE, f"RUBYOPT names {feature}", runtime.marker)
        for path in self._waiting.release():
            yield from self._file(path, context)

    def _file(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        owner = context.owners.owner(path)
        if name(path) in _LOCKS:
            yield from self._gems.locked(path)
        elif path.endswith(".gemspec") and "/specifications/" in path:
            yield from self._gems.specification(path)
        else:
            yield from self._gems.parts(path, owner)
            if path.endswith(".so"):
                yield from self._compiled(path, context)
            else:
                yield from self._source(path, owner, context)

    def _compiled(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """Features that an extension loads by rb_require()."""
        search = self._search
        if not (search.is_library(path) or context.owners.owner(path)):
            return
        raw = context.tree.read(path, _EXTENSION_BYTES)
        if b"rb_require" not in raw:
            return
        for text in sorted({match[1].decode() for match in _STRING.finditer(raw)}):
            if not DEVELOPER.match(text):
                for one in search.find(text):
                    yield Need(one, RULE, f"a string of this extension names {text}", path)

    # -- sources ---------------------------------------------------------------------------------

    def _source(
        self, path: ImagePath, owner: Package | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        application = owner is None
        if TESTS.search(path) and path not in context.observed.opened:
            return  # kept as a part of something, and run by nobody
        facts = context.facts(path, RUBY)
        if facts is None or facts.broken:
            if application and context.tree[path].size:
                yield Unresolved(RULE, path, "", "it could not be read as Ruby", Gap.UNREADABLE)
            return
        yield from self._loads(path, facts, context, application=application)
        yield from self._named(path, facts, application=application)
        if facts.conventional and owner is not None:
            yield from self._gems.by_convention(path, owner, facts)
        elif owner is not None and (facts.dynamic or any(one.startswith("*") for one in facts.requires)):
            yield from self._gems.unbounded(path, owner)
        if not self._search.is_core(path):
            lines = [line for line in facts.lines if application or not TOOLS.search(line)]
            calls = [call for call in facts.calls if application or not TOOLS.search(call[0])]
            yield from command_needs(lines, calls, path, RULE, context)

    def _loads(
        self, path: ImagePath, facts: RubyFacts, context: Context, *, application: bool
    ) -> Iterator[Need | Unresolved]:
        search = self._search
        # a tool that was asked for needs its own parts
        required = frozenset(facts.requires)
        earnest = application or path.endswith(".rake") or self._search.is_developers(path)
        for wanted in (*facts.requires, *facts.autoloads):
            if not earnest and DEVELOPER.match(wanted):
                continue
            found = tuple(_located(wanted, path, context)) or search.find(wanted)
            if wanted.startswith("*"):
                # most likely a folder of its own: `require root + "/parts/x"`
                own = context.owners.owner(path)
                found = tuple(one for one in found if context.owners.owner(one) == own)
            why = f"it loads {printable(wanted)}"
            for one in found:
                if earnest or not self._search.is_developers(one):
                    yield Need(one, RULE, why, path)
            if not found and application and wanted in required and wanted not in BUILT_IN:
                gap = Gap.UNKNOWN if "*" in wanted else Gap.ABSENT
                yield Unresolved(RULE, path, wanted, "no folder of $LOAD_PATH and no gem has it", gap)
        listing = facts.dynamic or any("*" in one for one in facts.requires)
        for pattern in facts.globs if listing else ():
            for one in _located(pattern, path, context):
                if one.endswith(SOURCES) and not TESTS.search(one):
                    yield Need(one, RULE, f"it loads what {printable(pattern)} lists", path)
        if application and facts.dynamic and not facts.globs:
            detail = "it loads what a variable names; features named in strings were followed"
            yield Unresolved(RULE, path, "require", detail, Gap.UNKNOWN)

    def _named(self, path: ImagePath, facts: RubyFacts, *, application: bool) -> Iterator[Need]:
        """Features in strings, gems by name, executables of gems."""
        search = self._search
        core = search.is_core(path)
        for text in facts.strings:
            wanted = application or ("/" in text and not core) or (facts.dynamic and not core)
            if not wanted or DEVELOPER.match(text):
                continue
            for one in search.find(text):
                yield Need(one, RULE, f"a string names {text}", path)
        for called in facts.gems:
            for gem in search.gems(called):
                yield Need(gem.specification, RULE, f"it names the gem {called}", path)
            if name(path) in _NAMES:
                for feature in dict.fromkeys((called, called.replace("-", "/"))):
                    for one in search.find(feature):
                        yield Need(one, RULE, f"Bundler.require loads {feature}", path)
        yield from self._gems.executables(path, facts, application=application)

    # -- gems ------------------------------------------------------------------------------------


def _located(wanted: str, source: ImagePath, context: Context) -> Iterable[ImagePath]:
    """Files that a path stands for: beside the source, in the working folder, from the root on."""
    if wanted.startswith(HERE):
        here = tuple(beside(wanted, parent(source), context))
        return here or beside(wanted, context.launch.workdir, context)
    if wanted.startswith("/"):
        return beside(HERE + wanted.lstrip("/"), ROOT, context)
    if "*" in wanted and context.owners.owner(source) is None:
        return beside(HERE + wanted, context.launch.workdir, context)
    return ()


def _is_source(path: ImagePath, context: Context) -> bool:
    return path.endswith(SOURCES) or name(path) in _NAMES or is_command_of(_RUBY, path, context)
