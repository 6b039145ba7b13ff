"""What a JavaScript file names: modules, files beside it, programs. Parsed by tree-sitter, run never.

Arguments are evaluated as far as the file tells them: literals, sums, templates, `path.join`, constants,
tables, both sides of `?:` and `||`. What stays open is a wildcard in a pattern, `./lang/*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query

from slim.closure import facts
from slim.closure.node.values import FOLDER, RESOLVED, WILD, Values
from slim.closure.syntax_tree import search

LANGUAGE = Language(tree_sitter_javascript.language())

_LOADERS = ("require", "__require", "__non_webpack_require__", "nativeRequire", "requireFunc")
_STARTERS = ("exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "execa", "execaSync")
_LINES = ("exec", "execSync")
_JOINERS = ("join", "resolve", "normalize")

_CALLS = """
    (import_statement source: (string) @from)
    (export_statement source: (string) @from)
    (call_expression function: (import) arguments: (arguments) @import)
    (call_expression function: (identifier) @name arguments: (arguments) @call) @whole
    (call_expression function: (member_expression object: (_) @object property: (property_identifier) @name)
        arguments: (arguments) @call
        (#any-of? @name "require" "resolve" "join" "normalize" "fork" "exec" "execSync" "execFile"
            "execFileSync" "spawn" "spawnSync" "execa" "execaSync")) @whole
    (call_expression function: (call_expression function: (identifier) @eval (#eq? @eval "eval"))
        arguments: (arguments) @required)
    (new_expression constructor: (identifier) @name arguments: (arguments) @new
        (#any-of? @name "Worker" "URL" "Piscina" "Tinypool" "ThreadStream"))
    (new_expression constructor: (member_expression property: (property_identifier) @name)
        arguments: (arguments) @new (#any-of? @name "Worker" "URL"))
    ((identifier) @here (#any-of? @here "__dirname" "__filename"))
"""
_WORTH_PARSING = re.compile(rb"\b(?:require|import|export|__dirname|__filename|Worker|child_process)\b")
_ALIAS = re.compile(
    rb"\b([\w$]+)\s*=\s*(?:require(?![\w$.(])|(?:[\w$.]+\.)?createRequire\b|module\.require\b|\(0,\s*[\w$.]+\.createRequire\))"
)
_TEXTUAL = re.compile(
    rb"""\b(?:require(?:\.resolve)?|import)\s*\(\s*(["'])([^"'\n]{1,200})\1\s*\)"""
    rb"""|\b(?:from|import)\s*(["'])([^"'\n]{1,200})\3"""
)
_CLIMB = frozenset(
    {"arguments", "binary_expression", "parenthesized_expression", "template_string", "template_substitution"}
)
_MAX_CLIMBS = 200
_MAX_NAME = 200
_MAX_PARSED = 1 << 21
"""Bytes beyond which a file is a bundle: of those the plain text is searched."""
_MAX_FOUND = 5_000
"""Of each kind in one file; generated tables are longer, code is not."""


class NodeFacts(msgspec.Struct, frozen=True):
    """What is written in one JavaScript file; every tuple is sorted, each member once."""

    requires: tuple[str, ...] = ()
    """Specifiers given to `require` and its kin; one with `*` stands for many."""
    imports: tuple[str, ...] = ()
    """Specifiers of `import` and `export … from`, in the same way."""
    assets: tuple[str, ...] = ()
    """Paths relative to the file's folder that it builds with `__dirname` or `import.meta.url`; empty:
    the folder itself."""
    beside: tuple[tuple[str, str], ...] = ()
    """(specifier, relative path): paths built upon what `require.resolve` gives."""
    programs: tuple[tuple[str, ...], ...] = ()
    """Argument lists of programs that it starts, as far as they are literal."""
    lines: tuple[str, ...] = ()
    """Lines that it hands to a shell, up to the first part that is not literal."""
    unbounded: int = 0
    """The first line with a specifier of which nothing is known; 0 where there is none."""
    broken: bool = False
    """It is no JavaScript, so that these facts may miss something."""


class _Found:
    """What was found so far."""

    def __init__(self) -> None:
        self.requires: set[str] = set()
        self.imports: set[str] = set()
        self.assets: set[str] = set()
        self.beside: set[tuple[str, str]] = set()
        self.programs: set[tuple[str, ...]] = set()
        self.lines: set[str] = set()
        self.unbounded = 0

    def facts(self, broken: bool) -> NodeFacts:
        return NodeFacts(
            requires=tuple(sorted(self.requires)[:_MAX_FOUND]),
            imports=tuple(sorted(self.imports)[:_MAX_FOUND]),
            assets=tuple(sorted(self.assets)[:_MAX_FOUND]),
            beside=tuple(sorted(self.beside)[:_MAX_FOUND]),
            programs=tuple(sorted(self.programs)[:_MAX_FOUND]),
            lines=tuple(sorted(self.lines)[:_MAX_FOUND]),
            unbounded=self.unbounded,
            broken=broken,
        )


def read_facts(content: bytes) -> NodeFacts:
    """The facts of one file's content, whatever it is."""
    if b"\0" in content[:4096]:
        return NodeFacts(broken=True)
    if not _WORTH_PARSING.search(content):
        return NodeFacts()
    found = _Found()
    if len(content) > _MAX_PARSED:
        _search(content, found)
        return found.facts(False)
    root = Parser(LANGUAGE).parse(content).root_node
    aliases = {match[1] for match in _ALIAS.finditer(content)}
    reading = _Reading(
        Values(LANGUAGE, root), found, aliases, b"child_process" in content or b"execa" in content
    )
    reading.read(root)
    if root.has_error:  # types of TypeScript or Flow, or a syntax that is newer: what plain text tells
        _search(content, found)
    return found.facts(root.type == "ERROR")


def _search(content: bytes, found: _Found) -> None:
    """Literal specifiers, without a parse."""
    for match in _TEXTUAL.finditer(content):
        text = (match[2] or match[4]).decode("utf-8", "replace")
        (found.requires if match[2] else found.imports).add(text)


@cache
def _calls() -> Query:
    """Made when the first source is read: it takes 8 ms, and most images have no JavaScript."""
    return Query(LANGUAGE, _CALLS)


class _Reading:
    """One pass over the interesting nodes of a file."""

    def __init__(self, values: Values, found: _Found, aliases: set[bytes], starts: bool) -> None:
        self._values = values
        self._found = found
        self._aliases = aliases | {loader.encode() for loader in _LOADERS}
        self._starts = starts

    def read(self, root: Node) -> None:
        climbs = 0
        for _, captures in search(_calls()).matches(root):
            for kind in ("from", "import", "required"):
                for node in captures.get(kind, ()):
                    self._specifier(node, self._found.requires if kind == "required" else self._found.imports)
            for node in captures.get("here", ()):
                if (climbs := climbs + 1) < _MAX_CLIMBS:
                    self._asset(_topmost(node))
            if "call" in captures:
                held = captures.get("object")
                holder = _short(held[0]) if held else b""
                self._call(captures["name"][0], holder, captures["call"][0], captures["whole"][0])
            elif "new" in captures:
                self._new(captures["name"][0], captures["new"][0])

    def _call(self, name: Node, holder: bytes, arguments: Node, whole: Node) -> None:
        called = _short(name)
        if called in self._aliases:
            if called == b"require" or name.type == "identifier":
                self._specifier(arguments, self._found.requires)
        elif called == b"resolve" and holder in self._aliases | {b"import.meta"}:
            self._specifier(arguments, self._found.requires)
        elif called.decode("utf-8", "replace") in _JOINERS:
            self._asset(whole)
        elif called == b"fork":
            self._file(arguments)
        elif self._starts and called.decode("utf-8", "replace") in _STARTERS:
            self._program(called.decode(), arguments)

    def _new(self, name: Node, arguments: Node) -> None:
        if name.text in (b"Worker", b"Piscina", b"Tinypool", b"ThreadStream"):
            self._file(arguments)
        elif name.text == b"URL" and b"import.meta.url" in (arguments.text or b""):
            for value in self._first(arguments):
                if "://" not in value and not value.startswith(("data:", "node:", FOLDER, RESOLVED)):
                    self._keep_asset(f"{FOLDER}/{value}")

    def _first(self, arguments: Node) -> tuple[str, ...]:
        given = arguments.named_children if arguments.type == "arguments" else [arguments]
        given = [node for node in given if node.type != "comment"]
        return self._values.of(given[0]) if given else ()

    def _specifier(self, node: Node, into: set[str]) -> None:
        """A module's name: a literal, a pattern, or nothing that is known."""
        for value in self._first(node):
            if value.startswith((FOLDER, RESOLVED)):
                self._keep_asset(value)
                if value.strip("/*" + FOLDER) == "" and WILD in value:
                    self._found.assets.add("")
            elif WILD not in value:
                if value and "\n" not in value and len(value) < 300:
                    into.add(value.removeprefix("file://"))
            elif _is_bounded(value):
                into.add(value)
            else:
                self._found.unbounded = self._found.unbounded or node.start_point[0] + 1

    def _asset(self, node: Node) -> None:
        for value in self._values.of(node):
            self._keep_asset(value)

    def _keep_asset(self, value: str) -> None:
        if value.startswith(FOLDER):
            self._found.assets.add(value.removeprefix(FOLDER).lstrip("/"))
        elif value.startswith(RESOLVED):
            specifier, _, rest = value.removeprefix(RESOLVED).partition(RESOLVED)
            if specifier and WILD not in specifier:
                self._found.beside.add((specifier, rest.lstrip("/")))

    def _file(self, arguments: Node) -> None:
        """A script that is started: by its path, or relative to the working folder or this file."""
        for value in self._first(arguments):
            if value.startswith((FOLDER, RESOLVED)):
                self._keep_asset(value)
            elif value.endswith((".js", ".cjs", ".mjs")) and not value.startswith(("/", WILD)):
                self._found.assets.add(value.removeprefix("./"))

    def _program(self, called: str, arguments: Node) -> None:
        given = [node for node in arguments.named_children if node.type != "comment"]
        for value in self._values.of(given[0]) if given else ():
            if value.startswith((FOLDER, RESOLVED)):
                self._keep_asset(value)
                continue
            text = value.partition(WILD)[0]
            words = [text, *self._words(given[1])] if len(given) > 1 else [text]
            options = given[-1].text or b""
            if called in _LINES or (
                given[-1].type == "object" and re.search(rb"\bshell\s*:(?!\s*false)", options)
            ):
                if text.strip():
                    self._found.lines.add(text if called in _LINES else " ".join(words))
            elif text and text == value:
                self._found.programs.add(tuple(words))

    def _words(self, node: Node) -> Iterator[str]:
        """The words of an argument list, up to the first that is not literal."""
        for child in node.named_children if node.type == "array" else ():
            values = self._values.of(child)
            if len(values) != 1 or WILD in values[0] or not values[0].isprintable():
                return
            yield values[0]


def _is_bounded(value: str) -> bool:
    """Whether a pattern says enough: a folder, or the beginning of a package's name."""
    known = value.partition(WILD)[0]
    return known.startswith(("./", "../", "/", "#")) or len(known) > 2


def _short(node: Node) -> bytes:
    """A node's text where it may be a name; empty for anything long."""
    return (node.text or b"") if node.end_byte - node.start_byte < _MAX_NAME else b""


def _topmost(node: Node) -> Node:
    """The largest expression of path arithmetic that `node` is a part of."""
    top = node
    while (above := top.parent) is not None:
        if above.type in _CLIMB:
            if above.type == "arguments":
                call = above.parent
                if call is None or call.type != "call_expression" or not _is_join(call):
                    return top
                top = call
            else:
                top = above
        else:
            return top
    return top


def _is_join(call: Node) -> bool:
    function = call.child_by_field_name("function")
    text = (function.text or b"") if function is not None else b""
    return text.rpartition(b".")[2].decode("utf-8", "replace") in (*_JOINERS, "dirname")


PARSER: facts.Parser[NodeFacts] = facts.Parser("node-3", read_facts, NodeFacts)
