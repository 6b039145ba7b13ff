"""What is written in a shell script: its calls, variables and functions, by tree-sitter's bash grammar.

Error-tolerant, and the same whatever shell the host has. Nothing is expanded here: words keep their
variables, since values come from the image's environment and from other scripts too (`expand`).
Where the grammar gives up on a part, the names that a plain tokeniser finds are noted beside (`syntax`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import msgspec
import tree_sitter
import tree_sitter_bash

from slim.closure.facts import Parser
from slim.closure.shell import syntax
from slim.closure.syntax_tree import field_text, source_text

HERE = "@here"
"""The variable that stands for the folder of the script: `$(dirname "$0")`, `${0%/*}` and the like."""

MAX_SCRIPT_BYTES = 1 << 20

_DEEPEST = 8
"""Words inside words (`${A:-"${B:-…}"}`) that are followed."""
_OWN_FOLDER = re.compile(r"\$\{?(0|BASH_SOURCE)\b")
_FOLDER_OF = re.compile(r"\b(dirname|readlink|realpath|cd)\b|%/\*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNCHANGED = frozenset({"word", "number", "string_content", "extglob_pattern", "brace_expression", "regex"})
_QUOTED = frozenset({"raw_string", "ansi_c_string"})
_POSITIONAL = re.compile(r"[1-9@*]\d*")
_SHELL_SCRIPT = re.compile(r"\s*#![^\n]*\b(ba|da|a|k|z)?sh\b")


class Variable(msgspec.Struct, frozen=True, array_like=True):
    """A parameter expansion; of the name "" what nothing tells, as the output of a command."""

    name: str
    """Of a function's own argument, `FUNCTION:1`."""
    default: tuple[str | Variable, ...] = ()
    """The word of `${NAME:-word}`."""
    bare: bool = False
    """Not in quotes: its value is split into words."""


Word = tuple[str | Variable, ...]
"""A word in parts; of an empty word, no part."""


class Call(msgspec.Struct, frozen=True, array_like=True):
    """A simple command."""

    words: tuple[Word, ...]
    fed: str = ""
    """The here-document or here-string on its standard input, as it stands."""


class Assigned(msgspec.Struct, frozen=True, array_like=True):
    """A variable is given a value: by assignment, or by a loop over words."""

    name: str
    words: tuple[Word, ...]
    array: bool = False
    """The words are one value, of an array; else each is one."""


class Script(msgspec.Struct, frozen=True, array_like=True):
    """What is written in a script."""

    calls: tuple[Call, ...] = ()
    assigned: tuple[Assigned, ...] = ()
    functions: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    """Words in command position of a script that the grammar did not wholly understand."""


@functools.cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def read(content: bytes) -> Script:
    """The facts of a script, or of one line of it. Never raises."""
    # what an archive that unpacks itself carries is no script, and costs the parser minutes
    root = _parser().parse(content.partition(b"\0")[0]).root_node
    calls: dict[Call, None] = {}
    assigned: dict[Assigned, None] = {}
    functions: dict[str, None] = {}
    todo: list[tuple[tree_sitter.Node, str, str]] = [(root, "", "")]
    while todo:
        node, function, fed = todo.pop()
        inner = ""
        if node.type == "function_definition":
            function = field_text(node, "name")
            functions.setdefault(function)
        elif node.type == "command":
            here = "\n".join(filter(None, (fed, *(_fed(r) for r in _of(node, "redirect")))))
            words = (*_of(node, "name"), *_of(node, "argument"))
            calls.setdefault(Call(tuple(word(each, function) for each in words), here))
        elif node.type == "redirected_statement":
            inner = "\n".join(filter(None, map(_fed, _of(node, "redirect"))))
            if _SHELL_SCRIPT.match(inner):  # a script that is written to a file
                calls.setdefault(Call((("sh",), ("-s",)), inner))
        elif node.type == "variable_assignment":
            assigned.setdefault(_assignment(node, function))
        elif node.type == "for_statement":
            values = tuple(word(each, function) for each in _of(node, "value"))
            over = values or ((Variable(_own("@", function)),),)
            assigned.setdefault(Assigned(field_text(node, "variable"), over))
        elif node.type == "heredoc_body" and fed == "raw":
            continue
        todo += [(child, function, inner) for child in reversed(node.named_children)]
    guessed = syntax.commands(content.decode("utf-8", "replace")) if root.has_error else ()
    return Script(tuple(calls), tuple(assigned), tuple(functions), guessed)


SHELL = Parser("shell-2", read, Script, limit=MAX_SCRIPT_BYTES)


