"""Rule: files and programs that the application's own code and configuration name.

What is unowned and named by its absolute path (`alias /usr/share/altdata/;`, `open("/etc/my.ini")`,
`for f in /docker-init.d/*`) is used sooner or later; so is a program or library that the
application's code names. Nothing is evaluated: a path that code puts together of parts is not
found, but for the folder before the first part that varies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.application.ground import SHARED, is_shared
from slim.closure.application.literals import LITERALS, Literals
from slim.closure.application.placed import is_of_language, is_volatile
from slim.closure.launch import SHELLS
from slim.closure.native.elf import ElfFacts
from slim.closure.rule import Context, Need, Part
from slim.closure.shell import syntax as shell
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, image_path, name, printable
from slim.plan import Unresolved

RULE = "named"

MAX_TEXT_BYTES = 1 << 20
MAX_PROGRAM_BYTES = 1 << 26
"""What is read of a file; beyond it nothing is found."""
LONGEST_PATH = 256
"""Characters of a path that is looked for inside a run of strings without an end."""

_PATH = re.compile(r"(?<![\w/.$}~<-])(/(?:[\w.+@,=~*?-]+/)*[\w.+@,=~*?-]*)(.?)", re.DOTALL)
_RUN = re.compile(rb"/[\w.+@%,:=~/-]{2,4095}")
_STRING = re.compile(rb"[\t\x20-\x7e]{2,1024}(?=\0)")
_BEGINNING = 4
"""Characters by which a path inside a run is recognised before it is looked up."""
_COMMAND = re.compile(r"[a-z][\w.+-]*")
_CODE = (".bash", ".cjs", ".js", ".lua", ".mjs", ".php", ".pl", ".py", ".rb", ".sh", ".ts")
_CONFIGURATION = (".cfg", ".cnf", ".conf", ".env", ".inc", ".ini", ".json", ".properties", ".toml", ".xml",
                  ".yaml", ".yml")  # fmt: skip
_ZONES = "/usr/share/zoneinfo"
_FOR_PEOPLE = ("/usr/share/common-licenses/", "/usr/share/doc/", "/usr/share/info/", "/usr/share/man/")
_LISTS_OF_PATHS = frozenset({"/etc/group", "/etc/passwd", "/etc/shadow", "/etc/shells", "/etc/ld.so.conf"})
"""Tables of the system: a path in them is no use of it."""


class NamedRule:
    """What kept files of the application, and configuration, name by absolute path."""

    def __init__(self) -> None:
        self._unowned: frozenset[str] | None = None
        self._beginnings: frozenset[str] = frozenset()

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of an unowned file, of an owned one in /etc that is in use, and of a script."""
        if entry.kind is not Kind.FILE or not entry.size or path in _LISTS_OF_PATHS:
            return
        unowned = context.owners.owner(path) is None
        facts = context.elf(path)
        if facts is not None:
            if unowned and not facts.is_libc(name(path)):
                yield from self._of_program(path, facts, context)
            return
        if not (unowned or _is_used_configuration(path, context)) or is_of_language(path):
            return
        code = path.endswith(_CODE) or context.head(path).startswith(b"#!")
        if not (code or path.endswith(_CONFIGURATION) or "." not in name(path) or path.startswith("/etc/")):
            return
        raw = context.tree.read(path, MAX_TEXT_BYTES)
        if b"\0" in raw:
            return
        text = raw.decode("utf-8", "surrogateescape")
        for named in paths_in(text):
            yield from _named(named, path, f"{printable(path)} names {printable(named)}", context)
            if unowned:
                yield from _program(named, path, context, data=True, program=code)

    # -- compiled programs -----------------------------------------------------------------------

    def _of_program(self, path: ImagePath, facts: ElfFacts, context: Context) -> Iterator[Need]:
        raw = context.tree.read(path, MAX_PROGRAM_BYTES)
        runs = {match[0] for match in _RUN.finditer(raw)}
        for run in sorted(runs):
            text = run.decode("utf-8", "surrogateescape")
            for named in self._candidates(text, context):
                yield from _named(named, path, f"a string of {printable(path)}", context)
            yield from _program(text, path, context, data=True)
        own = b"\0".join(raw[start:end] for start, end in facts.texts)
        if not facts.symbols.isdisjoint(("system", "popen")):
            yield from _commands(own, path, context)
        literals = context.facts(path, LITERALS)
        if literals is not None:
            yield from _of_literals(literals, own, path, context)

    def _candidates(self, run: str, context: Context) -> Iterator[str]:
        """The unowned paths that a run of path characters holds: strings of some languages stand
        side by side without an end, so that a path may begin and end anywhere."""
        yield run
        unowned = self._unowned_files(context)
        for start in (match.start() for match in re.finditer("/", run)):
            if run[start : start + _BEGINNING] not in self._beginnings:
                continue
            for end in range(min(len(run), start + LONGEST_PATH), start + _BEGINNING - 1, -1):
                if run[start:end] in unowned:
                    yield run[start:end]
                    break

    def _unowned_files(self, context: Context) -> frozenset[str]:
        if self._unowned is None:
            self._unowned = frozenset(
                entry.path
                for entry in context.tree.entries()
                if entry.kind is Kind.FILE
                and len(entry.path) >= _BEGINNING
                and _is_wanted(entry.path, context)
            )
            self._beginnings = frozenset(path[:_BEGINNING] for path in self._unowned)
        return self._unowned


