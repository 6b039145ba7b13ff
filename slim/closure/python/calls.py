"""Calls in a Python source that lead to modules and programs: import_module, subprocess.run …"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from slim.closure.python.written import HOLE, OWN_PACKAGE
from slim.closure.syntax_tree import source_text

_EXACT = frozenset({"import_module", "__import__", "find_spec", "run_module", "resolve_name", "find_module"})
"""Functions of the standard library whose first argument is a module's name."""

_IMPORTERS = re.compile(
    rb"(?:[Ii]mport|[Ll]azy|load_(?:module|class|object|backend|attr)|symbol_by_name|resolve_name|find_spec"
    rb"|find_module|run_module|iter_modules|walk_packages|entry_points)\w*\s*\("
)
_NAME_BEFORE = re.compile(rb"\w*\Z")
_LONGEST_NAME = 64
_STARTERS = re.compile(
    rb"\b(run|call|check_call|check_output|Popen|getoutput|getstatusoutput|system|popen|exec[lv]\w*|spawn[lv]\w*"
    rb"|posix_spawnp?|create_subprocess_exec|create_subprocess_shell|which)\s*\("
)
_STARTING = (b"subprocess", b"system(", b"popen(", b"Popen(", b"exec", b"spawn", b"which(")
_MODULES_OF_STARTERS = re.compile(rb"\b(?:subprocess|os|shutil|asyncio|sp|pty)\s*\.\s*$")
_NAMED_BY_ITSELF = frozenset(
    {"Popen", "check_call", "check_output", "getoutput", "getstatusoutput", "which", "create_subprocess_exec",
     "create_subprocess_shell"}
)  # fmt: skip
_AS_NAMES = re.compile(rb"^[ \t]*(?:import\b.*\b(?:sh|plumbum)\b|from[ \t]+(?:sh|plumbum)\b)", re.MULTILINE)
_ATTRIBUTE = re.compile(rb"\b(?:sh|local(?:\.cmd)?)(?:\.|\[[\"'])([A-Za-z_][\w-]*)")
_TAKEN = re.compile(rb"\bfrom[ \t]+(?:sh|plumbum\.cmd)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]+)")
_LINES = frozenset({"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell"})
_IDENTIFIER = re.compile(r"\.*[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d][\w.]*)?")
_OWN = re.compile(rb"\b__(?:name|package|path|spec|file)__\b")
_FORMAT = re.compile(r"%(?:\(\w+\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[srda]|\{[^{}]*\}")
_GIVEN = re.compile(rb"(?<![\w\x80-\xff])([\w\x80-\xff]++)\s*(?==[^=]|in\b)")
"""A name that something is assigned to, or that a `for` gives values in turn."""
_MAX_GIVEN = 8
"""Assignments of one name that are followed."""
_MAX_TEXTS = 64
"""Values followed of one argument."""


