"""What a rule is: from a kept path to what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from slim.closure.facts import Facts, FactStore, Parser
from slim.closure.launch import Launch
from slim.closure.native.elf import MAGIC, ElfFacts, MalformedElfError, read_elf
from slim.closure.native.symbols import SYMBOLS
from slim.closure.observed import Observed
from slim.closure.packages.owners import Owners
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Outcome, Tree
from slim.plan import Reason, Unresolved

HEAD_BYTES = 256
"""What is read of a file to tell what it is: as much as the kernel reads; BINPRM_BUF_SIZE."""


class Part(Enum):
    """What is kept as a whole, less what profiles drop."""

    APPLICATION = "application"
    """Files of the application itself, which no package owns."""
    SYSTEM = "system-package"
    """The distribution's package that is the application."""
    LANGUAGE = "language-package"
    """A Python distribution or npm package that was used."""
    PROFILE = "profile"
    """What a profile keeps."""
    STRING = "soname-string"
    """A library that a string of a kept ELF file names."""
    LINK = "link"
    """Another name of something kept."""
    DEFERRED = "deferred-import"
    """A module that a library imports only in a function, or can do without."""
    COMPILED = "compiled-string"
    """A Python module that a string of a compiled one names."""


@dataclass(frozen=True, slots=True)
class Need:
    """A look-up that must go on succeeding: the path, every symlink on the way, and the target."""

    path: str
    """As it is looked up: symlinks and `..` in it are resolved inside the image; a relative path
    starts at the image's working folder."""
    rule: str
    detail: str
    """For people; with `rule` and `source` it becomes the Reason."""
    source: ImagePath | None = None
    """The kept path that needs it."""
    follow: bool = True
    """False: of a last symlink only the link itself."""
    part_of: Part | None = None
    """What it is wanted as a part of, where that is kept whole: a profile's drop may withhold it."""

    @property
    def reason(self) -> Reason:
        return Reason(self.rule, self.detail, self.source)


class Context:
    """What rules may look at. Read-only to them; it caches what it reads of files."""

    def __init__(
        self,
        tree: Tree,
        launch: Launch,
        observed: Observed,
        kept: Mapping[ImagePath, Sequence[Reason]],
        symbols: frozenset[str] = frozenset(),
        store: FactStore | None = None,
    ) -> None:
        self.tree = tree
        self.launch = launch
        self.observed = observed
        self.kept = kept
        """The paths kept so far, with their reasons: a live view."""
        self.owners = Owners(tree)
        self._symbols = SYMBOLS | symbols
        self._store = store
        self._heads: dict[ImagePath, bytes] = {}
        self._elf: dict[ImagePath, ElfFacts | MalformedElfError | None] = {}

    def head(self, path: ImagePath) -> bytes:
        """The first HEAD_BYTES of a file; empty for anything but a file."""
        head = self._heads.get(path)
        if head is None:
            entry = self.tree.get(path)
            head = b""
            if entry is not None and entry.kind is Kind.FILE and entry.size:
                with self.tree.open(path) as stream:
                    head = stream.read(HEAD_BYTES)
            self._heads[path] = head
        return head

    def elf(self, path: ImagePath) -> ElfFacts | None:
        """The facts of an ELF file; None for anything else and for one that cannot be read."""
        facts = self.elf_or_fault(path)
        return None if isinstance(facts, MalformedElfError) else facts

    def elf_or_fault(self, path: ImagePath) -> ElfFacts | MalformedElfError | None:
        """As `elf`, with the fault of a file that only begins as ELF."""
        if path not in self._elf:
            facts: ElfFacts | MalformedElfError | None = None
            if self.head(path).startswith(MAGIC):
                try:
                    with self.tree.open(path) as stream:
                        facts = read_elf(stream, self.tree[path].size, self._symbols)
                except MalformedElfError as fault:
                    facts = fault
            self._elf[path] = facts
        return self._elf[path]

    def facts(self, path: ImagePath, parser: Parser[Facts]) -> Facts | None:
        """What `parser` reads from a file; None for anything but a file, and for one beyond the parser's
        limit. Not cached here: a rule asks once for every file."""
        entry = self.tree.get(path)
        if entry is None or entry.kind is not Kind.FILE or entry.size > parser.limit:
            return None
        return parser.facts(self.tree.read(path, parser.limit), self._store)

    def find_command(self, name: str) -> str | None:
        """The path by which execvp(3) would find `name` with the image's PATH and working
        folder, symlinks unresolved; None where it would not."""
        for candidate in self.launch.command_candidates(name):
            found = self.tree.resolve(candidate, base=self.launch.workdir)
            if found.outcome is Outcome.FOUND:
                entry = self.tree[found.path]
                if entry.kind is Kind.FILE and entry.mode & 0o111:
                    return candidate
        return None

    def reached(self, raw: str) -> ImagePath | None:
        """The entry that a look-up of `raw` ends at, or None."""
        found = self.tree.resolve(raw, base=self.launch.workdir)
        return found.path if found.outcome is Outcome.FOUND else None

    def reached_file(self, raw: str) -> ImagePath | None:
        """The file that a look-up of `raw` ends at; None for anything else."""
        reached = self.reached(raw)
        return reached if reached is not None and self.tree[reached].kind is Kind.FILE else None


class Rule(Protocol):
    """From one kept path to its needs. One instance serves one plan, so it may remember."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterable[Need | Unresolved]:
        """What keeping `path` asks for; called once for every kept path."""
        ...


class SettlingRule(Protocol):
    """A rule about the kept paths together; asked whenever the others have come to rest."""

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Iterator[Need | Unresolved]:
        """What follows from `fresh`, the paths kept since it was last asked."""
        ...
