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

from slim.closure.packages.gems import Gem
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.runtimes import Runtime
from slim.closure.ruby.known import BUILT_IN, DEVELOPER, IMPLIED, TOOLS
from slim.closure.ruby.search import CODE, FeatureSearch, beside
from slim.closure.ruby.source import RUBY, RubyFacts
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import line_needs, program_needs
from slim.closure.shell.shebang import read_shebang
from slim.closure.source_path import HERE
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, is_under, name, parent, printable
from slim.plan import Gap, Unresolved

RULE = "ruby"

SOURCES = (".builder", ".gemspec", ".jbuilder", ".rabl", ".rake", ".rb", ".ru", ".ruby", ".thor")
_NAMES = frozenset({"Capfile", "Gemfile", "Guardfile", "Rakefile", "config.ru", "gems.rb"})
_LOCKS = frozenset({"Gemfile.lock", "gems.locked"})

_LOCKED = re.compile(r"^ {4}([\w.-]+) \(", re.MULTILINE)
_OPTION = re.compile(r"(?:^|\s)-r\s*([\w/.-]+)")
_STRING = re.compile(rb"(?<![^\0])([a-z]\w+(?:/\w+)*)\0")
_EXTENSION_BYTES = 1 << 24
_TESTS = re.compile(r"/(test|tests|spec|features|benchmarks?|examples?|samples?)/")


