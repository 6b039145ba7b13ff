"""Rule: what the loader of a kept ELF file will look for."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.native.dlopen_note import Priority
from slim.closure.native.elf import ElfFacts, MalformedElfError
from slim.closure.native.ldso import Found, Libc, LibrarySearch, Requester
from slim.closure.rule import Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent
from slim.oci.tree import Outcome
from slim.plan import Gap, Unresolved

RULE = "elf"

_UNWINDING = frozenset(
    {"__gcc_personality_v0", "backtrace", "pthread_cancel", "pthread_create", "pthread_exit"}
)
"""Symbols whose users make glibc dlopen libgcc_s.so.1: cancellation and exit of threads unwind."""

_SHELLING = frozenset({"popen", "system", "wordexp"})
"""Functions that run a shell: system(3), popen(3)."""

SHELL = "/bin/sh"

MAX_STATES = 50_000
"""Ways of loading that are followed in one image; crossed DT_RPATHs could make ever more."""

PRELOAD_FILE = "/etc/ld.so.preload"


class ElfRule:
    """The interpreter, DT_NEEDED through the loader's search, libgcc_s, dlopen notes, preloads.

    A file is looked at as the root of its own loading, so that a library that is dlopen()ed
    counts as well; where a DT_RPATH passes from an object to what it loads, or $ORIGIN depends on
    the link by which a library was found, the chain is followed here.
    """

    def __init__(self, search: LibrarySearch) -> None:
        self._search = search
        self._visited: set[tuple[ImagePath, str, tuple[str, ...]]] = set()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of one ELF file; a file that only begins as ELF is Unresolved."""
        if entry.kind is not Kind.FILE:
            return
        facts = context.elf_or_fault(path)
        if facts is None:
            return
        if isinstance(facts, MalformedElfError):
            yield Unresolved(RULE, path, "a readable ELF file", f"not followed: {facts}", Gap.UNREADABLE)
            return
        if facts.interpreter:
            yield from self._interpreter(path, facts, context)
        if not facts.dynamic:
            return
        libc = self._libc(facts)
        requester = Requester(facts, parent(path), (), libc)
        yield from self._loading(path, requester, context)
        yield from self._called(path, requester, context)
        yield from self._notes(path, requester)
        if facts.interpreter:
            yield from self._preloads(path, requester, context)

    def _libc(self, facts: ElfFacts) -> Libc:
        names = (facts.interpreter.rpartition("/")[2], *facts.needed)
        if any(n.startswith(("ld-musl-", "libc.musl-")) or n == "libc.so" for n in names):
            return Libc.MUSL
        if any(n.startswith(("ld-linux", "ld64.so", "ld.so.1", "libc.so.6")) for n in names):
            return Libc.GLIBC
        return self._search.default_libc

    def _interpreter(self, path: ImagePath, facts: ElfFacts, context: Context) -> Iterator[Need | Unresolved]:
        if context.reached(facts.interpreter):
            yield Need(facts.interpreter, RULE, "the program's loader (PT_INTERP)", path)
        else:
            yield Unresolved(RULE, path, facts.interpreter, "the program's loader is not in the image")

    def _loading(self, path: ImagePath, root: Requester, context: Context) -> Iterator[Need | Unresolved]:
        """DT_NEEDED of `path`, and of what it loads as long as the chain changes the search."""
        todo = [(path, root)]
        while todo:
            current, by = todo.pop(0)
            state = (current, by.origin, by.inherited)
            if state in self._visited:
                continue
            if len(self._visited) >= MAX_STATES:
                why = "too many ways of loading it; not followed"
                yield Unresolved(RULE, current, "its libraries", why, Gap.UNKNOWN)
                return
            self._visited.add(state)
            # Each folder once: libraries that load each other would make the list longer for ever.
            passed_on = tuple(dict.fromkeys((*self._search.own_rpath(by), *by.inherited)))
            for wanted in by.facts.needed:
                found = self._search.find(wanted, by)
                if found is None:
                    yield Unresolved(RULE, current, wanted, "no such library where its loader looks")
                    continue
                yield from _needs(found, f"DT_NEEDED {wanted}", current)
                for raw in found.paths:
                    library = context.tree.resolve(raw, base=context.launch.workdir)
                    facts = context.elf(library.path) if library.outcome is Outcome.FOUND else None
                    folder = parent(ImagePath(raw))
                    if facts and (passed_on or (folder != parent(library.path) and _uses_origin(facts))):
                        todo.append((library.path, Requester(facts, folder, passed_on, by.libc)))

    def _called(self, path: ImagePath, by: Requester, context: Context) -> Iterator[Need]:
        """What libc itself opens or starts when certain functions are called."""
        if by.facts.is_libc(name(path)):
            return
        if by.facts.symbols & _SHELLING and context.reached(SHELL):
            calls = ", ".join(sorted(by.facts.symbols & _SHELLING))
            yield Need(SHELL, RULE, f"libc starts it ({calls})", path)
        if by.libc is not Libc.GLIBC or not by.facts.symbols & _UNWINDING:
            return
        found = self._search.find("libgcc_s.so.1", by)
        if found:
            calls = ", ".join(sorted(by.facts.symbols & _UNWINDING))
            yield from _needs(found, f"glibc loads libgcc_s.so.1 to unwind threads ({calls})", path)

    def _notes(self, path: ImagePath, by: Requester) -> Iterator[Need | Unresolved]:
        for note in by.facts.dlopen:
            what = f"its dlopen note{f', {note.feature}' if note.feature else ''} ({note.priority.value})"
            hits = [(soname, self._search.find(soname, by)) for soname in note.sonames]
            for soname, found in hits:
                if found:
                    yield from _needs(found, f"{what}: {soname}", path)
            if note.priority is Priority.REQUIRED and not any(found for _, found in hits):
                yield Unresolved(RULE, path, " or ".join(note.sonames), what)

    def _preloads(self, path: ImagePath, by: Requester, context: Context) -> Iterator[Need | Unresolved]:
        wanted = context.launch.environment.get("LD_PRELOAD", "").replace(":", " ").split()
        origin = "LD_PRELOAD"
        listed = context.reached_file(PRELOAD_FILE)
        if listed and by.libc is Libc.GLIBC:
            origin = "LD_PRELOAD or /etc/ld.so.preload"
            wanted += context.tree.read(listed).decode("utf-8", "surrogateescape").replace(":", " ").split()
            yield Need(PRELOAD_FILE, RULE, "the loader reads it before every program", path)
        for library in dict.fromkeys(wanted):
            found = self._search.find(library, by)
            if found:
                yield from _needs(found, f"{origin}: {library}", path)
            else:
                yield Unresolved(RULE, path, library, f"{origin} names it")


