"""The programs behind a shell line, and behind an argument list, that code of any language holds.

`os.system("gzip -9 x")`, `child_process.exec("convert …")`, Ruby's backticks and PHP's `shell_exec`
hand a line to `/bin/sh -c`; `subprocess.run(["sudo", "-u", "www", "tar"])` and `execvp` take a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slim.closure.launch import started
from slim.closure.rule import Context, Need
from slim.closure.shell import syntax as shell
from slim.oci.path import ImagePath, printable

SHELL = "/bin/sh"
"""What system(3) and popen(3) start."""


def line_needs(line: str, source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    """The shell, and every command of a line that it is given. Nothing for what the image lacks."""
    if context.reached(SHELL):
        yield Need(SHELL, rule, f"{printable(source)} gives it a line", source)
    for command in shell.commands(line):
        yield from _program(command, source, rule, context)


def program_needs(words: Sequence[str], source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    """The program of an argument list as execvp(3) takes it, and what it is told to start itself:
    `env`, `sudo`, `timeout`, `sh -c` and the like are followed. Nothing for what the image lacks."""
    for arguments in started(tuple(words)):
        yield from _program(arguments[0], source, rule, context)


def _program(command: str, source: ImagePath, rule: str, context: Context) -> Iterator[Need]:
    found = context.find_command(command)
    if found:
        yield Need(found, rule, f"{printable(source)} names {printable(command)}", source)
