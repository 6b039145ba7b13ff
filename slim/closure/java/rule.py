"""Rule: what a used Java needs beside itself: class path, agents, native libraries, programs.

Archives on a class path are kept whole, wherever they are, and followed by the Class-Path of their
manifests. What of the runtime stays is said by the profile `java`; here is only what hangs on what
the classes refer to: the libraries of the desktop for whoever draws, class data for large heaps.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.application.ground import is_shared
from slim.closure.java.archive import JAR, SUFFIXES
from slim.closure.java.classfile import CLASS, ClassFacts
from slim.closure.java.options import JavaOptions, from_environment, read_options
from slim.closure.rule import Context, Need, Part
from slim.closure.shell.commands import line_needs, program_needs
from slim.closure.shell.shebang import read_shebang
from slim.closure.waiting import Waiting
from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, ImagePath, image_path, parent, printable
from slim.plan import Gap, Unresolved

RULE = "java"

DESKTOP = (
    *(
        "libawt.so",
        "libawt_headless.so",
        "libfontmanager.so",
        "libfreetype.so",
        "libjavajpeg.so",
        "liblcms.so",
    ),
    *("libmlib_image.so", "psfont.properties.*", "psfontj2d.properties", "fontconfig*", "fonts/*"),
)
"""Below the runtime's lib: what drawing, reading and writing pictures without a screen load by name."""
_PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "desktop": ("its classes draw, or read pictures", DESKTOP),
    "printing": ("its classes print", ("libawt*.so",)),
    "sound": ("its classes refer to sound", ("libjsound*.so",)),
    "screen": ("DISPLAY is set", ("libawt_xawt.so", "libjawt.so", "libsplashscreen.so")),
    "large_heap": ("options ask for a heap without compressed references", ("server/classes_nocoops*.jsa",)),
}
"""Parts of a runtime that bring libraries of others, or megabytes: why, and names below its lib."""
_LIB = ("lib", "jre/lib", "jre/lib/*")
MAX_SCRIPT = 1 << 20
_PATH_OPTIONS = (".conf", ".cfg", ".env", ".options", ".vmoptions", ".properties", ".sh", ".args", ".config")
_LIBRARY_FOLDERS = (
    *("/usr/java/packages/lib", "/usr/lib/*/jni", "/lib/*", "/usr/lib/*", "/usr/lib/jni"),
    *("/lib64", "/usr/lib64", "/lib", "/usr/lib"),
)
"""java.library.path where nobody sets it: OpenJDK's os_linux.cpp, with Debian's addition."""


