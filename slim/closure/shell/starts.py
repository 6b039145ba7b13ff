"""What a command starts by its operands: shells, `find -exec`, `xargs`, awk's pipes, and behind wrappers.

After the manual pages of those programs. UNKNOWN stands in a word for a part that nothing tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from slim.closure.shell.wrappers import ASSIGNMENT, WRAPPERS, wrapped

UNKNOWN = "\0"
"""In a word: something that only the running script knows. No word of a shell holds a NUL."""

ARGUMENTS = "\0@"
"""The word `"$@"` of a script: what it was started with, which the image's config tells."""

SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "rbash", "zsh"})

_SHELL_S_OWN = """\
    . : [ [[ alias bg bind break builtin caller cd command compgen complete continue coproc declare dirs
    disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout
    mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times
    trap true type typeset ulimit umask unalias unset wait
"""
BUILT_IN = frozenset(_SHELL_S_OWN.split())
"""Commands that shells run themselves; a program of that name runs only behind a wrapper."""

_IN_SHELL = frozenset({"builtin", "command", "coproc", "time"})
"""Wrappers behind which a command may still be one of the shell's own."""
NAMES_ALL = frozenset({"hash", "type", "which"})
"""Commands of which every operand is the name of one."""
FIND_EXECUTES = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
"""Options of find(1) that a command follows."""
_AWKS = frozenset({"awk", "gawk", "mawk", "nawk", "original-awk"})
_AWK_STARTS = re.compile(
    r'\bsystem\s*\(\s*"((?:[^"\\]|\\.)*)"|"((?:[^"\\]|\\.)*)"\s*\)?\s*\|&?\s*getline|\|&?\s*"((?:[^"\\]|\\.)*)"'
)
_COMPRESSORS = {"z": "gzip", "j": "bzip2", "J": "xz", "gzip": "gzip", "gunzip": "gzip", "bzip2": "bzip2",
                "xz": "xz", "zstd": "zstd", "lzma": "lzma", "lzip": "lzip",
                "lzop": "lzop",
                "Z": "compress"}  # fmt: skip
_SUFFIXES = {"gz": "gzip", "tgz": "gzip", "bz2": "bzip2", "tbz2": "bzip2", "xz": "xz", "txz": "xz",
             "zst": "zstd", "tzst": "zstd", "lzma": "lzma", "lz": "lzip"}  # fmt: skip

Words = Sequence[str]


class Kind(Enum):
    """What a `Start` names."""

    PROGRAM = "program"
    """Something that the PATH finds."""
    SCRIPT = "script"
    """A file that a shell is told to run."""
    SOURCE = "source"
    """A file that the shell reads itself: `.`."""
    LINE = "line"
    """Shell text."""
    FOLDER = "folder"
    """A folder of which every program is run: run-parts(8)."""


@dataclass(frozen=True, slots=True)
class Start:
    """One thing that a command starts."""

    kind: Kind
    text: str
    in_shell: bool = False
    """In command position of a script, where built-in commands and functions come first."""


def starts(words: Words, fed: str = "") -> Iterator[Start]:
    """Everything that a simple command starts, itself first; `fed` is the text on its standard input."""
    todo: list[tuple[Words, bool]] = [(words, True)]
    while todo:
        words, in_shell = todo.pop(0)
        while words and ASSIGNMENT.match(words[0]):
            words = words[1:]
        if not words:
            continue
        yield Start(Kind.PROGRAM, words[0], in_shell)
        program, rest = words[0].rpartition("/")[2], words[1:]
        if program in SHELLS:
            yield from _of_shell(rest, fed)
        elif program in _OTHERS:
            yield from _OTHERS[program](rest)
        todo += [(inner, in_shell and _in_shell(program, inner)) for inner in _inner(program, rest)]


def _inner(program: str, rest: Words) -> Iterator[Words]:
    """The argument lists of the commands that a program is given to start."""
    if program == "xargs":
        yield wrapped(program, rest) or ["echo"]
    elif program == "find":
        yield from _executed(rest)
    elif program == "start-stop-daemon":
        yield from _after(rest, ("-x", "--exec", "-a", "--startas"))
    elif program == "runuser":  # without a user named by option it is another `su`
        if "-u" in rest or "--user" in rest:
            yield wrapped(program, rest)
    elif program in WRAPPERS:
        yield wrapped(program, rest)


def _in_shell(program: str, inner: Words) -> bool:
    """Whether the command behind a wrapper is in command position as well; `command` passes functions by."""
    return program in _IN_SHELL and (program != "command" or inner[:1] == [] or inner[0] in BUILT_IN)


def shell_line(words: Words) -> str | None:
    """The LINE of `sh -c LINE`; None where a shell is started otherwise, or where nothing tells it."""
    for position, word in enumerate(words):
        if re.fullmatch(r"[-+][A-Za-z]*c[A-Za-z]*", word):
            return next((line for line in words[position + 1 :] if not line.startswith("-")), None)
        if not word.startswith(("-", "+")):
            break
    return None