def _needs(found: Found, why: str, source: ImagePath) -> Iterator[Need]:
    for raw in found.paths:
        yield Need(raw, RULE, f"{why}, found through {found.via}", source)


def _uses_origin(facts: ElfFacts) -> bool:
    return any("ORIGIN" in text for text in (*facts.rpath, *facts.runpath, *facts.needed))


def still_missing(unresolved: tuple[Unresolved, ...], context: Context) -> tuple[Unresolved, ...]:
    """Without the libraries that a kept one serves after all.

    The loader takes a library that is already loaded for every later DT_NEEDED of its soname or
    file name, wherever it was found; ld.so(8). So a library that misses another by itself is
    content where its program, or the chain that loads it, brings that other one along.
    """
    if not any(item.rule == RULE for item in unresolved):
        return unresolved
    present: dict[str, list[ElfFacts]] = {}
    for path in context.kept:
        facts = context.elf(path) if context.tree[path].kind is Kind.FILE else None
        if facts:
            for known in {facts.soname, name(path)}:
                present.setdefault(known, []).append(facts)
    return tuple(
        item for item in unresolved
        if item.rule != RULE or not _served(item, present.get(item.wanted, []), context)
    )  # fmt: skip


def _served(item: Unresolved, present: list[ElfFacts], context: Context) -> bool:
    facts = context.elf(item.source)
    return facts is not None and any(other.is_loadable_by(facts) for other in present)
