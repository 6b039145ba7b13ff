"""Command lines that only ask a program about itself, or whether it is alive."""

from __future__ import annotations

import re
import shlex

from probes.exercise.exchange import Exchange

_ABOUT = frozenset({"--version", "--help", "-version", "-help", "--usage"})
"""Options by which a program tells about itself and does nothing else: GNU coding standards 4.8."""
_ABOUT_ALONE = frozenset({"help", "version"})
"""The same where they are all that is given."""
_PERHAPS = frozenset({"-V", "-h", "-?", "-v"})
"""The same where, besides, the answer looks like it."""

_ALIVE = re.compile(
    r"(redis|valkey|keydb)-cli(\s+-\S+(\s+[^-\s]\S*)?)*\s+ping|pg_isready\b.*|(mysql|mariadb)-?admin\b.*\s(ping|status)"
    r"|nc\s+(-\w+\s+)*-\w*z\w*\s.*|rabbitmq-diagnostics\b.*\sping|rabbitmqctl\b.*\sstatus"
    r"|(mongosh?|mongo)\b.*\bping\b.*|kill\s+-0\s.*|pgrep\b.*|pidof\b.*|true|:"
    r"|(psql|mysql|mariadb)\b.*\bselect\s+1\b\W*",
    re.IGNORECASE,
)
"""Commands, as a whole, that ask no more of a server than whether it is there."""

ALIVE_PATHS = re.compile(
    r"/([\w-]+/)*(-/)?(_?(health|status|ready|live|alive|heartbeat)(z|y|check|-check|iness|ness)?|livez|readyz"
    r"|readiness|liveness|ping|up)(\.json|\.txt|/(live|ready|alive|startup))?/?",
    re.IGNORECASE,
)
"""Paths at which a server tells no more than that it is there."""

_VERSION = re.compile(rb"\bv?\d+(\.\d+)+")
_USAGE = re.compile(rb"\s*usage\b", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_MAX_VERSION_BYTES = 400
_MAX_VERSION_LINES = 8


def asks_about_itself(line: str, exchange: Exchange) -> bool:
    """Whether every command of a shell command line asks its program for its version or its help."""
    commands = _commands(line)
    return bool(commands) and all(_is_about(words, exchange) for words in commands)


def asks_whether_alive(line: str) -> bool:
    """Whether every command of a shell command line asks a server whether it is there."""
    commands = _commands(line)
    return bool(commands) and all(_ALIVE.fullmatch(" ".join(words)) for words in commands)


def programs(line: str) -> str:
    """The programs of a shell command line, without what they are given, which may be secret."""
    return ", ".join(dict.fromkeys(words[0] for words in _commands(line)))


def tells_usage(exchange: Exchange) -> bool:
    """Whether a program only told how it is to be called."""
    return any(_USAGE.match(output) for output in (exchange.body, exchange.stderr))


def _is_about(words: list[str], exchange: Exchange) -> bool:
    if any(word in _ABOUT for word in words[1:]) or (len(words) == 2 and words[1] in _ABOUT_ALONE):
        return True
    if len(words) == 2 and words[1] in _PERHAPS:
        return tells_usage(exchange) or _looks_like_version(exchange)
    return False


def _looks_like_version(exchange: Exchange) -> bool:
    output = exchange.body or exchange.stderr
    short = len(output) <= _MAX_VERSION_BYTES and output.count(b"\n") <= _MAX_VERSION_LINES
    return short and _VERSION.search(output.partition(b"\n")[0]) is not None


def _commands(line: str) -> list[list[str]]:
    """The words of each command of `line`; of a pipe the first one."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return []
    found: list[list[str]] = [[]]
    piped = False
    for word in words:
        if set(word) <= set(";&|"):
            piped = word == "|"
            if not piped:
                found.append([])
        elif not piped:
            found[-1].append(word)
    return [words for one in found if (words := _unwrapped(one))]


def _unwrapped(words: list[str]) -> list[str]:
    """Without assignments before the program, without its folder, and without redirections."""
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    kept = []
    for word in words:
        if set(word) <= set("<>"):
            break
        kept.append(word)
    return [kept[0].rpartition("/")[2], *kept[1:]] if kept else words
