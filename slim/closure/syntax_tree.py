"""Trees of tree-sitter's parsers, searched in bounded time.

Its trees are balanced, but for what the grammar could not read: an error holds everything that it swallowed
side by side, and each step of a query or a look-up by position passes along all of it. A source of a million
brackets would take minutes.
"""

from __future__ import annotations

from tree_sitter import Node, Query, QueryCursor

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


def is_searchable(root: Node) -> bool:
    """Whether no error of the tree below `root` holds more than MAX_ERROR_WIDTH nodes."""
    todo = [root] if root.has_error else []
    while todo:
        node = todo.pop()
        if node.is_error and node.child_count > MAX_ERROR_WIDTH:
            return False
        todo += [child for child in node.children if child.has_error]
    return True