class Calls:
    """The calls of one source; `read` fills the sets."""

    def __init__(self, content: bytes, root: Node) -> None:
        self._content = content
        self._root = root
        self.made: set[str] = set()
        self.unknown = 0
        self.walked: set[str] = set()
        self.groups: set[str] = set()
        self.programs: set[tuple[str, ...]] = set()
        self.lines: set[str] = set()
        self._assignments: dict[bytes, list[int]] | None = None
        self._values: dict[bytes, tuple[str, ...]] = {}

    def read(self) -> None:
        """Look at every call that can matter."""
        for match in _IMPORTERS.finditer(self._content):
            arguments = self._arguments(match.end() - 1)
            if arguments is not None:
                before = _NAME_BEFORE.search(
                    self._content, max(0, match.start() - _LONGEST_NAME), match.start()
                )
                full = (before[0] if before else b"") + match[0].rstrip(b" \t\r\n(")
                self._importer(full.decode("utf-8", "replace"), arguments)
        self._programs_as_names()
        if not any(text in self._content for text in _STARTING):
            return
        for match in _STARTERS.finditer(self._content):
            called = match[1].decode("ascii")
            owner = self._content[max(0, match.start() - 24) : match.start()]
            if called not in _NAMED_BY_ITSELF and not _MODULES_OF_STARTERS.search(owner):
                continue
            arguments = self._arguments(match.end() - 1)
            if arguments is not None:
                self._starter(called, arguments)

    def _arguments(self, position: int) -> Node | None:
        """The arguments of the call whose bracket is at `position`; None where it is no call."""
        node = self._root.descendant_for_byte_range(position, position + 1)
        if node is None or node.type != "(" or node.parent is None:
            return None
        return node.parent if node.parent.type == "argument_list" else None

    # -- modules ---------------------------------------------------------------------------------

    def _importer(self, called: str, arguments: Node) -> None:
        positional, named = _split(arguments)
        if called in ("iter_modules", "walk_packages"):
            self._walker(positional, named)
        elif called in ("entry_points", "iter_entry_points"):
            group = named.get("group") or next(iter(positional), None)
            self.groups.update(self._texts(group) if group is not None else (HOLE,))
        elif called in _EXACT:
            first = named.get("name") or named.get("mod_name") or next(iter(positional), None)
            if first is not None:
                around = named.get("package") or (positional[1] if len(positional) > 1 else None)
                self._by_name(first, around if called in ("import_module", "find_spec") else None)
        else:
            for node in (*positional, *named.values()):
                self.made.update(text for text in self._texts(node) if _IDENTIFIER.fullmatch(text))

    def _by_name(self, node: Node, around: Node | None) -> None:
        for text in self._texts(node):
            if text.startswith("."):
                text = self._around(around) + text
            bounded = len(re.sub(r"[\0.]", "", text)) > 2 or not text.startswith(HOLE)
            if bounded or OWN_PACKAGE in text:
                self.made.add(text)
            else:
                self._at(node)

    def _at(self, node: Node | None) -> None:
        self.unknown = self.unknown or (node.start_point[0] + 1 if node is not None else 1)

    def _around(self, node: Node | None) -> str:
        """What a relative name starts from, so that the two together are a name."""
        if node is None or _OWN.search(node.text or b""):
            return OWN_PACKAGE
        text = next(iter(self._texts(node)), HOLE)
        return text if _IDENTIFIER.fullmatch(text) else HOLE

    def _walker(self, positional: list[Node], named: dict[str, Node]) -> None:
        node = named.get("path") or next(iter(positional), None)
        raw = source_text(node)
        found = re.search(r"([\w.]+)\.__path__", raw)
        if found:
            self.walked.add(found[1])
        elif _OWN.search(raw.encode()) or not raw:
            self.walked.add(OWN_PACKAGE)
        else:
            self._at(node)
        prefix = named.get("prefix") or (positional[1] if len(positional) > 1 else None)
        for text in self._texts(prefix) if prefix is not None else ():
            if _IDENTIFIER.fullmatch(text.rstrip(".")):
                self.walked.add(text.rstrip("."))

    # -- programs --------------------------------------------------------------------------------

    def _starter(self, called: str, arguments: Node) -> None:
        positional, named = _split(arguments)
        first = named.get("args") or next(iter(positional), None)
        if first is None:
            return
        shell = (named["shell"].text == b"True") if "shell" in named else called in _LINES
        if called.startswith("spawn"):
            positional = positional[1:]
        if called.startswith(("exec", "spawn", "create_subprocess_exec")) and positional:
            words = [positional[0]]
            if called.startswith(("execl", "spawnl")):
                words += positional[2:]
            elif called == "create_subprocess_exec":
                words = positional
            self._list(words)
        elif first.type in ("list", "tuple"):
            self._list(first.named_children)
        else:
            for text in self._texts(first):
                if shell:
                    self.lines.add(text.replace(HOLE, "_").replace(OWN_PACKAGE, "_"))
                elif text and HOLE not in text and OWN_PACKAGE not in text:
                    self.programs.add((text,))

    def _programs_as_names(self) -> None:
        """Programs that sh and plumbum make functions of: `sh.git`, `from plumbum.cmd import ls`."""
        if not _AS_NAMES.search(self._content):
            return
        names = set(_ATTRIBUTE.findall(self._content))
        for match in _TAKEN.finditer(self._content):
            names.update(word.split()[0] for word in match[1].replace(b"(", b" ").split(b",") if word.split())
        self.programs.update(
            (name.decode("utf-8", "replace").rstrip("_"),) for name in names if name.strip(b"_")
        )

    def _list(self, nodes: list[Node]) -> None:
        words: list[str] = []
        for node in nodes:
            texts = list(self._texts(node))
            if len(texts) != 1 or HOLE in texts[0] or OWN_PACKAGE in texts[0]:
                break
            words.append(texts[0])
        if words:
            self.programs.add(tuple(words))

    # -- values ----------------------------------------------------------------------------------

    def _texts(self, node: Node) -> tuple[str, ...]:
        """What an expression may come to: texts in which HOLE stands for what is not known."""
        found: dict[str, None] = {}
        todo = [node]
        while todo and len(found) < _MAX_TEXTS:
            one = todo.pop()
            if one.type in ("list", "tuple", "set"):
                todo += reversed(one.named_children)
            elif one.type == "identifier" and not _OWN.search(one.text or b""):
                found.update(dict.fromkeys(self._assigned(one.text or b"") or (HOLE,)))
            else:
                found.setdefault(_value(one))
        return tuple(found)[:_MAX_TEXTS]

    def _assigned(self, name: bytes) -> tuple[str, ...]:
        """The values that are given to a name somewhere in the source."""
        if name not in self._values:
            self._values[name] = tuple(dict.fromkeys(self._given(name)))[:_MAX_TEXTS]
        return self._values[name]

    def _given(self, name: bytes) -> Iterator[str]:
        for start in self._places().get(name, ()):
            target = self._root.descendant_for_byte_range(start, start + len(name))
            holder = target.parent if target is not None else None
            if holder is None or holder.type not in ("assignment", "for_statement", "for_in_clause"):
                continue
            right = holder.child_by_field_name("right")
            if right is None or right.type == "identifier":
                continue
            values = right.named_children if right.type in ("list", "tuple", "set") else [right]
            for value in values[:_MAX_TEXTS]:
                text = _value(value)
                if text.strip(HOLE):
                    yield text

    def _places(self) -> dict[bytes, list[int]]:
        """Name → where it is given a value for the first few times; looked for once in a source."""
        if self._assignments is None:
            self._assignments = {}
            for match in _GIVEN.finditer(self._content):
                places = self._assignments.setdefault(match[1], [])
                if len(places) < _MAX_GIVEN:
                    places.append(match.start())
        return self._assignments