class RubyRule:
    """The closure of every kept source, once a ruby is kept."""

    def __init__(self) -> None:
        self._search: FeatureSearch | None = None
        self._waiting = Waiting()
        self._gems: set[Gem | Package] = set()
        """Gems, and packages of the distribution, whose other parts were asked for."""
        self._whole: set[tuple[Gem | Package, bool]] = set()

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
        search = self._features(context)
        search.learn(runtime)
        for feature in IMPLIED:
            for found in search.find(feature):
                yield Need(found, RULE, f"the interpreter loads it by itself: {feature}", runtime.marker)
        for feature in _OPTION.findall(context.launch.environment.get("RUBYOPT", "")):
            for found in search.find(feature):
                yield Need(found, RULE, f"RUBYOPT names {feature}", runtime.marker)
        for path in self._waiting.release():
            yield from self._file(path, context)

    def _features(self, context: Context) -> FeatureSearch:
        if self._search is None:
            self._search = FeatureSearch(context)
        return self._search

    def _file(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        owner = context.owners.owner(path)
        if name(path) in _LOCKS:
            yield from self._locked(path, context)
        elif path.endswith(".gemspec") and "/specifications/" in path:
            yield from self._specification(path, context)
        else:
            yield from self._parts(path, owner, context)
            if path.endswith(".so"):
                yield from self._compiled(path, context)
            else:
                yield from self._source(path, owner, context)

    def _compiled(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """Features that an extension loads by rb_require()."""
        search = self._features(context)
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
        if _TESTS.search(path) and path not in context.observed.opened:
            return  # kept as a part of something, and run by nobody
        facts = context.facts(path, RUBY)
        if facts is None or facts.broken:
            if application and context.tree[path].size:
                yield Unresolved(RULE, path, "", "it could not be read as Ruby", Gap.UNREADABLE)
            return
        yield from self._loads(path, facts, context, application=application)
        yield from self._named(path, facts, context, application=application)
        if facts.conventional and owner is not None:
            yield from self._by_convention(path, owner, facts, context)
        elif owner is not None and (facts.dynamic or any(one.startswith("*") for one in facts.requires)):
            yield from self._unbounded(path, owner, context)
        if not self._features(context).is_core(path):
            for line in facts.lines:
                if application or not TOOLS.search(line):
                    yield from line_needs(line, path, RULE, context)
            for call in facts.calls:
                if application or not TOOLS.search(call[0]):
                    yield from program_needs(call, path, RULE, context)

    def _loads(
        self, path: ImagePath, facts: RubyFacts, context: Context, *, application: bool
    ) -> Iterator[Need | Unresolved]:
        search = self._features(context)
        # a tool that was asked for needs its own parts
        required = frozenset(facts.requires)
        earnest = application or path.endswith(".rake") or self._is_developer(path)
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
                if earnest or not self._is_developer(one):
                    yield Need(one, RULE, why, path)
            if not found and application and wanted in required and wanted not in BUILT_IN:
                gap = Gap.UNKNOWN if "*" in wanted else Gap.ABSENT
                yield Unresolved(RULE, path, wanted, "no folder of $LOAD_PATH and no gem has it", gap)
        listing = facts.dynamic or any("*" in one for one in facts.requires)
        for pattern in facts.globs if listing else ():
            for one in _located(pattern, path, context):
                if one.endswith(SOURCES) and not _TESTS.search(one):
                    yield Need(one, RULE, f"it loads what {printable(pattern)} lists", path)
        if application and facts.dynamic and not facts.globs:
            detail = "it loads what a variable names; features named in strings were followed"
            yield Unresolved(RULE, path, "require", detail, Gap.UNKNOWN)

    def _is_developer(self, path: ImagePath) -> bool:
        search = self._search
        root = next((one for one in search.roots if is_under(path, one)), None) if search else None
        return root is not None and DEVELOPER.match(path[len(root) + 1 :]) is not None

    def _named(
        self, path: ImagePath, facts: RubyFacts, context: Context, *, application: bool
    ) -> Iterator[Need]:
        """Features in strings, gems by name, executables of gems."""
        search = self._features(context)
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
        yield from self._executables(path, facts, context, application=application)

    def _executables(
        self, path: ImagePath, facts: RubyFacts, context: Context, *, application: bool
    ) -> Iterator[Need]:
        """Programs of gems that Gem.activate_bin_path starts."""
        search = self._features(context)
        for called, program in facts.programs:
            if path.endswith(".rb") and not application and TOOLS.search(program):
                continue
            for gem in search.all_versions(called):
                yield Need(gem.specification, RULE, f"it starts {program} of the gem {called}", path)
                for folder in ("bin", "exe"):
                    yield Need(
                        f"{gem.folder}/{folder}/{program}", RULE, f"it starts {program} of {called}", path
                    )

    # -- gems ------------------------------------------------------------------------------------

    def _parts(self, path: ImagePath, owner: Package | None, context: Context) -> Iterator[Need]:
        """The specification and data files that go with code of a gem, or of a package of the distribution
        that has its code in $LOAD_PATH."""
        search = self._features(context)
        if owner is None or owner in self._gems:
            return
        if owner.ecosystem is Ecosystem.GEM:
            self._gems.add(owner)
            for gem in context.owners.gems:
                if gem.folder == owner.folder:
                    yield Need(gem.specification, RULE, f"code of the gem {gem.name} is kept", path)
                    for folder in gem.extensions:
                        yield Need(
                            f"{folder}/gem.build_complete", RULE, "RubyGems asks whether it was built", path
                        )
            for one in context.owners.files(owner):
                if _is_data(one, owner):
                    yield Need(one, RULE, f"a data file of the gem {owner.name}", path, part_of=Part.LANGUAGE)
        elif search.is_library(path) and not search.is_core(path):
            self._gems.add(owner)
            for one in context.owners.files(owner):
                if one.endswith(".gemspec") and "/specifications/" in one:
                    yield Need(one, RULE, f"code of the package {owner} is kept", path)
                elif search.is_library(one) and not one.endswith(CODE):
                    yield Need(one, RULE, f"a data file of the package {owner}", path, part_of=Part.LANGUAGE)

    def _by_convention(
        self, path: ImagePath, owner: Package, facts: RubyFacts, context: Context
    ) -> Iterator[Need]:
        """All code below the folders of a gem that Zeitwerk or Rails looks through."""
        if (owner, facts.engine) in self._whole:
            return
        self._whole.add((owner, facts.engine))
        search = self._features(context)
        folders = [
            folder for gem in context.owners.gems if gem.folder == owner.folder for folder in gem.lib_folders
        ]
        if facts.engine and owner.folder is not None:
            folders += [ImagePath(f"{owner.folder}/{part}") for part in ("app", "config", "db", "lib")]
        for one in context.owners.files(owner):
            inside = any(is_under(one, folder) for folder in folders) if folders else search.is_library(one)
            if inside and one.endswith(SOURCES) and "/generators/" not in one and not _TESTS.search(one):
                yield Need(one, RULE, f"{owner} is loaded by convention", path, part_of=Part.LANGUAGE)

    def _unbounded(self, path: ImagePath, owner: Package, context: Context) -> Iterator[Need]:
        """All code of a gem, a source of which loads what a variable names: most likely a part of its own,
        as adapters and converters are."""
        search = self._features(context)
        if (owner, False) in self._whole or search.is_core(path) or self._is_developer(path):
            return
        # a package of the distribution may hold a gem
        folders = [f for gem in context.owners.gems for f in gem.lib_folders if is_under(path, f)]
        if not (search.is_library(path) or folders):
            return
        self._whole.add((owner, False))
        why = f"{printable(path)} loads what a variable names"
        for one in context.owners.files(owner):
            inside = search.is_library(one) or any(is_under(one, folder) for folder in folders)
            if inside and one.endswith(SOURCES) and "/generators/" not in one and not _TESTS.search(one):
                yield Need(one, RULE, why, path, part_of=Part.LANGUAGE)

    def _specification(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """Activating a gem activates those that it depends on: Gem::Specification#activate."""
        gem = next((one for one in context.owners.gems if one.specification == path), None)
        for called in gem.depends if gem else ():
            for other in self._features(context).gems(called):
                yield Need(other.specification, RULE, f"{printable(name(path))} depends on {called}", path)

    def _locked(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """Bundler wants the specification of every gem of the lock file, whoever loads it."""
        text = context.tree.read(path, 1 << 20).decode("utf-8", "replace")
        for called in dict.fromkeys(("bundler", *_LOCKED.findall(text))):
            for gem in self._features(context).all_versions(called):
                yield Need(gem.specification, RULE, f"{printable(path)} locks {called}", path)
                for folder in gem.extensions:
                    yield Need(
                        f"{folder}/gem.build_complete", RULE, "Bundler asks whether it was built", path
                    )


def _is_data(path: ImagePath, gem: Package) -> bool:
    """Whether a gem's file is neither code nor one of its programs, which are found by their names."""
    if gem.folder is None or not is_under(path, gem.folder) or path.endswith((*CODE, ".gemspec")):
        return False
    return not path[len(gem.folder) :].startswith(("/bin/", "/exe/"))


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
    if path.endswith(SOURCES) or name(path) in _NAMES:
        return True
    if context.tree[path].mode & 0o111 and "." not in name(path):
        shebang = read_shebang(context.head(path))
        return shebang is not None and re.match(r"j?ruby[\d.]*$", shebang.program) is not None
    return False
