"""What an expression of JavaScript may come to, as far as its file tells."""

from __future__ import annotations

from tree_sitter import Language, Node, Query

from slim.closure.syntax_tree import search, source_text

WILD = "*"
"""Any text; no name of a module or a file that code builds holds a literal one."""
FOLDER = "\x01"
"""The folder of the file, at the beginning of a value."""
RESOLVED = "\x02"
"""Around a specifier, at the beginning of a value: what `require.resolve` gives for it."""

_MAX_VALUES = 64
_MAX_DEPTH = 24
_MAX_DEFINITIONS = 6
_MAX_TEXT = 1000

_DEFINITIONS = """
    (variable_declarator name: (identifier) @name value: (_) @value)
    (assignment_expression left: (identifier) @name right: (_) @value)
    (for_in_statement left: (identifier) @name right: (_) @member)
    (formal_parameters (identifier) @parameter)
    (arrow_function parameter: (identifier) @parameter)
    (formal_parameters (assignment_pattern left: (identifier) @parameter))
"""
_QUERIES: dict[int, Query] = {}


class Values:
    """Evaluates expressions of one parsed file. Total; depth and number of values are bounded, and what lies
    beyond counts as unknown."""

    def __init__(self, language: Language, root: Node) -> None:
        self._language = language
        self._root = root
        self._known: dict[bytes, list[tuple[Node, bool]]] | None = None
        self._parameters: set[bytes] = set()
        self._names: dict[bytes, set[str]] = {}
        """What names come to; while one is being found out it is unknown, for it may name itself."""
        self._looked_up: dict[tuple[bytes, bytes | None], set[str]] = {}
        """The same of look-ups in tables: the table's name, and the key where it is written out."""

    def of(self, node: Node) -> tuple[str, ...]:
        """The values that `node` may have, sorted; WILD stands for what is not known."""
        return tuple(sorted(self._of(node, 0)))

    def _of(self, node: Node, depth: int) -> set[str]:
        if depth > _MAX_DEPTH:
            return {WILD}
        kind, below = node.type, depth + 1
        if kind == "string":
            return {_literal(node)}
        if kind == "template_string":
            return self._joined([self._piece(child, below) for child in node.named_children], "")
        if kind in ("parenthesized_expression", "await_expression", "spread_element"):
            return self._of(node.named_children[0], below) if node.named_children else {WILD}
        if kind == "binary_expression":
            return self._binary(node, below)
        if kind == "ternary_expression":
            return self._either(node, ("consequence", "alternative"), below)
        if kind == "sequence_expression":
            return self._of(node.named_children[-1], below)
        if kind == "identifier":
            return self._identifier(node, below)
        if kind in ("member_expression", "subscript_expression"):
            return self._member(node, below)
        if kind == "call_expression":
            return self._call(node, below)
        if kind == "new_expression":
            return self._url(node, below)
        return {WILD}

    def _piece(self, child: Node, depth: int) -> set[str]:
        if child.type == "template_substitution":
            return self._of(child.named_children[0], depth) if child.named_children else {WILD}
        return {_text(child)}

    def _binary(self, node: Node, depth: int) -> set[str]:
        operator = node.child_by_field_name("operator")
        sign = operator.text if operator is not None else b""
        if sign in (b"||", b"??"):
            return self._either(node, ("left", "right"), depth)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if sign != b"+" or left is None or right is None:
            return {WILD}
        return self._joined([self._of(left, depth), self._of(right, depth)], "")

    def _either(self, node: Node, fields: tuple[str, ...], depth: int) -> set[str]:
        found: set[str] = set()
        for field in fields:
            child = node.child_by_field_name(field)
            found |= self._of(child, depth) if child is not None else {WILD}
        return _bounded(found)

    def _identifier(self, node: Node, depth: int) -> set[str]:
        named = node.text or b""
        if named == b"__dirname":
            return {FOLDER}
        if named == b"__filename":
            return {f"{FOLDER}/__filename"}
        if named not in self._names:
            self._names[named] = {WILD}
            self._names[named] = self._defined(named, depth)
        return self._names[named]

    def _defined(self, named: bytes, depth: int) -> set[str]:
        definitions = self._definitions().get(named, [])
        if not definitions or len(definitions) > _MAX_DEFINITIONS:
            return {WILD}
        found: set[str] = {WILD} if named in self._parameters else set()
        for value, is_member in definitions:
            found |= self._members(value, depth) if is_member else self._of(value, depth)
        return _bounded(found)

    def _members(self, node: Node, depth: int) -> set[str]:
        """The members of an array that is written out, or of a constant one."""
        if node.type == "identifier":
            definitions = self._definitions().get(node.text or b"", [])
            node = definitions[0][0] if len(definitions) == 1 else node
        if node.type != "array" or depth > _MAX_DEPTH:
            return {WILD}
        found: set[str] = set()
        for child in node.named_children:
            found |= self._of(child, depth + 1) if child.type != "comment" else set()
        return _bounded(found)

    def _member(self, node: Node, depth: int) -> set[str]:
        """`import.meta.…`, `path.sep`, and a look-up in a table that is written out."""
        text = (node.text or b"") if node.end_byte - node.start_byte < 200 else b""
        if text in (b"import.meta.url", b"import.meta.filename"):
            return {f"{FOLDER}/__filename"}
        if text == b"import.meta.dirname":
            return {FOLDER}
        if text in (b"path.sep", b"path.posix.sep"):
            return {"/"}
        table = node.child_by_field_name("object")
        if table is None or table.type != "identifier":
            return {WILD}
        definitions = self._definitions().get(table.text or b"", [])
        if len(definitions) != 1 or table.text in self._parameters or definitions[0][1]:
            return {WILD}
        wanted = node.child_by_field_name("property")
        key = (table.text or b"", wanted.text if wanted is not None else None)
        if key not in self._looked_up:
            self._looked_up[key] = {WILD}
            self._looked_up[key] = self._in_table(definitions[0][0], key[1], depth)
        return self._looked_up[key]

    def _in_table(self, value: Node, wanted: bytes | None, depth: int) -> set[str]:
        if value.type == "array":
            return self._members(value, depth)
        return self._entries(value, wanted, depth) if value.type == "object" else {WILD}

    def _entries(self, table: Node, wanted: bytes | None, depth: int) -> set[str]:
        found: set[str] = set()
        for pair in table.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if pair.type == "comment" or key is None or value is None:
                continue
            if wanted is None or (key.text or b"").strip(b"\"'") == wanted:
                found |= self._of(value, depth)
        return _bounded(found) or {WILD}

    def _call(self, node: Node, depth: int) -> set[str]:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return {WILD}
        whole = (function.text or b"") if function.end_byte - function.start_byte < 200 else b""
        called = whole.rpartition(b".")[2]
        given = [child for child in arguments.named_children if child.type != "comment"]
        if not given:
            return {WILD}
        if whole in (b"require.resolve", b"import.meta.resolve"):
            return {f"{RESOLVED}{value}{RESOLVED}" for value in self._of(given[0], depth)}
        if called in (b"join", b"resolve") and whole not in (b"Promise.resolve",):
            return self._path([self._of(child, depth) for child in given])
        if called in (b"fileURLToPath", b"pathToFileURL", b"normalize", b"String"):
            return self._of(given[0], depth)
        if called == b"dirname":
            return self._joined([self._of(given[0], depth), {"/.."}], "")
        return {WILD}

    def _url(self, node: Node, depth: int) -> set[str]:
        """`new URL(relative, import.meta.url)`."""
        arguments = node.child_by_field_name("arguments")
        constructor = node.child_by_field_name("constructor")
        if arguments is None or constructor is None or constructor.text != b"URL":
            return {WILD}
        given = arguments.named_children
        if len(given) < 2 or b"import.meta.url" not in (given[1].text or b""):
            return {WILD}
        return self._joined([{FOLDER}, {"/"}, self._of(given[0], depth)], "")

    def _path(self, parts: list[set[str]]) -> set[str]:
        """`path.join` and `path.resolve`: what is before an absolute part does not count."""
        begin = 0
        for number, part in enumerate(parts):
            if part and all(value.startswith((FOLDER, RESOLVED)) for value in part):
                begin = number
        return self._joined(parts[begin:], "/")

    def _joined(self, parts: list[set[str]], between: str) -> set[str]:
        found = {""}
        for number, part in enumerate(parts):
            glue = between if number else ""
            if len(found) * len(part) > _MAX_VALUES:
                part = {WILD}
            found = {f"{left}{glue}{right}"[:_MAX_TEXT] for left in found for right in part}
        return found

    def _definitions(self) -> dict[bytes, list[tuple[Node, bool]]]:
        """Name → the expressions that it is given, and whether it takes their members in turn."""
        if self._known is None:
            self._known = {}
            query = _QUERIES.setdefault(0, Query(self._language, _DEFINITIONS))
            for _, captures in search(query).matches(self._root):
                self._parameters.update(node.text or b"" for node in captures.get("parameter", ()))
                for name in captures.get("name", ()):
                    for kind in ("value", "member"):
                        for value in captures.get(kind, ()):
                            self._known.setdefault(name.text or b"", []).append((value, kind == "member"))
        return self._known


def _bounded(values: set[str]) -> set[str]:
    return values if len(values) <= _MAX_VALUES else {WILD}


def _literal(node: Node) -> str:
    return "".join(_text(child) for child in node.named_children)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _text(node: Node) -> str:
    """A piece of a string: as it stands, or what an escape stands for."""
    text = source_text(node)
    if node.type != "escape_sequence":
        return text.replace(WILD, "?") if WILD in text else text
    return _ESCAPES.get(text[1:], text[1:] if len(text) == 2 else "?")