def _split(arguments: Node) -> tuple[list[Node], dict[str, Node]]:
    """Positional arguments and named ones."""
    positional: list[Node] = []
    named: dict[str, Node] = {}
    for child in arguments.named_children:
        if child.type == "keyword_argument":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None and value is not None:
                named[source_text(name)] = value
        elif child.type != "comment":
            positional.append(child)
    return positional, named


def _value(node: Node) -> str:
    """The text of an expression as far as it is written there."""
    pieces: list[str] = []
    todo = [node]
    while todo:
        one = todo.pop()
        if one.type == "string":
            pieces.append(_literal(one))
        elif one.type in ("concatenated_string", "parenthesized_expression"):
            todo += reversed([child for child in one.named_children if child.type != "comment"])
        elif one.type == "binary_operator":
            left, right = one.child_by_field_name("left"), one.child_by_field_name("right")
            operator = one.child_by_field_name("operator")
            if operator is not None and operator.type == "+" and left is not None and right is not None:
                todo += [right, left]
            elif operator is not None and operator.type == "%" and left is not None:
                pieces.append(_FORMAT.sub(HOLE, _value_of_string(left)))
            else:
                pieces.append(HOLE)
        elif (
            one.type == "call"
            and (one.text or b"").startswith((b'"', b"'"))
            and b".format(" in (one.text or b"")
        ):
            function = one.child_by_field_name("function")
            target = function.child_by_field_name("object") if function is not None else None
            pieces.append(_FORMAT.sub(HOLE, _value_of_string(target)) if target is not None else HOLE)
        else:
            pieces.append(OWN_PACKAGE if _OWN.search(one.text or b"") else HOLE)
    return re.sub(HOLE + "+", HOLE, "".join(pieces))


def _value_of_string(node: Node) -> str:
    if node.type == "string":
        return _literal(node)
    if node.type in ("concatenated_string", "parenthesized_expression"):
        return "".join(_literal(child) for child in node.named_children if child.type == "string") or HOLE
    return HOLE


def _literal(node: Node) -> str:
    """The text of a string; what an f-string puts in is not known, unless it is the module's own name."""
    pieces = []
    for child in node.named_children:
        raw = child.text or b""
        if child.type == "string_content":
            pieces.append(raw.decode("utf-8", "replace"))
        elif child.type == "interpolation":
            pieces.append(OWN_PACKAGE if _OWN.search(raw) else HOLE)
    return "".join(pieces)
