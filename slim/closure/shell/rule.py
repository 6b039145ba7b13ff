"""Rule: the commands that a kept shell script names, in the branches that did not run too.

It looks at scripts that were used, that the application holds, or that those start or source. Their
variables have the values that the scripts, those they are sourced with, and the image's environment
give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.rule import Context, Need
from slim.closure.shell.commands import start_needs
from slim.closure.shell.expand import Scope, all_starts
from slim.closure.shell.parse import SHELL, Script
from slim.closure.shell.shebang import TEMPLATES, read_shebang
from slim.closure.shell.starts import ARGUMENTS, SHELLS, UNKNOWN, Kind, Start
from slim.oci.entry import Entry
from slim.oci.entry import Kind as EntryKind
from slim.oci.path import ImagePath, ancestors, parent, printable
from slim.plan import Gap, Unresolved

RULE = "script"

_STARTED = ("application", "entrypoint", "command", "healthcheck", "include")
"""Reasons of the image's maker or user that make a script part of what the container runs."""
_OWN = (*_STARTED, RULE)
_MAINTENANCE = re.compile(
    r"/etc/(init\.d|rc\w*\.d|cron\.\w+|logrotate\.d|network|ppp|dhcp|X11|apm|acpi|default|profile\.d|bash_completion\.d)/.*"
    r"|(/usr)?/lib/(systemd|tmpfiles\.d|udev|init)/.*|/usr/share/(doc|bug|apport|bash-completion|lintian|man)/.*"
)
"""Where packages put scripts for a machine with an init system and an administrator: nothing in a container
runs them by itself, so being a part of the application's package is no use of them."""
_NO_SHELL = (
    ".conf",
    ".css",
    ".gz",
    ".html",
    ".js",
    ".json",
    ".pl",
    ".py",
    ".sql",
    ".txt",
    ".xml",
    ".yaml",
    ".yml",
)
"""Endings of files without a `#!` line that a loop over a folder may reach but no shell reads."""
_MAX_TOGETHER = 64
"""Scripts that are sourced together, as far as their variables are brought together."""
_MAX_UP = 3
"""Folders above a script in which a sourced file with an unknown beginning is looked for."""


