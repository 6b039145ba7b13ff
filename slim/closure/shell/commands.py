"""The programs behind a shell line, and behind an argument list, that code of any language holds.

`os.system("gzip -9 x")`, `child_process.exec("convert …")`, Ruby's backticks and PHP's `shell_exec`
hand a line to `/bin/sh -c`; `subprocess.run(["sudo", "-u", "www", "tar"])` and `execvp` take a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slim.closure.rule import Context, Need
from slim.closure.shell.expand import Scope, all_starts
from slim.closure.shell.parse import read
from slim.closure.shell.starts import UNKNOWN, Kind, Start, starts
from slim.errors import UsageError
from slim.oci.entry import Kind as EntryKind
from slim.oci.path import ImagePath, image_path, printable

SHELL = "/bin/sh"
"""What system(3) and popen(3) start."""


def line_needs(line: str, source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    """The shell, and every command of a line that it is given. Nothing for what the image lacks."""
    if context.reached(SHELL):
        yield Need(SHELL, rule, f"{printable(source)} gives it a line", source)
    script = read(line.encode("utf-8", "replace"))
    scope = Scope((script,), context.launch.environment)
    why = printable(source)
    for start in all_starts(script, scope):
        if not scope.runs_itself(start):
            yield from start_needs(start, f"{why} names", source, rule, context)


def program_needs(words: Sequence[str], source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    """The program of an argument list as execvp(3) takes it, and what it is told to start itself:
    `env`, `sudo`, `timeout`, `sh -c` and the like are followed. Nothing for what the image lacks."""
    why = f"{printable(source)} names"
    for start in starts(tuple(words)):
        if start.kind is Kind.LINE:
            yield from line_needs(start.text, source, rule, context)
        else:
            yield from start_needs(start, why, source, rule, context)


def command_needs(
    lines: Iterable[str], lists: Iterable[Sequence[str]], source: ImagePath, rule: str, context: Context
) -> Iterator[Need]:
    """What all shell lines and argument lists of a source start."""
    for line in lines:
        yield from line_needs(line, source, rule, context)
    for words in lists:
        yield from program_needs(words, source, rule, context)


def start_needs(start: Start, why: str, source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    """The files behind one program, script or folder of programs; `why` goes before its name."""
    text = start.text
    if start.kind is Kind.FOLDER or (start.kind is not Kind.PROGRAM and "*" in text):
        pattern = text if "*" in text else f"{text.rstrip('/')}/*"
        yield from _globbed(pattern, f"{why} {printable(text)}", source, rule, context)
    elif start.kind is Kind.PROGRAM and "*" in text:
        yield from _globbed(text, f"{why} {printable(text)}", source, rule, context)
    elif start.kind is Kind.PROGRAM:
        # Of a program in a folder that only the running script knows, the name is tried.
        name = text.rpartition("/")[2] if UNKNOWN in text else text
        found = context.find_command(name) if UNKNOWN not in name else None
        if found:
            yield Need(found, rule, f"{why} {printable(name)}", source)
    elif UNKNOWN not in text and context.reached_file(text) is not None:
        yield Need(text, rule, f"{why} {printable(text)}", source)


def _globbed(pattern: str, why: str, source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    if not pattern.startswith("/") or UNKNOWN in pattern or pattern.count("*") > 2 or "**" in pattern:
        return
    if not pattern.partition("*")[0].strip("/"):
        return
    try:
        found = tuple(context.tree.glob(image_path(pattern)))
    except UsageError:
        return  # no pattern after all
    for path in found:
        if context.tree[path].kind is not EntryKind.DIRECTORY:
            yield Need(path, rule, why, source)