class JavaRule:
    """Archives, classes and scripts wait until a Java is kept."""

    def __init__(self) -> None:
        self._homes: list[ImagePath] = []
        self._waiting = Waiting()
        self._asked: dict[str, ImagePath | None] = {}
        """What was asked of the runtime beside its usual parts, and the first file that did."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """What an archive, a class, or a script or file with options for Java needs."""
        if entry.kind is not Kind.FILE or not entry.size:
            return
        runtime = next(
            (r for r in context.owners.runtimes if r.marker == path and r.language == "java"), None
        )
        if runtime is not None:
            yield from self._started(runtime.home, context)
            return
        own = any(path.startswith(f"{home}/") for home in self._homes)
        if not own and _is_of_interest(path, context) and not self._waiting.holds(path):
            yield from self._read(path, context)

    def _started(self, home: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        first = not self._homes
        self._homes.append(home)
        yield from self._conditional(context)
        if first:
            yield from self._options(from_environment(context.launch.environment), None, context)
            if context.launch.environment.get("DISPLAY"):
                yield from self._ask("screen", None, context)
            for command in context.launch.commands:
                yield from self._options(read_options(" ".join(command.arguments)), None, context)
        for path in self._waiting.release():
            if not path.startswith(f"{home}/"):
                yield from self._read(path, context)

    def _read(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        if path.endswith(SUFFIXES):
            yield from self._archive(path, context)
        elif path.endswith(".class"):
            facts = context.facts(path, CLASS)
            if facts is not None:
                yield from self._classes(facts, path, context)
        else:
            text = context.tree.read(path, MAX_SCRIPT).decode("utf-8", "replace")
            if "java" in text.lower() or ".jar" in text:
                yield from self._options(read_options(text), path, context)

    # -- archives and classes --------------------------------------------------------------------

    def _archive(self, path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
        facts = context.facts(path, JAR)
        if facts is None or not facts.readable:
            why = "damaged, or too large to be read; what it refers to is not known"
            yield Unresolved(RULE, path, "", why, Gap.UNREADABLE)
        if facts is None:
            return
        called = (
            f" ({printable(' '.join(filter(None, (facts.title, facts.version))))})" if facts.title else ""
        )
        for url in facts.class_path:
            raw = url.removeprefix("file:") if url.startswith(("file:", "/")) else f"{parent(path)}/{url}"
            yield from _on_path(raw, f"Class-Path of {printable(path)}{called}", path, context)
        yield from self._classes(facts.classes, path, context)

    def _classes(self, facts: ClassFacts, path: ImagePath, context: Context) -> Iterator[Need]:
        for program in facts.programs:
            yield from program_needs((program,), path, RULE, context)
        for line in facts.lines:
            if "sh" in facts.programs or "bash" in facts.programs or "/bin/sh" in facts.programs:
                yield from line_needs(line, path, RULE, context)
            else:
                yield from program_needs(line.split(), path, RULE, context)
        for library in facts.libraries:
            yield from self._library(library, path, context)
        for part in _PARTS:
            if getattr(facts, part, False):
                yield from self._ask(part, path, context)

    def _ask(self, part: str, source: ImagePath | None, context: Context) -> Iterator[Need]:
        if part not in self._asked:
            self._asked[part] = source
            yield from self._conditional(context)

    def _conditional(self, context: Context) -> Iterator[Need]:
        """Parts of every runtime that something asked for."""
        for part, source in self._asked.items():
            why, names = _PARTS[part]
            for folder in (f"{home}/{lib}" for home in self._homes for lib in _LIB):
                for found in (found for name in names for found in context.tree.glob(f"{folder}/{name}")):
                    yield Need(found, RULE, why, source)
        if "printing" in self._asked:
            for library in context.tree.glob("/usr/lib/**/libcups.so.2"):
                yield Need(library, RULE, _PARTS["printing"][0], self._asked["printing"])

    def _library(self, library: str, path: ImagePath, context: Context) -> Iterator[Need]:
        """System.loadLibrary("x") takes libx.so of java.library.path."""
        set_by_user = context.launch.environment.get("LD_LIBRARY_PATH", "").split(":")
        folders = [
            *filter(None, set_by_user),
            *_LIBRARY_FOLDERS,
            parent(path),
            *(f"{home}/lib" for home in self._homes),
        ]
        for folder in folders:
            for name in (f"lib{library}.so", library if ".so" in library else ""):
                if name:
                    for found in context.tree.glob(image_path(f"{folder}/{name}")):
                        yield Need(found, RULE, f"a class beside System.loadLibrary names {library}", path)

    # -- options ---------------------------------------------------------------------------------

    def _options(
        self, options: JavaOptions, source: ImagePath | None, context: Context
    ) -> Iterator[Need | Unresolved]:
        why = f"{printable(source)} has it on a class path" if source else "a class path of the image's start"
        for raw in options.paths:
            for placed in _placed(raw, source, context):
                yield from _on_path(placed, why, source, context)
        for raw in options.files:
            for placed in _placed(raw, source, context):
                if context.reached_file(placed) is not None:
                    yield Need(placed, RULE, "an option of Java names it", source)
        for agent in options.agents:
            yield from self._library(agent, source or ROOT, context)
        for raw in options.arguments:
            for placed in _placed(raw, source, context):
                reached = context.reached_file(placed)
                if reached is not None and placed != source:
                    yield Need(placed, RULE, "a file of arguments for Java", source)
                    text = context.tree.read(reached, MAX_SCRIPT).decode("utf-8", "replace")
                    inner = read_options(text.replace(" @", " "))
                    yield from self._options(inner, reached, context)
        if options.large_heap:
            yield from self._ask("large_heap", source, context)


def _placed(raw: str, source: ImagePath | None, context: Context) -> Iterator[str]:
    """Where a path may lead: as it stands; what follows a variable, in the script's own folder, the one
    above it, and the working folder."""
    if "\0" in raw:
        return
    rest = raw.rpartition("{}")[2].lstrip("/") if "{}" in raw else ""
    if not rest:
        if "{}" not in raw and raw:
            yield raw
        if raw and source is not None and not raw.startswith("/") and "{}" not in raw:
            yield f"{parent(source)}/{raw}"
        return
    folders = [str(context.launch.workdir)]
    if source is not None:
        folders += [parent(source), parent(parent(source))]
    folders += [
        value for value in context.launch.environment.values() if value.startswith("/") and ":" not in value
    ]
    for folder in dict.fromkeys(folders):
        yield f"{folder.rstrip('/')}/{rest}"


def _on_path(raw: str, why: str, source: ImagePath | None, context: Context) -> Iterator[Need]:
    """An element of a class path: an archive, every archive of a folder, or a folder of classes."""
    folder, _, last = raw.rpartition("/")
    if "*" in last:
        reached = context.reached(folder or ".")
        if reached is not None and context.tree[reached].kind is Kind.DIRECTORY:
            for child in context.tree.children(reached):
                if child.lower().endswith(SUFFIXES):
                    yield Need(f"{folder or '.'}/{child.rpartition('/')[2]}", RULE, why, source)
        return
    reached = context.reached(raw)
    if reached is None:
        return
    if context.tree[reached].kind is not Kind.DIRECTORY:
        yield Need(raw, RULE, why, source)
    elif not is_shared(reached):
        for inside in context.tree.under(reached):
            if inside.endswith((*SUFFIXES, ".class", ".properties", ".xml")) or "/META-INF/" in inside:
                yield Need(inside, RULE, why, source, part_of=Part.APPLICATION)


def _is_of_interest(path: ImagePath, context: Context) -> bool:
    """Archives and classes; scripts and files of options that no package brought."""
    if path.endswith((*SUFFIXES, ".class")):
        return True
    shebang = read_shebang(context.head(path))
    if shebang is not None:
        return shebang.program.endswith("sh")
    return path.endswith(_PATH_OPTIONS) and context.owners.owner(path) is None
