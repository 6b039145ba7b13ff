"""Rule: files in which other programs find commands to run: crontabs, supervisor's, make's, inittab.

Such a file counts once the program that reads it is kept. crontab(5), Supervisor's configuration
file, inittab(5), make's "Rules", the Procfile of foreman and its kin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.rule import Context, Need
from slim.closure.shell.commands import line_needs
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, name
from slim.plan import Unresolved

RULE = "script"

MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Table:
    """One kind of such a file."""

    path: re.Pattern[str]
    readers: frozenset[str]
    """Names of the programs that read it."""
    line: re.Pattern[str]
    """Its first group is a shell line."""


_ASSIGNMENT = r"(?![ \t]*[A-Za-z_]\w*[ \t]*=)"
_WHEN = r"[ \t]*(?:@\w+|(?:[-\d*/,~A-Za-z?]+[ \t]+){4}[-\d*/,~A-Za-z?]+)[ \t]+"
_CRONS = frozenset({"cron", "crond", "anacron", "fcron", "supercronic", "yacron", "busybox"})

TABLES = (
    Table(
        re.compile(r"/etc/crontab|/etc/cron\.d/[\w-]+"),
        _CRONS,
        re.compile(rf"^{_ASSIGNMENT}{_WHEN}[\w.-]+[ \t]+(.+)$", re.MULTILINE),
    ),
    Table(
        re.compile(r"/var/spool/cron/(crontabs/)?[^/]+|/etc/crontabs/[^/]+|.*[/.]crontab"),
        _CRONS,
        re.compile(rf"^{_ASSIGNMENT}{_WHEN}(.+)$", re.MULTILINE),
    ),
    Table(
        re.compile(
            r".*/supervisord?[^/]*\.conf|.*/supervisor(d?/conf)?\.d/[^/]+|.*/supervisord?/.*\.(conf|ini)"
        ),
        frozenset({"supervisord"}),
        re.compile(r"^[ \t]*command[ \t]*=[ \t]*(.+)$", re.MULTILINE),
    ),
    Table(
        re.compile(r".*/Procfile[^/]*"),
        frozenset({"foreman", "forego", "goreman", "hivemind", "honcho", "overmind"}),
        re.compile(r"^[\w-]+:[ \t]*(.+)$", re.MULTILINE),
    ),
    Table(
        re.compile(r"/etc/inittab"),
        frozenset({"init", "busybox"}),
        re.compile(r"^[^#:\n]*:[^:\n]*:[^:\n]*:[-@]?(.+)$", re.MULTILINE),
    ),
    Table(
        re.compile(r".*/(GNUm|m|M)akefile"),
        frozenset({"make", "gmake"}),
        re.compile(r"^\t[-@+ ]*(.+)$", re.MULTILINE),
    ),
)


class ShellTables:
    """Commands in the tables of programs that are kept; a SettlingRule, as either may be kept first."""

    def __init__(self) -> None:
        self._read: set[int] = set()
        self._waiting: dict[int, list[ImagePath]] = {}

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Iterator[Need | Unresolved]:
        """The commands of newly kept tables, and of older ones whose reader has come."""
        for number, table in enumerate(TABLES):
            found = [path for path in fresh if table.path.fullmatch(path) and _is_text(path, context)]
            waiting = self._waiting.setdefault(number, [])
            waiting += found
            if number not in self._read and any(name(path) in table.readers for path in fresh):
                self._read.add(number)
            if number in self._read:
                for path in waiting:
                    yield from _needs(path, table, context)
                waiting.clear()


def _needs(path: ImagePath, table: Table, context: Context) -> Iterator[Need]:
    text = context.tree.read(path, MAX_BYTES).decode("utf-8", "replace").replace("\\\n", " ")
    owner = context.owners.owner(path)
    for match in table.line.finditer(text):
        line = re.sub(r"(?<!\\)%.*", "", match[1]) if table.readers is _CRONS else match[1]
        line = line.replace("$$", "$").replace("$(MAKE)", "make")
        for need in line_needs(line, path, RULE, context):
            target = context.reached(need.path)
            # A distribution's own table runs folders of maintenance (run-parts /etc/cron.daily): what other
            # packages put there serves them and not the application.
            maintenance = owner is not None and need.path.startswith("/etc/cron.")
            if not maintenance or (target and context.owners.owner(target) in (None, owner)):
                yield need


def _is_text(path: ImagePath, context: Context) -> bool:
    return context.tree[path].kind is Kind.FILE and b"\0" not in context.head(path)
