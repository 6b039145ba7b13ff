"""Commands that a POSIX shell script names, found by tokenising it.

After the Shell Command Language (IEEE 1003.1, chapter 2): quoting, here-documents, compound
commands, functions, command substitution. Nothing is expanded: a word with a `$` in it names
no command. What is not shell comes out as few or no names, never as an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from slim.closure.shell.starts import FIND_EXECUTES, NAMES_ALL

_KEYWORDS = frozenset(
    {"!", "{", "}", "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "esac"}
)
_PREFIXES = frozenset(
    {"builtin", "chroot", "command", "env", "eval", "exec", "gosu", "nice", "nohup", "setpriv", "setsid",
     "su-exec", "sudo", "time", "timeout", "xargs"}
)  # fmt: skip
_SOURCES = frozenset({".", "source"})
_SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_BECOME_USER = frozenset({"runuser", "su"})
"""They hand `-c LINE` to the user's login shell: su(1)."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[[^\]]*\])?\+?=")
_HERE_DOCUMENT = re.compile(r"<<(-?)[ \t]*(\\?)(['\"]?)([\w.!%@+-]+)\3")
_EXPANSION = re.compile(r"\$\{(\w+|[@*#?$!-])(?::?[-=]([^}]*)|[^}]*)\}|\$(\w+|[@*#?$!-])")
_OPERATORS = ("&&", "||", ";;&", ";;", ";&", "|&", ";", "&", "|", "(", ")", "\n")
_REDIRECTION = re.compile(r"\d*(<<<|<>|>>|>&|<&|>\||&>>|&>|<|>)-?")

MAX_SCRIPT_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    """word, operator or redirection."""
    literal: bool = True
    """False: the word holds an expansion."""
    default: bool = False
    """The whole word is an expansion of one parameter; `text` is its default value."""


@dataclass
class _Reading:
    """What has been found so far."""

    found: dict[str, None] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    nested: list[str] = field(default_factory=list)
    """Text of substitutions and of `sh -c`, to be read as scripts of their own."""


def commands(text: str) -> tuple[str, ...]:
    """Names in command position of a script, and what `.`, `command -v` and the like are given, in order of
    first appearance; functions of the script itself are left out."""
    reading = _Reading()
    todo = [text[:MAX_SCRIPT_CHARACTERS]]
    while todo:
        reading.nested = []
        _name_commands(_tokens(todo.pop(), reading.nested), reading)
        todo += reversed(reading.nested)
    return tuple(name for name in reading.found if name not in reading.functions)


def _name_commands(tokens: list[_Token], reading: _Reading) -> None:
    simple: list[_Token] = []
    patterns = 0  # how many `case` are open, and whether a pattern is being read
    in_pattern = False
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token.kind == "redirection":
            position += 1  # its operand is a file, not a word of the command
            continue
        if in_pattern:
            if token.text == ")" and token.kind == "operator":
                in_pattern = False
            elif token.text == "esac":
                in_pattern, patterns = False, patterns - 1
            continue
        if token.kind == "word" and not (not simple and token.text in _KEYWORDS):
            simple.append(token)
            if token.text == "in" and len(simple) == 3 and simple[0].text == "case":
                simple, in_pattern, patterns = [], True, patterns + 1
            continue
        if token.text == "(" and len(simple) == 1 and position < len(tokens) and tokens[position].text == ")":
            reading.functions.add(simple[0].text)
            simple = []
            position += 1
            continue
        _name_one(simple, reading)
        simple = []
        if token.text == "esac":
            patterns = max(0, patterns - 1)
        in_pattern = patterns > 0 and token.text in (";;", ";&", ";;&")
    _name_one(simple, reading)


def _name_one(words: list[_Token], reading: _Reading) -> None:
    """Name what one simple command starts; a prefix (`exec`, `env` …) leads to the command behind it."""
    while words and _ASSIGNMENT.match(words[0].text):
        words = words[1:]
    while words:
        first, rest = words[0], words[1:]
        if not first.text or not (first.literal or first.default):
            return
        if first.text in ("for", "select", "case", "[["):
            return
        if first.text == "function":
            reading.functions.update(word.text for word in rest[:1])
            words = rest[2:] if [word.text for word in rest[1:2]] == ["{"] else []
            continue
        reading.found.setdefault(first.text)
        program = first.text.rpartition("/")[2]
        if program not in _PREFIXES:
            _read_operands(program, rest, reading)
            return
        words = rest
        while words and (words[0].text.startswith("-") or _ASSIGNMENT.match(words[0].text)):
            words = words[1:]
        if program in ("gosu", "su-exec", "chroot", "timeout"):
            words = words[1:]


