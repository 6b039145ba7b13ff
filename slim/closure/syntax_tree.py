"""Trees of tree-sitter's parsers, searched in bounded time.

Its trees are balanced, but for what the grammar could not read: an error holds everything that it swallowed
side by side, and each step of a query or a look-up by position passes along all of it. A source of a million
brackets would take minutes.
"""

from __future__ import annotations

from tree_sitter import Node, Parser, Query, QueryCursor

MAX_ERROR_WIDTH = 20_000
"""Nodes in one error, beyond which nothing is searched: no source that anybody wrote has so many."""
MAX_DEPTH = 4_000
"""Levels below the root at which a query still begins: its time grows with the square of the depth, as of
`'a' + 'a' + …`."""


def search(query: Query) -> QueryCursor:
    """A cursor for `query` that leaves out what lies deeper than MAX_DEPTH."""
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(MAX_DEPTH)
    return cursor


def root_of(parser: Parser, content: bytes) -> Node | None:
    """The tree of a source; None for what is no text, and for what cannot be searched."""
    root = None if b"\0" in content[:1024] else parser.parse(content).root_node
    return root if root is not None and is_searchable(root) else None


def source_text(node: Node | None) -> str:
    """The text of a node as it stands in the source; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def field_text(node: Node, field: str) -> str:
    """The text of one field of a node; empty where it has none."""
    return source_text(node.child_by_field_name(field))


def is_searchable(root: Node) -> bool:
    """Whether no error of the tree below `root` holds more than MAX_ERROR_WIDTH nodes."""
    todo = [root] if root.has_error else []
    while todo:
        node = todo.pop()
        if node.is_error and node.child_count > MAX_ERROR_WIDTH:
            return False
        todo += [child for child in node.children if child.has_error]
    return True