class ScriptRule:
    """Commands named by shell scripts, and the files they source."""

    def __init__(self) -> None:
        self._offered = False
        self._sourced_by: dict[ImagePath, tuple[ImagePath, ...]] = {}

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of a shell script that the container may run."""
        if entry.kind is not EntryKind.FILE or not self._is_run(path, context):
            return
        script = context.facts(path, SHELL)
        if script is None:
            yield Unresolved(RULE, path, "commands", "too large for a script", Gap.UNREADABLE)
            return
        scope = self._scope(path, script, context)
        unknown = ""
        for start in all_starts(script, scope):
            if scope.runs_itself(start):
                continue
            if start.kind is Kind.SOURCE or (start.kind is Kind.SCRIPT and UNKNOWN in start.text):
                for found in sourced_files(start.text, path, context):
                    yield Need(found, RULE, f"the script sources {printable(found)}", path)
            else:
                yield from start_needs(start, "the script names", path, RULE, context)
            if _is_open(start, scope):
                unknown = unknown or start.text
        # A packaged script that another one calls is no entrance for commands of the user's.
        if unknown and (context.owners.owner(path) is None or _has_reason(path, _STARTED, context)):
            yield from self._chosen_programs(path, context)
            detail = "the script starts a command whose name it is given or makes at run time"
            wanted = unknown.replace(UNKNOWN, "…")
            yield Unresolved(RULE, path, "a command" if wanted == "…" else wanted, detail, Gap.UNKNOWN)

    def _scope(self, path: ImagePath, script: Script, context: Context) -> Scope:
        """The variables of a script: its own, those of the scripts that source it, and of those that it
        sources by a name that can be told."""
        together = {path: script}
        environment, here = context.launch.environment, parent(path)
        todo = [path]
        while todo and len(together) < _MAX_TOGETHER:
            one = todo.pop(0)
            scope = Scope(tuple(together.values()), environment, parent(one))
            starts = all_starts(together[one], scope)
            sourced = {
                reached
                for start in starts
                if start.kind is Kind.SOURCE
                for found in sourced_files(start.text, one, context)
                if (reached := context.reached(found)) is not None
            }
            for other in (*sorted(sourced), *self._sourced_by.get(one, ())):
                facts = context.facts(other, SHELL) if other not in together else None
                if facts is not None:
                    together[other] = facts
                    todo.append(other)
            for other in sourced:
                known = self._sourced_by.get(other, ())
                if one not in known and one != other:
                    self._sourced_by[other] = (*known, one)
        return Scope(tuple(together.values()), environment, here)

    def _chosen_programs(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """What a script may be told to run: the programs of packages that somebody asked for when
        the image was built, since those that came along with them or with the base did not wait to
        be called by name."""
        if self._offered:
            return
        self._offered = True
        folders = {context.reached(folder) for folder in context.launch.path_folders}
        for package in context.owners.chosen_packages:
            for program in context.owners.files(package):
                if parent(program) in folders:
                    why = f"the script runs a command that it is given, and {package} was installed by name"
                    yield Need(program, RULE, why, path)

    @staticmethod
    def _is_run(path: ImagePath, context: Context) -> bool:
        head = context.head(path)
        shebang = read_shebang(head)
        if shebang:
            is_shell = shebang.program in SHELLS
        else:
            # No #! line: a file that a shell read, or that another script sources.
            is_shell = b"\0" not in head and (
                path in context.observed.read_by_shell
                or (_has_reason(path, (RULE,), context) and not path.endswith(_NO_SHELL))
            )
        if path.endswith(TEMPLATES) and path not in context.observed.executed:
            return False
        if _MAINTENANCE.fullmatch(path) and context.owners.system_owner(path) is not None:
            called = tuple(rule for rule in _OWN if rule != "application")
            return is_shell and (path in context.observed.opened or _has_reason(path, called, context))
        return is_shell and (
            path in context.observed.opened
            or _has_reason(path, _OWN, context)
            or (bool(context.tree[path].mode & 0o111) and _is_of_profile(path, context))
        )


def sourced_files(text: str, script: ImagePath, context: Context) -> Iterator[str]:
    """The files that `. text` reads: where it says, through the PATH, or beside the script. What begins
    with something unknown is looked for in the script's folder and above."""
    head, _, tail = text.rpartition(UNKNOWN)
    candidates: list[str] = []
    if "*" in text and not head:
        yield from _source_glob(text, context)
        return
    if UNKNOWN not in text:
        candidates.append(text)
        if "/" not in text:
            candidates += [f"{folder}/{text}" for folder in (*context.launch.path_folders, parent(script))]
        elif not text.startswith("/"):
            candidates.append(f"{parent(script)}/{text}")
    elif tail.strip("/") and not head.strip("./"):
        above = [parent(script), *list(ancestors(script))[1 : _MAX_UP + 1]]
        candidates += [f"{folder.rstrip('/')}/{tail.lstrip('/')}" for folder in dict.fromkeys(above)]
    for candidate in candidates:
        if context.reached_file(candidate) is not None:
            yield candidate
            return


def _source_glob(pattern: str, context: Context) -> Iterator[str]:
    for need in start_needs(Start(Kind.SOURCE, pattern), "", ImagePath("/"), RULE, context):
        yield need.path


def _is_open(start: Start, scope: Scope) -> bool:
    """Whether the name of a command is for somebody else to say. The script's own arguments as they stand
    (`exec "$@"`) are told by the image's config, and `run_$1` by the functions of the script."""
    if start.kind is not Kind.PROGRAM or UNKNOWN not in start.text:
        return False
    if start.text.endswith(ARGUMENTS) or "/" in start.text.rpartition(UNKNOWN)[2]:
        return False
    prefix = start.text.partition(UNKNOWN)[0]
    return not (prefix and any(name.startswith(prefix) for name in scope.functions))


def _is_of_profile(path: ImagePath, context: Context) -> bool:
    """Whether a profile says that something starts it by name."""
    return any(reason.rule.startswith("profile:") for reason in context.kept[path])


def _has_reason(path: ImagePath, rules: tuple[str, ...], context: Context) -> bool:
    return any(reason.rule in rules for reason in context.kept[path])