def _read_operands(program: str, operands: list[_Token], reading: _Reading) -> None:
    """The commands and scripts among the operands of a command that takes such."""
    pairs = list(pairwise(word.text for word in operands))
    named = [word.text for word in operands if word.literal and not word.text.startswith("-")]
    if program in _SOURCES:
        reading.found.update(dict.fromkeys(named[:1]))
    elif program in NAMES_ALL:
        reading.found.update(dict.fromkeys(named))
    elif program in _SHELLS or program in _BECOME_USER:
        reading.nested += [line for option, line in pairs if option.startswith("-") and option.endswith("c")]
    elif program == "find":
        reading.found.update(dict.fromkeys(command for option, command in pairs if option in FIND_EXECUTES))
    elif program == "trap" and operands:
        reading.nested.append(operands[0].text)


def _tokens(text: str, nested: list[str]) -> list[_Token]:
    """Split into words and operators; the text of command substitutions goes to `nested`."""
    tokens: list[_Token] = []
    here_documents: list[tuple[str, bool]] = []
    position, size = 0, len(text)
    while position < size:
        character = text[position]
        if character in " \t\r":
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
        elif character == "#":
            position = _next(text, "\n", position)
        elif here := _HERE_DOCUMENT.match(text, position):
            here_documents.append((here[4], bool(here[1])))
            position = here.end()
        elif redirection := _REDIRECTION.match(text, position):
            tokens.append(_Token(redirection[0], "redirection"))
            position = redirection.end()
        elif operator := next((o for o in _OPERATORS if text.startswith(o, position)), ""):
            tokens.append(_Token(operator, "operator"))
            position += len(operator)
            if operator == "\n" and here_documents:
                position = _skip_here_documents(text, position, here_documents)
                here_documents = []
        else:
            position = _word(text, position, tokens, nested)
    return tokens


def _skip_here_documents(text: str, position: int, pending: list[tuple[str, bool]]) -> int:
    for delimiter, tabs in pending:
        while position < len(text):
            end = _next(text, "\n", position)
            line = text[position:end]
            position = end + 1
            if (line.lstrip("\t") if tabs else line) == delimiter:
                break
    return min(position, len(text))


def _next(text: str, mark: str, position: int) -> int:
    """Where `mark` stands next; the end of the text where it comes no more."""
    found = text.find(mark, position)
    return len(text) if found < 0 else found


def _word(text: str, position: int, tokens: list[_Token], nested: list[str]) -> int:
    """Read one word from `position`; where it ends."""
    word = _Word(nested)
    while position < len(text) and (after := word.read(text, position)) is not None:
        position = after
    tokens.append(word.token())
    return position


class _Word:
    """A word as far as it was read; the text of command substitutions goes to `nested`."""

    def __init__(self, nested: list[str]) -> None:
        self._nested = nested
        self._parts: list[str] = []
        self._expansions = 0
        self._default = ""
        self._literal = True
        self._quoted = False
        """Inside double quotes."""

    def token(self) -> _Token:
        """The word, once it is over."""
        joined = "".join(self._parts)
        if self._expansions == 1 and not joined:
            return _Token(self._default, "word", literal=False, default=True)
        return _Token(joined, "word", self._literal or joined in ("[", "[["))

    def read(self, text: str, position: int) -> int | None:
        """Take in the part that starts at `position`; where the next one does, None where the word ends."""
        character = text[position]
        if character == '"':
            self._quoted = not self._quoted
        elif character == "\\" and position + 1 < len(text):
            self._parts.append(text[position + 1].replace("\n", ""))
            return position + 2
        elif character == "'" and not self._quoted:
            end = _next(text, "'", position + 1)
            self._parts.append(text[position + 1 : end])
            return end + 1
        elif character == "`" or text.startswith("$(", position):
            return self._substitution(text, position)
        elif expansion := _EXPANSION.match(text, position):
            self._expansions += 1
            self._default = (expansion[2] or "").strip("'\"")
            self._literal = False
            return expansion.end()
        elif not self._quoted and character in " \t\r\n;&|()<>":
            return None
        else:
            self._literal = self._literal and character not in "$*?["
            self._parts.append(character)
        return position + 1

    def _substitution(self, text: str, position: int) -> int:
        start = position + (1 if text[position] == "`" else 2)
        end = _substitution_end(text, start, text[position])
        if not text.startswith("$((", position):
            self._nested.append(text[start:end])
        self._literal = False
        return end + 1


def _substitution_end(text: str, position: int, opening: str) -> int:
    """Where a substitution that starts at `position` closes, quotes respected."""
    depth, quote = 1, ""
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif quote:
            quote = "" if character == quote else quote
        elif opening == "`":
            if character == "`":
                return position
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0:
                return position
        position += 1
    return len(text)
