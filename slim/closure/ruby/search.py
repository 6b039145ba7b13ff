"""Where Ruby finds a feature: $LOAD_PATH, then the folders that RubyGems would add to it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fnmatch import translate

from slim.closure.packages.gems import Gem
from slim.closure.packages.runtimes import Runtime
from slim.closure.ruby.known import DEVELOPER
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, image_path, is_under, join, name, parent

CODE = (".rb", ".so")
"""What `require` adds to a feature's name, in this order."""


class FeatureSearch:
    """Every feature of the image's Ruby folders, by its name with the extension."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.core: list[ImagePath] = []
        """Folders of the standard library."""
        self.roots: list[ImagePath] = []
        """$LOAD_PATH as the interpreter starts with it."""
        self._indexed: set[ImagePath] = set()
        self._features: dict[str, list[tuple[ImagePath, Gem | None]]] = {}
        self._names: list[str] = []
        for gem in context.owners.gems:
            for folder in gem.lib_folders:
                self._index(folder, gem)

    def learn(self, runtime: Runtime) -> None:
        """Add the folders of an interpreter: those that RbConfig calls sitedir, vendordir, rubylibdir and
        their parts for the architecture, as upstream and Debian lay them out; and RUBYLIB."""
        home, tree = runtime.home, self._context.tree
        version, base = name(home), parent(home)
        prefix = parent(parent(base)).rstrip("/")
        library = [
            ImagePath(folder) for folder in self._context.launch.environment.get("RUBYLIB", "").split(":")
        ]
        beside = [base, ImagePath(f"{prefix}/local/lib"), *tree.glob(f"{prefix}/lib/*/ruby")]
        beside += tree.glob(f"{prefix}/local/lib/*-linux-*")
        core = [
            home,
            *tree.glob(f"{prefix}/lib*/*/ruby/{version}"),
            *tree.glob(f"{prefix}/lib64/ruby/{version}"),
        ]
        core += [parent(found) for folder in core for found in tree.glob(f"{folder}/*/rbconfig.rb")]
        sites = [join(folder, kind) for kind in ("site_ruby", "vendor_ruby") for folder in beside]
        sites = [found for site in sites for found in (join(site, version), site)]
        sites += [parent(found) for site in sites for found in tree.glob(f"{site}/*/*.so")]
        self.core += core
        for folder in (*(image_path(one) for one in library if one), *sites, *core):
            self.roots.append(folder)
            self._index(folder, None)

    def _index(self, folder: ImagePath, gem: Gem | None) -> None:
        if folder in self._indexed:
            return
        self._indexed.add(folder)
        for path in self._context.tree.under(folder):
            if path.endswith(CODE):
                self._features.setdefault(path[len(folder) + 1 :], []).append((path, gem))
        self._names = []

    def is_core(self, path: ImagePath) -> bool:
        """Whether `path` is of the standard library, or of what RubyGems brings with Ruby."""
        return any(is_under(path, folder) for folder in self.core) or "/vendor_ruby/rubygems" in path

    def is_library(self, path: ImagePath) -> bool:
        """Whether `path` is below a folder of $LOAD_PATH."""
        return any(is_under(path, folder) for folder in self.roots)

    def is_developers(self, path: ImagePath) -> bool:
        """Whether `path` is one of Ruby's developer tools."""
        root = next((one for one in self.roots if is_under(path, one)), None)
        return root is not None and DEVELOPER.match(path[len(root) + 1 :]) is not None

    def find(self, feature: str) -> tuple[ImagePath, ...]:
        """What `require feature` may load; a `*` stands for any part of the name, and for all that
        is below where it is the last component."""
        if "*" in feature:
            return tuple(self._matching(feature))
        named = feature.removesuffix(".o") + ".so" if feature.endswith(".o") else feature
        for candidate in (named,) if named.endswith(CODE) else (named + ".rb", named + ".so"):
            hits = self._features.get(candidate)
            if hits:
                return self._chosen(hits)
        return ()

    def _matching(self, pattern: str) -> Iterator[ImagePath]:
        if not self._names:
            self._names = sorted(self._features)
        start, _, rest = pattern.partition("*")
        if not start and len(rest.strip("*./")) < 3:
            return
        wanted = re.compile(translate(re.sub(r"\*+", "*", pattern)))
        for position in range(bisect_left(self._names, start), len(self._names)):
            feature = self._names[position]
            if not feature.startswith(start):
                break
            stem = feature.rpartition(".")[0]
            same_depth = pattern.endswith("*") or feature.count("/") == pattern.count("/")
            if same_depth and (wanted.match(stem) or wanted.match(feature)):
                yield from self._chosen(self._features[feature])

    def _chosen(self, hits: list[tuple[ImagePath, Gem | None]]) -> tuple[ImagePath, ...]:
        """The first of $LOAD_PATH, and of each gem the version in use, the newest where none is."""
        found = [path for path, gem in hits if gem is None][:1]
        named: dict[str, list[tuple[ImagePath, Gem]]] = {}
        for path, gem in hits:
            if gem is not None:
                named.setdefault(gem.name, []).append((path, gem))
        for versions in named.values():
            used = [path for path, gem in versions if self._is_used(gem)]
            found += used or [max(versions, key=lambda one: one[1].order)[0]]
        return tuple(found)

    def _is_used(self, gem: Gem) -> bool:
        return gem.folder in self._context.kept or gem.folder in self._context.observed.touched

    def gems(self, called: str) -> tuple[Gem, ...]:
        """The gem of that name: the versions in use and the newest, wherever there is one."""
        versions = tuple(self.all_versions(called))
        newest = max((gem.order for gem in versions), default=())
        return tuple(gem for gem in versions if gem.order == newest or self._is_used(gem))

    def all_versions(self, called: str) -> Iterator[Gem]:
        """Every version of a gem."""
        return (gem for gem in self._context.owners.gems if gem.name == called)


def beside(pattern: str, folder: ImagePath, context: Context) -> Iterator[ImagePath]:
    """Files that `./x` of a source in `folder` means: as it is, or with an extension of code."""
    relative = pattern.removeprefix("./")
    if "*" not in relative:
        for extension in ("", *CODE):
            found = context.reached_file(f"{folder}/{relative}{extension}") if relative else None
            if found is not None:
                yield found
                return
        return
    base = re.sub(r"([?\[])", r"[\1]", str(folder))
    whole = _braces(str(image_path(f"{base}/{relative}")))
    for glob in whole:
        yield from _files(context.tree.glob(glob), context)
        if not glob.endswith(CODE):
            for extension in CODE:
                yield from _files(context.tree.glob(glob + extension), context)


def _files(paths: Iterable[ImagePath], context: Context) -> Iterator[ImagePath]:
    return (path for path in paths if context.tree[path].kind is Kind.FILE)


def _braces(pattern: str) -> list[str]:
    """`{a,b}` of Dir.glob, spelt out; one pair, as it is written nearly always."""
    match = re.search(r"\{([^{}]*)\}", pattern)
    if not match:
        return [pattern]
    return [pattern[: match.start()] + part + pattern[match.end() :] for part in match[1].split(",")]
