"""Rule: the interpreter that a script's first line names; execve(2)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from slim.closure.rule import HEAD_BYTES, Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, image_path, name
from slim.plan import Unresolved

RULE = "shebang"

_MODULES = (".cjs", ".js", ".mjs", ".pm", ".py", ".rb")
TEMPLATES = (".dist", ".example", ".sample")
"""Endings of scripts that nothing starts until somebody has made one of them his own."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class Shebang:
    """A parsed `#!` line."""

    interpreter: str
    argument: str
    """Everything after the interpreter, as the one argument that the kernel makes of it."""

    @property
    def program(self) -> str:
        """The last component of what runs the script, `env` looked through."""
        return self.env_command.rpartition("/")[2] or name(image_path(self.interpreter))

    @property
    def env_command(self) -> str:
        """COMMAND of `/usr/bin/env COMMAND` or `env -S …`; empty for other interpreters."""
        if name(image_path(self.interpreter)) not in ("env", "busybox"):
            return ""
        try:
            words = shlex.split(self.argument)
        except ValueError:
            words = self.argument.split()
        if name(image_path(self.interpreter)) == "busybox":
            if words[:1] != ["env"]:
                return words[0] if words else ""
            words = words[1:]
        if words[:1] and words[0] not in ("-S", "--split-string") and words[0].startswith("-S"):
            words = [words[0][2:], *words[1:]]
        while words and (words[0].startswith("-") or _ASSIGNMENT.match(words[0])):
            if words[0] in ("-u", "-C"):
                words.pop(0)
            words = words[1:]
        return words[0] if words else ""


def read_shebang(head: bytes) -> Shebang | None:
    """The `#!` line among the first bytes of a file; None where there is none, or where its
    interpreter is cut off by the kernel's limit (BINPRM_BUF_SIZE, 256 bytes)."""
    if not head.startswith(b"#!"):
        return None
    line, newline, _ = head[:HEAD_BYTES].partition(b"\n")
    text = line[2:].decode("utf-8", "surrogateescape").strip(" \t")
    parts = re.split(r"[ \t]+", text, maxsplit=1)
    cut_off = not newline and len(parts) == 1 and len(head) >= HEAD_BYTES
    if not parts[0] or cut_off:
        return None
    return Shebang(parts[0], parts[1] if len(parts) > 1 else "")


def is_command_of(interpreter: re.Pattern[str], path: ImagePath, context: Context) -> bool:
    """Whether `path` is a script without a suffix that may be executed and names such an interpreter."""
    if "." in name(path) or not context.tree[path].mode & 0o111:
        return False
    shebang = read_shebang(context.head(path))
    return shebang is not None and interpreter.fullmatch(shebang.program) is not None


class ShebangRule:
    """The interpreter of an executable script, and what `env` finds for it through the PATH."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The needs of a file that has an execute bit, or that was executed. The `#!` line of a
        package's module is decoration, unless it was executed: it runs by being imported."""
        executed = path in context.observed.executed
        if entry.kind is not Kind.FILE or not (entry.mode & 0o111 or executed):
            return
        if path.endswith(TEMPLATES) and not executed:
            return
        if path.endswith(_MODULES) and not executed and context.owners.owner(path) is not None:
            return
        head = context.head(path)
        if not head.startswith(b"#!"):
            return
        shebang = read_shebang(head)
        if shebang is None:
            yield Unresolved(RULE, path, "#!", "the line names no interpreter within the kernel's 256 bytes")
            return
        if context.reached(shebang.interpreter):
            yield Need(shebang.interpreter, RULE, f"#!{shebang.interpreter}", path)
        else:
            yield Unresolved(RULE, path, shebang.interpreter, "the script's interpreter is not in the image")
        command = shebang.env_command
        if not command:
            return
        found = context.find_command(command)
        if found:
            yield Need(found, RULE, f"#!{shebang.interpreter} {shebang.argument}, through PATH", path)
        elif name(image_path(shebang.interpreter)) == "env":
            yield Unresolved(RULE, path, command, "env finds no such command through the image's PATH")
