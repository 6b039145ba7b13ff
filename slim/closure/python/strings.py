"""Python code in string literals of a Python source: for exec(), eval(), `python -c`, timeit …"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from tree_sitter import Node

from slim.closure.syntax_tree import source_text

_LOADS = re.compile(rb"\b(?:import|__import__|import_module)\b")
_CODE = re.compile(
    r"(?:^|[\n;:])\s*(?:import\s+\w|from\s+[\w.]+\s+import\s)|\b(?:__import__|import_module)\("
)
_PROSE = re.compile(r"^>>> |^\.\. ", re.MULTILINE)
_HANDED_ON = frozenset({"argument_list", "binary_operator", "keyword_argument", "list", "tuple"})
"""Where a single line stands that somebody may run; elsewhere it is a text about code."""
_MOST = 200
_ESCAPES = (("\\n", "\n"), ("\\t", "\t"), ("\\'", "'"), ('\\"', '"'), ("\\\n", ""))


def code_in(content: bytes, root: Node) -> Iterator[bytes]:
    """The text of literals that look like code which imports something; what an f-string puts in is `_`."""
    seen: set[int] = set()
    for match in _LOADS.finditer(content):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type not in ("string_content", "string"):
            continue
        string = node.parent if node.type == "string_content" else node
        if string is None or string.parent is None or string.parent.type == "expression_statement":
            continue  # a docstring
        whole = string.parent if string.parent.type == "concatenated_string" else string
        if whole.start_byte in seen or len(seen) >= _MOST:
            continue
        seen.add(whole.start_byte)
        text = _text(whole)
        is_handed_on = whole.parent is not None and whole.parent.type in _HANDED_ON
        if (is_handed_on or "\n" in text) and _CODE.search(text) and not _PROSE.search(text):
            yield textwrap.dedent(text).strip().encode("utf-8", "replace")


def _text(node: Node) -> str:
    pieces: list[str] = []
    for string in node.named_children if node.type == "concatenated_string" else (node,):
        start = string.children[0].text or b"" if string.children else b""
        for child in string.named_children:
            text = source_text(child) if child.type == "string_content" else "_"
            if child.type not in ("string_content", "interpolation"):
                continue
            if b"r" not in start.lower():
                for written, meant in _ESCAPES:
                    text = text.replace(written, meant)
            pieces.append(text)
    return "".join(pieces)
