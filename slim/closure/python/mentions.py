"""Modules that are named outside Python's sources: commands, the environment, settings, shell scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from slim.closure.launch import started
from slim.closure.python.embedded import IN_PICKLE, IN_SHELL, is_pickle, read_shell
from slim.closure.python.syntax import read_source
from slim.closure.python.written import Written
from slim.closure.rule import Context
from slim.oci.path import ImagePath, name

MAX_TEXT_BYTES = 1 << 19

_SETTINGS = (".cfg", ".conf", ".env", ".ini", ".json", ".toml", ".yaml", ".yml", ".properties", ".service")
_DOTTED = re.compile(r"(?<![\w./@-])([^\W\d]\w*(?:\.[^\W\d]\w*)+)(?::[^\W\d][\w.]*)?(?![\w/@-])")
_LOADED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d][\w.]*(?:\(.*\))?)?")
_RUN = re.compile(r"\bpython[\d.]*[ \t]+(?:-[A-Za-ln-zW]\S*[ \t]+)*-m[ \t]+([\w.]+)")


def of_launch(context: Context) -> Iterator[tuple[str, bool]]:
    """Names in the image's commands and environment; True with those that `-m` starts."""
    for command in context.launch.commands:
        for words in started(command.arguments):
            is_python = name(ImagePath("/" + words[0])).startswith(("python", "pypy"))
            for position, word in enumerate(words[1:], 1):
                if is_python and words[position - 1] == "-m":
                    yield word, True
                elif _LOADED.fullmatch(word) and (":" in word or "." in word):
                    yield word.partition(":")[0], False
            for line in words:
                for module in _RUN.findall(line):
                    yield module, True
    for variable, value in sorted(context.launch.environment.items()):
        if variable in ("PATH", "HOME", "LANG"):
            continue
        for match in _DOTTED.finditer(value[:MAX_TEXT_BYTES]):
            yield match[1], False


def code_of_launch(context: Context) -> Iterator[Written]:
    """What Python code in the image's commands imports: behind `-c`."""
    for command in context.launch.commands:
        for words in started(command.arguments):
            is_python = name(ImagePath("/" + words[0])).startswith(("python", "pypy"))
            for before, word in pairwise(words):
                if is_python and before == "-c":
                    yield read_source(word.encode("utf-8", "surrogateescape"))
            if not is_python:
                yield from (read_shell(word.encode("utf-8", "surrogateescape")) for word in words)


def code_in(path: ImagePath, context: Context) -> Written | None:
    """What Python code in a shell script imports, or what classes a pickle names; None for other files."""
    head = context.head(path)
    if is_pickle(head):
        return context.facts(path, IN_PICKLE)
    return context.facts(path, IN_SHELL) if head.startswith(b"#!") or path.endswith(".sh") else None


def in_text(path: ImagePath, context: Context) -> Iterator[tuple[str, bool]]:
    """The same of a settings file or a shell script."""
    head = context.head(path)
    is_script = head.startswith(b"#!") or path.endswith(".sh")
    is_settings = path.endswith(_SETTINGS)
    entry = context.tree[path]
    if not (is_script or is_settings) or not entry.size or entry.size > MAX_TEXT_BYTES or b"\0" in head:
        return
    text = context.tree.read(path, MAX_TEXT_BYTES).decode("utf-8", "replace")
    for module in sorted(set(_RUN.findall(text))):
        yield module, True
    if is_settings:
        for dotted in sorted({match[1] for match in _DOTTED.finditer(text)}):
            yield dotted, False
