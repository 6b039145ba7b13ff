"""What a command starts by its operands: wrappers, shells, `find -exec`, `xargs`, awk's pipes.

After the manual pages of those programs. UNKNOWN stands in a word for a part that nothing tells.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

UNKNOWN = "\0"
"""In a word: something that only the running script knows. No word of a shell holds a NUL."""

ARGUMENTS = "\0@"
"""The word `"$@"` of a script: what it was started with, which the image's config tells."""

SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "rbash", "zsh"})

WRAPPERS: dict[str, tuple[str, int]] = {
    # program: one-letter options that take a value, operands before the command
    "builtin": ("", 0),
    "busybox": ("", 0),
    "catatonit": ("", 0),
    "chpst": ("uUbe/ocdfmnprstl", 0),
    "chroot": ("", 1),
    "chrt": ("TPD", 1),
    "command": ("", 0),
    "coproc": ("", 0),
    "dbus-run-session": ("", 0),
    "doas": ("uC", 0),
    "docker-init": ("epw", 0),
    "dumb-init": ("r", 0),
    "env": ("uC", 0),
    "exec": ("a", 0),
    "fakeroot": ("lsib", 0),
    "gosu": ("", 1),
    "ionice": ("cnpPu", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "nsenter": ("tSG", 0),
    "numactl": ("iNmpCl", 0),
    "runuser": ("ugG", 0),
    "s6-applyuidgid": ("ugG", 0),
    "s6-setuidgid": ("", 1),
    "setarch": ("", 1),
    "setpriv": ("", 0),
    "setsid": ("", 0),
    "setuidgid": ("", 1),
    "softlimit": ("adfmoprst", 0),
    "stdbuf": ("ioe", 0),
    "strace": ("aeEIoOpPsSuUbX", 0),
    "su-exec": ("", 1),
    "sudo": ("ugCDhpRrTtU", 0),
    "taskset": ("", 1),
    "time": ("fo", 0),
    "timeout": ("ks", 1),
    "tini": ("epw", 0),
    "tini-static": ("epw", 0),
    "unbuffer": ("", 0),
    "unshare": ("SGRw", 0),
    "xargs": ("adEILnPs", 0),
    "xvfb-run": ("enfpsw", 0),
}
"""Programs that replace themselves by, or wait for, the command in their arguments."""

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
_NAMES_ALL = frozenset({"hash", "type", "which"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_FIND_EXECUTES = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
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
        while words and _ASSIGNMENT.match(words[0]):
            words = words[1:]
        if not words:
            continue
        yield Start(Kind.PROGRAM, words[0], in_shell)
        program = words[0].rpartition("/")[2]
        rest = words[1:]
        if program in WRAPPERS and rest:
            inner = _wrapped(program, rest)
            own = program != "command" or inner[0:1] == [] or inner[0] in BUILT_IN  # it passes functions by
            todo.append((inner, in_shell and program in _IN_SHELL and own))
            if program == "xargs" and not todo[-1][0]:
                todo[-1] = (["echo"], False)
        elif program == "xargs":
            todo.append((["echo"], False))
        found = _OTHERS.get(program)
        if program in SHELLS:
            yield from _of_shell(rest, fed)
        elif found is not None:
            yield from found(rest)
        if program == "find":
            todo += [(command, False) for command in _executed(rest)]
        elif program == "start-stop-daemon":
            todo += [(words, False) for words in _after(rest, ("-x", "--exec", "-a", "--startas"))]
        elif program == "runuser" and not any(word in ("-u", "--user") for word in rest):
            todo.pop()


def wrapped_lists(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The argument list behind the wrapper that `words` begins with, if any."""
    inner = _wrapped(words[0].rpartition("/")[2], words[1:])
    if inner:
        yield tuple(inner)


def shell_line(words: Words) -> str | None:
    """The LINE of `sh -c LINE`; None where a shell is started otherwise, or where nothing tells it."""
    for position, word in enumerate(words):
        if word and re.fullmatch(r"[-+][A-Za-z]*c[A-Za-z]*", word):
            return next((line for line in words[position + 1 :] if not line.startswith("-")), None)
        if not word.startswith(("-", "+")):
            break
    return None


def _wrapped(program: str, rest: Words) -> Words:
    valued, operands = WRAPPERS[program]
    words = list(rest)
    while words:
        word = words[0]
        if program == "env" and (split := re.match(r"(?:-[iv0]*S|--split-string=?)(.*)", word, re.DOTALL)):
            text = split[1] or (words[1] if len(words) > 1 else "")
            words = [*_split(text), *words[1 if split[1] else 2 :]]
        elif word == "--":
            words.pop(0)
            break
        elif program in ("env", "sudo", "doas") and _ASSIGNMENT.match(word):
            words.pop(0)
        elif word.startswith("-") and len(word) > 1:
            words.pop(0)
            if len(word) == 2 and word[1] in valued and words:
                words.pop(0)
        else:
            break
    while words and program in ("env", "sudo") and _ASSIGNMENT.match(words[0]):
        words.pop(0)
    return words[operands:]


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
    words = _wrapped_by(rest, "wE", 1)
    if words[:1] == ["-c"]:
        yield Start(Kind.LINE, words[1] if len(words) > 1 else "")
    elif words:
        yield from starts(words)


def _of_watch(rest: Words) -> Iterator[Start]:
    yield Start(Kind.LINE, _joined(_wrapped_by(rest, "nq", 0)))


def _of_parallel(rest: Words) -> Iterator[Start]:
    words = _wrapped_by(rest, "jNnIadSL", 0)
    end = next((n for n, word in enumerate(words) if word.startswith(":::")), len(words))
    yield Start(Kind.LINE, _joined(words[:end]))


def _of_eval(rest: Words) -> Iterator[Start]:
    yield Start(Kind.LINE, _joined(rest))


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
    for word in _wrapped_by(rest, "au", 0)[:1]:
        yield Start(Kind.FOLDER, word)


def _of_awk(rest: Words) -> Iterator[Start]:
    words = _wrapped_by(rest, "vFfW", 0)
    for match in _AWK_STARTS.finditer(words[0] if words else ""):
        yield Start(Kind.LINE, _unescape(match[1] or match[2] or match[3] or ""))


def _of_tar(rest: Words) -> Iterator[Start]:
    """What tar(1) compresses with, told by options or by names; for an archive to read of which
    nothing is told, what such archives usually are."""
    found: dict[str, None] = {}
    first = rest[0] or "" if rest else ""
    letters = "".join(word[1:] for word in rest if word and re.fullmatch(r"-[A-Za-z]+", word))
    letters += first if re.fullmatch(r"[A-Za-z]+", first) else ""
    for key, program in _COMPRESSORS.items():
        if key in letters if len(key) == 1 else f"--{key}" in rest:
            found.setdefault(program)
    for command in _after(rest, ("-I", "--use-compress-program")):
        found.update(dict.fromkeys((command[0].split() or [""])[:1]))
    named = [word for word in rest if word and word.rpartition(".")[2] in _SUFFIXES]
    found.update((_SUFFIXES[word.rpartition(".")[2]], None) for word in named)
    if not found and "f" in letters and set(letters) & set("xt") and any(UNKNOWN in word for word in rest):
        found.update(dict.fromkeys(("gzip", "bzip2", "xz")))
    for program in found:
        yield Start(Kind.PROGRAM, program)


_OTHERS = {
    "su": _of_su, "runuser": _of_su, "script": _of_su, "flock": _of_flock, "watch": _of_watch,
    "parallel": _of_parallel, "eval": _of_eval, "trap": _of_trap, ".": _of_source, "source": _of_source,
    "run-parts": _of_run_parts, "tar": _of_tar,
    **dict.fromkeys(_NAMES_ALL, _of_names), **dict.fromkeys(_AWKS, _of_awk),
}  # fmt: skip


def _executed(rest: Words) -> Iterator[Words]:
    """The commands of find's -exec and the like."""
    for position, word in enumerate(rest):
        if word in _FIND_EXECUTES:
            after = rest[position + 1 :]
            end = next((n for n, word in enumerate(after) if word in (";", "+", "\\;")), len(after))
            yield after[:end]


def _after(rest: Words, options: tuple[str, ...]) -> Iterator[Words]:
    """What follows each of the options, or its value after `=`."""
    for position, word in enumerate(rest):
        if word in options and position + 1 < len(rest):
            yield [rest[position + 1]]
        elif word and "=" in word and word.partition("=")[0] in options:
            yield [word.partition("=")[2]]


def _wrapped_by(rest: Words, valued: str, operands: int) -> list[str]:
    words = list(rest)
    while words and words[0].startswith("-") and words[0] not in ("-", "-c"):
        word = words.pop(0)
        if word == "--":
            break
        if len(word) == 2 and word[1] in valued and words:
            words.pop(0)
    return words[operands:]


def _joined(words: Words) -> str:
    return " ".join(words)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
