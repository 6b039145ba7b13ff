"""What is written in a PHP source about what it includes and starts, by an error-tolerant parser.

A file is told from its source's folder on (`./x`), as `__DIR__` has it; a part that is only known at
run time is a `*`.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec
import tree_sitter_php
from tree_sitter import Language, Node, Query
from tree_sitter import Parser as TreeParser

from slim.closure.facts import Parser
from slim.closure.source_path import ANY, line_of, normal
from slim.closure.syntax_tree import field_text, root_of, search, source_text

_LANGUAGE = Language(tree_sitter_php.language_php())

_QUERY = Query(
    _LANGUAGE,
    """
    [(require_expression) (require_once_expression) (include_expression) (include_once_expression)] @include
    (shell_command_expression) @line
    (function_call_expression function: [(name) (qualified_name)] @function) @call
    (string (string_content) @string)
    (encapsed_string . (string_content) @string .)
    """,
)

_SHELL = frozenset({"exec", "shell_exec", "system", "passthru", "popen", "proc_open", "pcntl_exec"})
_MAIL = frozenset({"mail", "mb_send_mail"})
_LEVELS = re.compile("[0-9]{1,2}")
_MAX_DEPTH = 100
"""Expressions within expressions that are read; what lies deeper counts as unknown."""
_FILE = re.compile(r"[\w./@+-]*[\w-]\.(?:php|phtml|inc)")


class PhpFacts(msgspec.Struct, frozen=True):
    """What one source says; every tuple sorted, without repetition."""

    includes: tuple[str, ...] = ()
    """Files, as they are written; `./x` from the source's folder on."""
    dynamic: bool = False
    """It includes something of which nothing is known."""
    files: tuple[str, ...] = ()
    """Strings that name a source, as tables of classes do."""
    lines: tuple[str, ...] = ()
    """Shell lines."""
    calls: tuple[tuple[str, ...], ...] = ()
    """Programs with arguments."""
    mails: bool = False
    """It sends mail through the configured program."""
    broken: bool = False
    """It is no text, or nothing that the parser could make anything of."""


@cache
def _parser() -> TreeParser:
    return TreeParser(_LANGUAGE)


def read_source(content: bytes) -> PhpFacts:
    """Facts of PHP text, whatever it is."""
    root = root_of(_parser(), content)
    if root is None:
        return PhpFacts(broken=True)
    captures = search(_QUERY).captures(root)
    included = (node.named_children[-1] for node in captures.get("include", ()) if node.named_children)
    includes = {normal(_text(node)) for node in included}
    lines = {line_of(_text(node)) for node in captures.get("line", ())}
    calls: set[tuple[str, ...]] = set()
    mails = False
    for node in captures.get("call", ()):
        called = field_text(node, "function").lstrip("\\").lower()
        mails = mails or called in _MAIL
        if called in _SHELL:
            _started(node, lines, calls)
    strings = {source_text(node) for node in captures.get("string", ())}
    return PhpFacts(
        includes=tuple(sorted(path for path in includes if path.strip("*./"))),
        dynamic=any(not path.strip("*./") for path in includes),
        files=tuple(sorted(text for text in strings if len(text) < 256 and _FILE.fullmatch(text))),
        lines=tuple(sorted(line for line in lines if line.strip())),
        calls=tuple(sorted(calls)),
        mails=mails,
    )


def _started(node: Node, lines: set[str], calls: set[tuple[str, ...]]) -> None:
    given = node.child_by_field_name("arguments")
    first = given.named_children[0] if given is not None and given.named_children else None
    value = first.named_children[-1] if first is not None and first.named_children else None
    if value is None:
        return
    if value.type == "array_creation_expression":
        words = tuple(_text(one.named_children[-1]) for one in value.named_children if one.named_children)
        if words and words[0] != ANY:
            calls.add(words)
    else:
        lines.add(line_of(_text(value)))


def _text(node: Node, depth: int = 0) -> str:
    """The text of an expression, as far as it is written; `./` for `__DIR__` and `dirname(__FILE__)`."""
    kind = node.type
    if depth > _MAX_DEPTH:
        return ANY
    if kind == "name":
        return {"__DIR__": ".", "__FILE__": "./_", "DIRECTORY_SEPARATOR": "/"}.get(source_text(node), ANY)
    if kind in ("string", "encapsed_string", "shell_command_expression", "heredoc_body"):
        return "".join(
            source_text(one) if one.type in ("string_content", "escape_sequence") else ANY
            for one in node.named_children
        )
    if kind == "binary_expression" and field_text(node, "operator") == ".":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (_text(left, depth + 1) if left else "") + (_text(right, depth + 1) if right else "")
    if kind == "parenthesized_expression" and node.named_children:
        return _text(node.named_children[0], depth + 1)
    if kind == "function_call_expression":
        return _called(node, depth + 1)
    return ANY


def _called(node: Node, depth: int) -> str:
    function = field_text(node, "function").lstrip("\\").lower()
    given = node.child_by_field_name("arguments")
    values = [one.named_children[-1] for one in (given.named_children if given else ()) if one.named_children]
    if function == "dirname" and values:
        inner = _text(values[0], depth)
        levels = _LEVELS.fullmatch(source_text(values[1])) if len(values) > 1 else None
        return inner + "/.." * (int(levels[0]) if levels else 1) if inner.startswith(".") else ANY
    if function in ("realpath", "escapeshellcmd") and values:
        return _text(values[0], depth)
    if function == "sprintf" and values:
        return re.sub(r"%[\d$.'-]*[a-zA-Z]", ANY, _text(values[0], depth))
    return ANY


PHP = Parser("php-2", read_source, PhpFacts, limit=1 << 21)
