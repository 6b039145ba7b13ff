"""What profiles may ask of newly kept paths, looked up once for all of their conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from slim.closure.packages import jars
from slim.closure.packages.package import LANGUAGES, Package
from slim.closure.packages.used import is_code
from slim.closure.profile.glob import Globs, NameGlobs
from slim.closure.profile.model import Condition
from slim.closure.rule import Context
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name

MENTION_BYTES = 1 << 20
"""Files of the application beyond this size are data: `mentions` does not read them."""

_MODULE_FOLDERS = ("/node_modules/", "/site-packages/", "/dist-packages/")


@dataclass(frozen=True)
class Sight:
    """What was seen in some kept paths; only what a condition asks about."""

    paths: frozenset[ImagePath] = frozenset()
    """Those that match a `kept`."""
    names: frozenset[str] = frozenset()
    """Last components that match a `library`."""
    system: frozenset[str] = frozenset()
    """Names of the distribution's packages."""
    code: frozenset[Package] = frozenset()
    """Language packages of which it is code."""
    runtimes: frozenset[ImagePath] = frozenset()
    """Main files of runtimes."""
    symbols: frozenset[str] = frozenset()
    static: frozenset[bool] = frozenset()
    """Holds True where a statically linked program was seen."""
    mentioned: frozenset[str] = frozenset()
    """Expressions of `mentions` that matched."""

    def __or__(self, other: Sight) -> Sight:
        return Sight(*(getattr(self, one.name) | getattr(other, one.name) for one in fields(Sight)))


class Lens:
    """Looks at each newly kept path once, for the conditions that it was made for."""

    def __init__(self, conditions: Iterable[Condition], context: Context) -> None:
        asked = tuple(conditions)
        self._context = context
        self._kept = Globs((glob for one in asked for glob in one.kept), context.tree)
        self._library = NameGlobs(glob for one in asked for glob in one.library)
        self._packages = frozenset(package for one in asked for package in one.package)
        self._symbols = frozenset(symbol for one in asked for symbol in one.symbol)
        self._mentions = {
            text: re.compile(text.encode("utf-8", "surrogateescape"), re.MULTILINE)
            for one in asked
            for text in one.mentions
        }
        self._runtimes = frozenset(runtime.marker for runtime in context.owners.runtimes)
        self.seen = Sight()
        """All that was looked at so far."""

    def look(self, fresh: Sequence[ImagePath]) -> Sight:
        """What there is to see in `fresh`, which is added to `seen`."""
        tree = self._context.tree
        files = [path for path in fresh if tree[path].kind is Kind.FILE]
        symbols, static = self._in_programs(files)
        sight = Sight(
            paths=frozenset(filter(self._kept.match, fresh)),
            names=frozenset(filter(self._library.match, set(map(name, fresh)))),
            system=self._packages & self._system(fresh),
            code=self._code(files),
            runtimes=self._runtimes.intersection(files),
            symbols=symbols,
            static=static,
            mentioned=self._mentioned(files),
        )
        self.seen = self.seen | sight
        return sight

    def _system(self, fresh: Sequence[ImagePath]) -> frozenset[str]:
        if not self._packages:
            return frozenset()
        owners = map(self._context.owners.system_owner, fresh)
        return frozenset(package.name for package in owners if package is not None)

    def _code(self, files: Sequence[ImagePath]) -> frozenset[Package]:
        found = set()
        for path in files:
            package = self._context.owners.owner(path)
            if package is not None and package.ecosystem in LANGUAGES and is_code(path, package):
                found.add(package)
            archive = jars.package_of(path)
            if archive is not None:
                found.add(archive)
        return frozenset(found)

    def _in_programs(self, files: Sequence[ImagePath]) -> tuple[frozenset[str], frozenset[bool]]:
        """Symbols that are asked about, a C library's own left aside; whether a program is static."""
        symbols: set[str] = set()
        static = set()
        for path in files:
            facts = self._context.elf(path)
            if facts is None:
                continue
            if not facts.is_libc(name(path)):
                symbols |= self._symbols & facts.symbols
            if facts.is_program and not facts.needed and not facts.interpreter:
                static.add(True)
        return frozenset(symbols), frozenset(static)

    def _mentioned(self, files: Sequence[ImagePath]) -> frozenset[str]:
        questions = {text: asked for text, asked in self._mentions.items() if text not in self.seen.mentioned}
        found: set[str] = set()
        for path in files:
            if not questions:
                break
            if self._is_text_of_application(path):
                content = self._context.tree.read(path, MENTION_BYTES)
                answered = [text for text, asked in questions.items() if asked.search(content)]
                found.update(answered)
                for text in answered:
                    del questions[text]
        return frozenset(found)

    def _is_text_of_application(self, path: ImagePath) -> bool:
        """Source or configuration that no package brought, and all configuration in /etc."""
        entry = self._context.tree[path]
        if not 0 < entry.size <= MENTION_BYTES or any(part in path for part in _MODULE_FOLDERS):
            return False
        if not path.startswith("/etc/") and self._context.owners.owner(path) is not None:
            return False
        return b"\0" not in self._context.head(path)
