"""What an expression of Ruby comes to, as far as the source tells: a text, a feature, a file.

String literals, `File.join` and its kin, sums of both. A file is told from its source's folder on, as
`__dir__` and `__FILE__` have it.
"""

from __future__ import annotations

from tree_sitter import Node

from slim.closure.source_path import ANY, HERE, normal
from slim.closure.syntax_tree import field_text, source_text

_SELF = "./_"
"""What `__FILE__` stands for: only what lies beside it is ever asked for."""
_HERE = frozenset({"__dir__", "__FILE__"})

_MAX_DEPTH = 100
"""Expressions within expressions that are read; what lies deeper counts as unknown."""


def path_of(node: Node, depth: int = 0) -> str:
    """The file or feature that an expression comes to."""
    kind, below = node.type, depth + 1
    if depth > _MAX_DEPTH:
        return ANY
    if kind in ("string", "bare_string", "chained_string", "delimited_symbol", "simple_symbol"):
        return normal(text_of(node, below))
    bare = source_text(node)
    if bare in _HERE:
        return HERE if bare == "__dir__" else _SELF
    if kind == "call":
        return normal(_called(node, below))
    if kind == "binary" and field_text(node, "operator") in ("+", "/"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            return normal(_joined([path_of(left, below), path_of(right, below)]))
    if kind in ("parenthesized_statements", "argument_list") and node.named_children:
        return path_of(node.named_children[0], below)
    return ANY


def _called(node: Node, depth: int) -> str:
    """File.join, File.expand_path, File.dirname, Pathname.new, and what is appended to those."""
    method = field_text(node, "method")
    receiver = node.child_by_field_name("receiver")
    given = node.child_by_field_name("arguments")
    arguments = given.named_children if given else []
    operand = arguments[0] if arguments else receiver
    if method == "dirname":
        inner = path_of(operand, depth) if operand is not None else ANY
        return f"{inner.rstrip('/')}/.." if inner.startswith(HERE) else ANY
    if method in ("expand_path", "absolute_path", "join") and arguments:
        parts = [path_of(one, depth) for one in arguments]
        if method != "join":
            parts = parts[1::-1]
        elif receiver is not None and source_text(receiver) != "File":
            parts.insert(0, path_of(receiver, depth))
        return _joined(parts)
    if method in ("", "to_s", "to_path", "realpath", "expand_path", "freeze", "new", "Pathname", "parent"):
        inner = path_of(operand, depth) if operand is not None else ANY
        return f"{inner}/.." if method == "parent" and inner.startswith(HERE) else inner
    return ANY


def _joined(parts: list[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = part if part.startswith(HERE) or not text else f"{text.rstrip('/')}/{part.lstrip('/')}"
    return text


def text_of(node: Node, depth: int = 0) -> str:
    """A string's text; HERE for an interpolated `__dir__` at its beginning, ANY for other interpolations."""
    if node.type in ("simple_symbol", "constant", "identifier", "scope_resolution"):
        return source_text(node).lstrip(":") if node.type != "identifier" else ANY
    if node.type == "chained_string":
        return "".join(text_of(one, depth + 1) for one in node.named_children)
    if node.type not in ("string", "bare_string", "subshell", "delimited_symbol", "bare_symbol"):
        return ANY
    text = ""
    for part in node.named_children:
        if part.type == "interpolation":
            inner = path_of(part.named_children[0], depth + 1) if part.named_children and not text else ANY
            text += inner if inner.startswith(HERE) else ANY
        else:
            text += source_text(part)
    return text