def environment_needs(context: Context) -> Iterator[Need]:
    """What the image's environment names; lists of folders (PATH and the like) are searched, not named."""
    for variable, value in sorted(context.launch.environment.items()):
        if not variable.endswith("PATH"):
            for named in paths_in(value):
                yield from _named(
                    named, None, f"the environment's {variable} names {printable(named)}", context
                )


def paths_in(text: str) -> Iterator[str]:
    """The absolute paths in a text, each once, in order: globs as they stand; of a path that goes on
    with something that varies (`/srv/%s.html`, `/srv/{name}`, `/srv/$x`), the folder."""
    found: dict[str, None] = {}
    for match in _PATH.finditer(text):
        path = match[1]
        if match[2] and match[2] in "%${<":
            path = path[: path.rfind("/") + 1]
        if path.strip("/"):
            found.setdefault(path)
    yield from found


def _is_used_configuration(path: ImagePath, context: Context) -> bool:
    """Whether a package's file in /etc was read, or is the application's."""
    if not path.startswith("/etc/"):
        return False
    return path in context.observed.opened or any(
        reason.rule == "application" for reason in context.kept[path]
    )


def _is_wanted(path: ImagePath, context: Context) -> bool:
    return not is_volatile(path) and not is_of_language(path) and context.owners.owner(path) is None


def _named(raw: str, source: ImagePath | None, why: str, context: Context) -> Iterator[Need]:
    """What `raw` means where it is unowned: a file, a folder of nobody else with its content, or what
    a glob finds."""
    if "*" in raw or "?" in raw:
        folder = re.split(r"[*?]", raw, maxsplit=1)[0].rpartition("/")[0]
        if folder and image_path(folder) not in SHARED:
            for path in context.tree.glob(image_path(raw)):
                yield from _whole(path, source, why, context)
    reached = context.reached(raw)
    if reached is None:
        return
    if context.tree[reached].kind is not Kind.DIRECTORY:
        if _is_wanted(reached, context):
            yield Need(raw, RULE, why, source, part_of=Part.APPLICATION)
    elif not is_shared(reached):
        yield from _whole(reached, source, why, context)


def _whole(path: ImagePath, source: ImagePath | None, why: str, context: Context) -> Iterator[Need]:
    if not _is_wanted(path, context) or context.owners.is_package_folder(path):
        return
    for inside in (path, *context.tree.under(path)):
        if _is_wanted(inside, context):
            yield Need(inside, RULE, why, source, part_of=Part.APPLICATION)


def _program(
    raw: str, source: ImagePath, context: Context, *, data: bool = False, program: bool = True
) -> Iterator[Need]:
    """An existing program that code names by its path; with `data` also any other file of a package,
    such as a font or a list of words, but what only people read."""
    reached = context.reached(raw)
    if reached is None or context.tree[reached].kind is not Kind.FILE:
        return
    if context.tree[reached].mode & 0o111:
        if program:
            yield Need(raw, RULE, f"{printable(source)} names this program", source)
    elif data and not (is_volatile(reached) or is_of_language(reached) or reached.startswith(_FOR_PEOPLE)):
        yield Need(raw, RULE, f"{printable(source)} names this file", source)


def _of_literals(literals: Literals, own: bytes, source: ImagePath, context: Context) -> Iterator[Need]:
    """What literals of Go and Rust name; the programs that a caller of execvp(3) and the like names."""
    why = f"a literal of {printable(source)}"
    shells = not SHELLS.isdisjoint(literals.names) or "/bin/sh" in literals.texts
    words = dict.fromkeys(literals.names)
    for text in literals.texts:
        if " " in text:
            words.update(dict.fromkeys(shell.commands(text) if shells else ()))
        elif text.startswith(_ZONES):
            yield from _zones(source, context)
        else:
            for named in paths_in(text):
                yield from _named(named, source, why, context)
            yield from _program(text, source, context, data=True)
    if not literals.starts_programs:
        return
    if own and not literals.is_go:
        words.update(dict.fromkeys(match[0].decode("ascii") for match in _STRING.finditer(own)))
    for word in words:
        found = context.find_command(word) if _COMMAND.fullmatch(word) else None
        if found:
            yield Need(found, RULE, f"{why}, which starts programs", source)


def _zones(source: ImagePath, context: Context) -> Iterator[Need]:
    """Every time zone, for a program that reads them without libc's tzset(3)."""
    for path in context.tree.glob(f"{_ZONES}/**"):
        if not path.startswith((f"{_ZONES}/posix", f"{_ZONES}/right")):
            yield Need(
                path, RULE, f"{printable(source)} opens time zones by name", source, part_of=Part.PROFILE
            )


def _commands(raw: bytes, source: ImagePath, context: Context) -> Iterator[Need]:
    """Programs that strings of a caller of system(3) or popen(3) name as a shell would read them."""
    words: dict[str, None] = {}
    for match in _STRING.finditer(raw):
        text = match[0].decode("ascii")
        if _COMMAND.match(text):
            words.update(dict.fromkeys(shell.commands(text)))
    for word in words:
        found = context.find_command(word) if _COMMAND.fullmatch(word) else None
        if found:
            yield Need(found, RULE, f"a string of {printable(source)}, for system(3) or popen(3)", source)
