"""Calls in sources as far as they may declare a route: read by tree-sitter, run never."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_ruby
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from slim.closure.node.syntax import LANGUAGE as JAVASCRIPT
from slim.closure.python.syntax import LANGUAGE as PYTHON
from slim.closure.syntax_tree import is_searchable
from slim.coverage.route_patterns import Language


@dataclass(frozen=True)
class Call:
    """A call of a function or method."""

    name: str
    receiver: str
    """The text of what a method is called on; empty for a function."""
    arguments: tuple[str | None, ...]
    """The positional ones; None for one that is no text as it stands."""
    sources: tuple[str, ...]
    """The positional ones as they are written; the beginning of each."""
    keywords: tuple[tuple[str, tuple[str, ...]], ...]
    """The texts in the value of each keyword argument."""
    decorates: bool
    has_block: bool
    line: int
    """From 1."""


@dataclass(frozen=True)
class _Words:
    """What a grammar calls things."""

    call: str
    function: str
    holder: str
    """The field of a call's function, or of the call itself, that is what a method is called on."""
    member: str
    """The field of the name beside it."""
    texts: frozenset[str]
    keyword: str
    key: str
    value: str


_WORDS: dict[Language, _Words] = {
    "python": _Words(
        "call", "function", "object", "attribute", frozenset({"string"}), "keyword_argument", "name", "value"
    ),
    "javascript": _Words(
        "call_expression",
        "function",
        "object",
        "property",
        frozenset({"string", "template_string"}),
        "pair",
        "key",
        "value",
    ),
    "ruby": _Words(
        "call", "", "receiver", "method", frozenset({"string", "simple_symbol"}), "pair", "key", "value"
    ),
}
_PIECES = frozenset({"string_content", "string_fragment"})
_MAX_RECEIVER = 200
_MAX_TEXTS = 20


@cache
def _grammar(language: Language) -> Grammar:
    match language:
        case "python":
            return PYTHON
        case "javascript":
            return JAVASCRIPT
        case "ruby":
            return Grammar(tree_sitter_ruby.language())


def calls(content: bytes, language: Language, names: frozenset[str]) -> Iterator[Call]:
    """The calls of `names` in a source, in no order; none of a source that cannot be read in time."""
    root = Parser(_grammar(language)).parse(content).root_node
    if not is_searchable(root):
        return
    words = _WORDS[language]
    todo = [root]
    while todo:
        node = todo.pop()
        todo += node.children
        if node.type == words.call and (call := _call(node, words, names)):
            yield call


def _call(node: Node, words: _Words, names: frozenset[str]) -> Call | None:
    function = node.child_by_field_name(words.function) if words.function else node
    if function is None:
        return None
    holder = function.child_by_field_name(words.holder)
    member = function.child_by_field_name(words.member) or function
    name = _source(member)
    if name not in names or (member is function and function.type != "identifier"):
        return None
    positional: list[str | None] = []
    sources: list[str] = []
    keywords: list[tuple[str, tuple[str, ...]]] = []
    arguments = node.child_by_field_name("arguments")
    for one in arguments.named_children if arguments is not None else ():
        if one.type == "comment":
            continue
        if one.type == words.keyword:
            key, value = one.child_by_field_name(words.key), one.child_by_field_name(words.value)
            if key is not None and value is not None:
                keywords.append((_text(key, words) or _source(key), tuple(_texts(value, words))))
        else:
            positional.append(_text(one, words))
            sources.append(_source(one))
    if not positional and keywords and words.call == "call" and not words.function:
        positional.append(keywords[0][0])  # Rails: get "path" => "controller#action"
    return Call(
        name,
        _source(holder) if holder is not None else "",
        tuple(positional),
        tuple(sources),
        tuple(keywords),
        decorates=node.parent is not None and node.parent.type == "decorator",
        has_block=node.child_by_field_name("block") is not None,
        line=node.start_point[0] + 1,
    )


def _text(node: Node, words: _Words) -> str | None:
    """The value of a literal text; None for anything else, and where a part of it is computed."""
    if node.type not in words.texts:
        return None
    if node.type == "simple_symbol":
        return _source(node).removeprefix(":")
    inner = node.named_children
    if any(one.type in ("interpolation", "template_substitution") for one in inner):
        return None
    if node.type == "template_string":
        return _source(node).strip("`")
    return "".join(_source(one) for one in inner if one.type in (*_PIECES, "escape_sequence"))


def _texts(node: Node, words: _Words) -> Iterator[str]:
    """The literal texts in a list, set or tuple."""
    for one in (node, *node.named_children[:_MAX_TEXTS]):
        if (text := _text(one, words)) is not None:
            yield text


def _source(node: Node) -> str:
    return (node.text or b"")[:_MAX_RECEIVER].decode(errors="replace")