def word(node: tree_sitter.Node, function: str = "") -> Word:
    """The parts of a word; adjacent literal ones joined."""
    parts: list[str | Variable] = []
    for part in _parts(node, function, 0):
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(part for part in parts if part != "")


def _parts(
    node: tree_sitter.Node, function: str, depth: int, quoted: bool = False
) -> Iterator[str | Variable]:
    kind = node.type
    if depth > _DEEPEST:
        yield Variable("")
    elif kind in _UNCHANGED:
        yield _ESCAPE.sub(_unescaped, source_text(node))
    elif kind in _QUOTED:
        yield source_text(node).removeprefix("$")[1:-1]
    elif kind == "simple_expansion":
        yield Variable(_own(source_text(node)[1:], function), (), not quoted)
    elif kind == "expansion":
        yield _expansion(node, function, depth, quoted)
    elif kind == "command_substitution":
        yield from _substitution(node, function, depth)
    elif kind in ("string", "translated_string"):
        yield from _in_string(node, function, depth)
    elif kind in ("command_name", "concatenation"):
        for child in node.named_children:
            yield from _parts(child, function, depth + 1)
    else:
        yield Variable("")


def _in_string(node: tree_sitter.Node, function: str, depth: int) -> Iterator[str | Variable]:
    """The grammar leaves blanks between two expansions out of every node: they are taken from the text."""
    content = node.text or b""
    at = node.start_byte + 1
    for child in node.named_children:
        yield content[at - node.start_byte : child.start_byte - node.start_byte].decode("utf-8", "replace")
        yield from _parts(child, function, depth + 1, quoted=True)
        at = child.end_byte
    yield content[at - node.start_byte : -1].decode("utf-8", "replace") if len(content) > 1 else ""


def _expansion(node: tree_sitter.Node, function: str, depth: int, quoted: bool) -> Variable:
    """`${NAME}`, `${NAME[@]}`, `${NAME:-word}`; of one that alters the value, the name "" alone."""
    text = source_text(node)
    if _OWN_FOLDER.match(text) and text.endswith("%/*}"):
        return Variable(HERE)
    matched = re.match(r"\$\{(\w+|[@*#?$!-])(\[[^\]]*\])?(:?[-=+?]|\})?", text)
    if matched is None or not matched[3]:
        return Variable("")
    default: Word = ()
    if matched[3][-1] in "-=+":
        values = [child for child in node.named_children if child.type not in ("variable_name", "subscript")]
        values = [child for child in values if child.type != "special_variable_name"]
        default = tuple(part for child in values for part in _parts(child, function, depth + 1))
    return Variable(_own(matched[1], function), default, not quoted)


def _substitution(node: tree_sitter.Node, function: str, depth: int) -> Iterator[str | Variable]:
    """`$(dirname "$0")` is the script's folder, `$(command -v NAME)` is NAME; of others nothing is known."""
    text = source_text(node)
    if _OWN_FOLDER.search(text) and _FOLDER_OF.search(text):
        yield Variable(HERE)
        if "/.." in text:
            yield "/.."
        return
    commands = [child for child in node.named_children if child.type == "command"]
    if len(commands) == 1 and len(node.named_children) == 1:
        words = [*_of(commands[0], "name"), *_of(commands[0], "argument")]
        spelt = [source_text(each) for each in words]
        if spelt[:2] == ["command", "-v"] or spelt[:1] == ["which"]:
            yield from _parts(words[-1], function, depth + 1)
            return
        if spelt[:1] in (["echo"], ["realpath"], ["readlink"]) and len(words) > 1:
            yield from _parts(words[-1], function, depth + 1)
            return
    yield Variable("")


def _assignment(node: tree_sitter.Node, function: str) -> Assigned:
    value = node.child_by_field_name("value")
    named = node.child_by_field_name("name")
    spelt = re.match(r"\w*", source_text(named))
    name = spelt[0] if spelt else ""
    if value is None:
        return Assigned(name, ((),))
    array = value.type == "array"
    values = value.named_children if array else [value]
    return Assigned(name, tuple(word(each, function) for each in values), array)


def _own(name: str, function: str) -> str:
    return f"{function}:{name}" if function and _POSITIONAL.fullmatch(name) else name


def _fed(redirect: tree_sitter.Node) -> str:
    """What a redirection feeds, where the script holds it."""
    if redirect.type == "heredoc_redirect":
        return "\n".join(source_text(child) for child in redirect.children if child.type == "heredoc_body")
    if redirect.type == "herestring_redirect" and redirect.named_children:
        parts = word(redirect.named_children[-1])
        return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else ""
    return ""


def _of(node: tree_sitter.Node, field: str) -> list[tree_sitter.Node]:
    return node.children_by_field_name(field)


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]
