"""Rule: the commands that a kept shell script names, in the branches that did not run too.

The first version: words in command position that the image's PATH finds. It looks at scripts
that were used, that the application holds, or that those source.
"""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.launch import SHELLS
from slim.closure.rule import Context, Need
from slim.closure.shell import syntax as shell
from slim.closure.shell.shebang import read_shebang
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, parent
from slim.plan import Unresolved

RULE = "script"

_BUILT_IN = frozenset(
    (
        *(".", ":", "[", "[[", "alias", "bg", "break", "builtin", "caller", "cd", "command", "continue"),
        *(
            "declare",
            "echo",
            "eval",
            "exec",
            "exit",
            "export",
            "false",
            "fg",
            "getopts",
            "hash",
            "jobs",
            "kill",
        ),
        *("let", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "shopt", "source"),
        *("test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait"),
    )
)
"""Commands that every shell runs itself; a file of that name is not what the script starts."""

_OWN = ("application", "entrypoint", "command", "healthcheck", "include", RULE)
"""Reasons that make a script part of what the container runs."""


class ScriptRule:
    """Commands named by shell scripts, and the files they source."""

    def __init__(self) -> None:
        self._offered = False

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of a shell script that the container may run."""
        if entry.kind is not Kind.FILE or not self._is_run(path, context):
            return
        text = context.tree.read(path, shell.MAX_SCRIPT_CHARACTERS).decode("utf-8", "replace")
        script = shell.read_script(text)
        for word in script.commands:
            if word in _BUILT_IN:
                continue
            found = context.find_command(word) or self._sourced(word, context)
            if found:
                yield Need(found, RULE, f"the script names {word}", path)
        if script.takes_commands and _has_reason(path, _OWN, context):
            yield from self._chosen_programs(path, context)

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
                path in context.observed.read_by_shell or _has_reason(path, (RULE,), context)
            )
        return is_shell and (path in context.observed.opened or _has_reason(path, _OWN, context))

    @staticmethod
    def _sourced(word: str, context: Context) -> str | None:
        if not word.startswith("/"):
            return None
        reached = context.reached(word)
        return word if reached and context.tree[reached].kind is Kind.FILE else None


def _has_reason(path: ImagePath, rules: tuple[str, ...], context: Context) -> bool:
    return any(reason.rule in rules for reason in context.kept[path])
