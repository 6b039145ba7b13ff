"""What goes with code of a gem: its specification, data, the gems that it depends on; all of its code where
that is loaded by convention, or by names that nothing tells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.packages.gems import Gem
from slim.closure.packages.package import Ecosystem, Package
from slim.closure.ruby import RULE
from slim.closure.ruby.known import SOURCES, TESTS, TOOLS
from slim.closure.ruby.search import CODE, FeatureSearch
from slim.closure.ruby.source import RubyFacts
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ImagePath, is_under, name, printable

_LOCKED = re.compile(r"^ {4}([\w.-]+) \(", re.MULTILINE)


class GemNeeds:
    """The needs of gems, and of packages of the distribution with Ruby code; one instance serves one plan."""

    def __init__(self, search: FeatureSearch, context: Context) -> None:
        self._search = search
        self._owners = context.owners
        self._tree = context.tree
        self._touched: set[Gem | Package] = set()
        """Those whose other parts were asked for."""
        self._whole: set[tuple[Gem | Package, bool]] = set()

    def executables(self, path: ImagePath, facts: RubyFacts, *, application: bool) -> Iterator[Need]:
        """Programs of gems that Gem.activate_bin_path starts."""
        for called, program in facts.programs:
            if path.endswith(".rb") and not application and TOOLS.search(program):
                continue
            for gem in self._search.all_versions(called):
                yield Need(gem.specification, RULE, f"it starts {program} of the gem {called}", path)
                for folder in ("bin", "exe"):
                    yield Need(
                        f"{gem.folder}/{folder}/{program}", RULE, f"it starts {program} of {called}", path
                    )

    def parts(self, path: ImagePath, owner: Package | None) -> Iterator[Need]:
        """The specification and data files that go with code of a gem, or of a package of the distribution
        that has its code in $LOAD_PATH."""
        if owner is None or owner in self._touched:
            return
        if owner.ecosystem is Ecosystem.GEM:
            self._touched.add(owner)
            for gem in self._owners.gems:
                if gem.folder == owner.folder:
                    yield Need(gem.specification, RULE, f"code of the gem {gem.name} is kept", path)
                    for folder in gem.extensions:
                        yield Need(
                            f"{folder}/gem.build_complete", RULE, "RubyGems asks whether it was built", path
                        )
            for one in self._owners.files(owner):
                if _is_data(one, owner):
                    yield Need(one, RULE, f"a data file of the gem {owner.name}", path, part_of=Part.LANGUAGE)
        elif self._search.is_library(path) and not self._search.is_core(path):
            self._touched.add(owner)
            for one in self._owners.files(owner):
                if one.endswith(".gemspec") and "/specifications/" in one:
                    yield Need(one, RULE, f"code of the package {owner} is kept", path)
                elif self._search.is_library(one) and not one.endswith(CODE):
                    yield Need(one, RULE, f"a data file of the package {owner}", path, part_of=Part.LANGUAGE)

    def by_convention(self, path: ImagePath, owner: Package, facts: RubyFacts) -> Iterator[Need]:
        """All code below the folders of a gem that Zeitwerk or Rails looks through."""
        if (owner, facts.engine) in self._whole:
            return
        self._whole.add((owner, facts.engine))
        folders = [
            folder for gem in self._owners.gems if gem.folder == owner.folder for folder in gem.lib_folders
        ]
        if facts.engine and owner.folder is not None:
            folders += [ImagePath(f"{owner.folder}/{part}") for part in ("app", "config", "db", "lib")]
        for one in self._owners.files(owner):
            within = any(is_under(one, folder) for folder in folders)
            inside = within if folders else self._search.is_library(one)
            if inside and _is_loadable(one):
                yield Need(one, RULE, f"{owner} is loaded by convention", path, part_of=Part.LANGUAGE)

    def unbounded(self, path: ImagePath, owner: Package) -> Iterator[Need]:
        """All code of a gem, a source of which loads what a variable names: most likely a part of its own,
        as adapters and converters are."""
        if (owner, False) in self._whole or self._search.is_core(path) or self._search.is_developers(path):
            return
        # a package of the distribution may hold a gem
        folders = [f for gem in self._owners.gems for f in gem.lib_folders if is_under(path, f)]
        if not (self._search.is_library(path) or folders):
            return
        self._whole.add((owner, False))
        why = f"{printable(path)} loads what a variable names"
        for one in self._owners.files(owner):
            inside = self._search.is_library(one) or any(is_under(one, folder) for folder in folders)
            if inside and _is_loadable(one):
                yield Need(one, RULE, why, path, part_of=Part.LANGUAGE)

    def specification(self, path: ImagePath) -> Iterator[Need]:
        """Activating a gem activates those that it depends on: Gem::Specification#activate."""
        gem = next((one for one in self._owners.gems if one.specification == path), None)
        for called in gem.depends if gem else ():
            for other in self._search.gems(called):
                yield Need(other.specification, RULE, f"{printable(name(path))} depends on {called}", path)

    def locked(self, path: ImagePath) -> Iterator[Need]:
        """Bundler wants the specification of every gem of the lock file, whoever loads it."""
        text = self._tree.read(path, 1 << 20).decode("utf-8", "replace")
        for called in dict.fromkeys(("bundler", *_LOCKED.findall(text))):
            for gem in self._search.all_versions(called):
                yield Need(gem.specification, RULE, f"{printable(path)} locks {called}", path)
                for folder in gem.extensions:
                    yield Need(
                        f"{folder}/gem.build_complete", RULE, "Bundler asks whether it was built", path
                    )


def _is_loadable(path: ImagePath) -> bool:
    return path.endswith(SOURCES) and "/generators/" not in path and not TESTS.search(path)


def _is_data(path: ImagePath, gem: Package) -> bool:
    """Whether a gem's file is neither code nor one of its programs, which are found by their names."""
    if gem.folder is None or not is_under(path, gem.folder) or path.endswith((*CODE, ".gemspec")):
        return False
    return not path[len(gem.folder) :].startswith(("/bin/", "/exe/"))