def _of_shell(rest: Words, fed: str) -> Iterator[Start]:
    line = shell_line(rest)
    if line is not None:
        yield Start(Kind.LINE, line)
        return
    words = list(rest)
    while words and words[0].startswith(("-", "+")) and words[0] != "--":
        if words.pop(0) in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file") and words:
            words.pop(0)
    if words and words[0] == "--":
        words.pop(0)
    if fed and (not words or "-s" in rest):
        yield Start(Kind.LINE, fed)
    elif words:
        yield Start(Kind.SCRIPT, words[0])


def _of_su(rest: Words) -> Iterator[Start]:
    for command in _after(rest, ("-c", "--command", "--session-command")):
        yield Start(Kind.LINE, command[0])
    for shell in _after(rest, ("-s", "--shell")):
        yield Start(Kind.PROGRAM, shell[0])


def _of_flock(rest: Words) -> Iterator[Start]:
    words = _operands(rest, "wE")[1:]
    if words[:1] == ["-c"]:
        yield Start(Kind.LINE, words[1] if len(words) > 1 else "")
    elif words:
        yield from starts(words)


def _of_watch(rest: Words) -> Iterator[Start]:
    yield Start(Kind.LINE, " ".join(_operands(rest, "nq")))


def _of_parallel(rest: Words) -> Iterator[Start]:
    words = _operands(rest, "jNnIadSL")
    end = next((n for n, word in enumerate(words) if word.startswith(":::")), len(words))
    yield Start(Kind.LINE, " ".join(words[:end]))


def _of_eval(rest: Words) -> Iterator[Start]:
    yield Start(Kind.LINE, " ".join(rest))


def _of_trap(rest: Words) -> Iterator[Start]:
    if rest and rest[0] not in ("-", "", "-l", "-p"):
        yield Start(Kind.LINE, rest[1] if rest[0] == "--" and len(rest) > 1 else rest[0])


def _of_names(rest: Words) -> Iterator[Start]:
    for word in rest:
        if word and not word.startswith("-"):
            yield Start(Kind.PROGRAM, word, in_shell=True)


def _of_source(rest: Words) -> Iterator[Start]:
    for word in rest[:1]:
        yield Start(Kind.SOURCE, word)


def _of_run_parts(rest: Words) -> Iterator[Start]:
    for word in _operands(rest, "au")[:1]:
        yield Start(Kind.FOLDER, word)


def _of_awk(rest: Words) -> Iterator[Start]:
    words = _operands(rest, "vFfW")
    for match in _AWK_STARTS.finditer(words[0] if words else ""):
        yield Start(Kind.LINE, _unescape(match[1] or match[2] or match[3] or ""))


def _of_tar(rest: Words) -> Iterator[Start]:
    """What tar(1) compresses with, told by options or by names; for an archive to read of which
    nothing is told, what such archives usually are."""
    found: dict[str, None] = {}
    first = rest[0] if rest else ""
    letters = "".join(word[1:] for word in rest if re.fullmatch(r"-[A-Za-z]+", word))
    letters += first if re.fullmatch(r"[A-Za-z]+", first) else ""
    for key, program in _COMPRESSORS.items():
        if key in letters if len(key) == 1 else f"--{key}" in rest:
            found.setdefault(program)
    for command in _after(rest, ("-I", "--use-compress-program")):
        found.update(dict.fromkeys((command[0].split() or [""])[:1]))
    named = [word for word in rest if word.rpartition(".")[2] in _SUFFIXES]
    found.update((_SUFFIXES[word.rpartition(".")[2]], None) for word in named)
    if not found and "f" in letters and set(letters) & set("xt") and any(UNKNOWN in word for word in rest):
        found.update(dict.fromkeys(("gzip", "bzip2", "xz")))
    for program in found:
        yield Start(Kind.PROGRAM, program)


_OTHERS = {
    "su": _of_su, "runuser": _of_su, "script": _of_su, "flock": _of_flock, "watch": _of_watch,
    "parallel": _of_parallel, "eval": _of_eval, "trap": _of_trap, ".": _of_source, "source": _of_source,
    "run-parts": _of_run_parts, "tar": _of_tar,
    **dict.fromkeys(NAMES_ALL, _of_names), **dict.fromkeys(_AWKS, _of_awk),
}  # fmt: skip


def _executed(rest: Words) -> Iterator[Words]:
    """The commands of find's -exec and the like."""
    for position, word in enumerate(rest):
        if word in FIND_EXECUTES:
            after = rest[position + 1 :]
            end = next((n for n, word in enumerate(after) if word in (";", "+", "\\;")), len(after))
            yield after[:end]


def _after(rest: Words, options: tuple[str, ...]) -> Iterator[Words]:
    """What follows each of the options, or its value after `=`."""
    for position, word in enumerate(rest):
        if word in options and position + 1 < len(rest):
            yield [rest[position + 1]]
        elif "=" in word and word.partition("=")[0] in options:
            yield [word.partition("=")[2]]


def _operands(rest: Words, valued: str) -> list[str]:
    """What follows the options, of which those in `valued` take a value; `-c` counts as an operand."""
    words = list(rest)
    while words and words[0].startswith("-") and words[0] not in ("-", "-c"):
        word = words.pop(0)
        if word == "--":
            break
        if len(word) == 2 and word[1] in valued and words:
            words.pop(0)
    return words


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
