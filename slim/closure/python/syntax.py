"""Reading a Python source: tree-sitter's grammar, so that neither errors nor the version matter.

A regular expression finds the places that can matter, the syntax tree says what stands there: code, a
comment, or text. What the grammar cannot read, it leaves as an error of that place alone; a line that
begins like an import statement counts there all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
import tree_sitter_python
from tree_sitter import Language, Node
from tree_sitter import Parser as TreeSitter

from slim.closure.facts import Parser
from slim.closure.python.calls import Calls
from slim.closure.python.strings import code_in
from slim.closure.python.written import (
    IN_FUNCTION,
    IN_MAIN,
    IN_SELF_TEST,
    NEVER,
    OPTIONAL,
    Import,
    Written,
    merged,
)
from slim.closure.syntax_tree import is_searchable

LANGUAGE = Language(tree_sitter_python.language())

MAX_STRINGS = 5000
"""Strings looked at in one source: one with more is a table of data."""

_MAX_DEPTH = 50
"""Statements around an import that are looked at, from the innermost."""
_MAX_TRIED = 32
"""Statements of a `try` that are compared with the imports of its answer."""

_GRAVE = 0.1
"""The share of a source in errors beyond which facts may be missing."""

_INTERESTING = re.compile(
    rb"__getattr__|__all__|iter_modules|walk_packages|entry_points|\.[A-Za-z_]\w*[\"':]|-m[\"']"
    rb"|subprocess|Popen|which|os\.|system|exec|spawn|[Ll]azy|_APPS"
)
_IMPORT = re.compile(rb"\bimport\b")
_BROKEN_IMPORT = re.compile(rb"[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+)?import[ \t]+\(?([^#\n)]*)")
_DOTTED = re.compile(rb"([\"'])(\.*[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d][\w.]*)?)\1")
_RUN = re.compile(rb"[\"']-m[\"'],\s*[\"']([A-Za-z_][\w.]*)[\"']")
_LAZY = (b"\ndef __getattr__(", b"lazy", b"Lazy", b"_import_structure", b"deferred_import")
_APPLICATIONS = (b"_APPS", b"autodiscover")
_HOLDS_NAMES = (b"import_module", b"__import__", b"entry_point", b"import_string", b"iter_modules")
_ALL = re.compile(rb"^__all__\s*\+?=\s*[\[(]([^\])]*)", re.MULTILINE)
_CODECS = re.compile(rb"[\"']((?:cp|ibm|mac|hp|ptcp|kz|tis|palmos|uu|rot)[-_]?\w{2,12})[\"']", re.IGNORECASE)
_QUOTED = re.compile(rb"[\"'](\w+)[\"']")
_SELF_TESTS = re.compile(r"_*(test|demo|selftest)\w*|_*main")
_ELSEWHERE = re.compile(
    rb"[\"'](?:win32|win|nt|ce|Windows|cygwin|msys|darwin|Darwin|java|Java|jython|emscripten|wasi|os2)[\"']"
)
"""What `sys.platform`, `os.name` or `platform.system()` says on systems that no image of ours runs."""
_NOT_SURE = re.compile(rb"\bnot\b|!=|\bor\b")
_NOT_CODE = frozenset({"string_content", "string_start", "string_end", "comment", "string"})


def read_source(content: bytes) -> Written:
    """The facts of a source. Total: for what is no Python, facts without content and `errors`."""
    if b"\0" in content[:4096]:
        return Written(errors=True)
    if b"import" not in content and not _INTERESTING.search(content):
        return Written()
    root = TreeSitter(LANGUAGE).parse(content).root_node
    if not is_searchable(root):
        return Written(imports=_by_lines(content), errors=True)
    calls = Calls(content, root)
    calls.read()
    inner = merged(map(_read_string, code_in(content, root)))
    lazy = content.startswith(_LAZY[0].lstrip()) or _has(content, _LAZY)
    applications = _has(content, _APPLICATIONS)
    dotted, words = _strings(content, root, lazy or applications or _has(content, _HOLDS_NAMES))
    return Written(
        imports=_in_order((*_sorted_imports(content, root), *inner.imports)),
        made=tuple(sorted({*calls.made, *inner.made})),
        unknown=calls.unknown,
        dotted=dotted,
        words=words,
        lazy=lazy,
        lists_applications=applications,
        walked=tuple(sorted(calls.walked)),
        groups=tuple(sorted(calls.groups)),
        run=tuple(sorted({_text(found) for found in _RUN.findall(content)})),
        programs=tuple(sorted(calls.programs)),
        lines=tuple(sorted(calls.lines)),
        exports=_exports(content),
        codecs=tuple(sorted({_text(found).lower() for found in _CODECS.findall(content)})),
        errors=_is_grave(root),
    )


def _read_string(code: bytes) -> Written:
    """What code in a string imports when it is run; nothing of a text that is no code from end to end."""
    root = TreeSitter(LANGUAGE).parse(code).root_node
    if root.has_error or not is_searchable(root):
        return Written()
    calls = Calls(code, root)
    calls.read()
    inside = tuple(
        msgspec.structs.replace(one, where=one.where | IN_FUNCTION) for one in _sorted_imports(code, root)
    )
    return Written(imports=inside, made=tuple(sorted(calls.made)))


SOURCE = Parser("python-9", read_source, Written)
"""For Context.facts."""


def _sorted_imports(content: bytes, root: Node) -> tuple[Import, ...]:
    found: set[Import] = set()
    for match in _IMPORT.finditer(content):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.type in _NOT_CODE:
            continue
        statement = node.parent
        if node.type == "import" and statement is not None and statement.type == "import_statement":
            found.update(_plain(statement, _where(statement)))
        elif node.type == "import" and statement is not None and statement.type == "import_from_statement":
            found.add(_taken(statement, _where(statement)))
        else:
            found.update(_broken(content, match.start()))
    return _in_order(found)


def _by_lines(content: bytes) -> tuple[Import, ...]:
    """The import statements of a source without a tree."""
    lines = re.finditer(rb"^[ \t]*(?:from[ \t]+[\w.]{1,200}[ \t]+)?import\b", content, re.MULTILINE)
    return _in_order({one for line in lines for one in _broken(content, line.start())})


def _in_order(found: Iterable[Import]) -> tuple[Import, ...]:
    return tuple(
        sorted(set(found), key=lambda one: (one.module, one.level, one.names, one.where, one.instead_of))
    )


def _plain(statement: Node, where: int) -> Iterator[Import]:
    for child in statement.children_by_field_name("name"):
        name = child.child_by_field_name("name") if child.type == "aliased_import" else child
        if name is not None and name.text:
            yield Import(_name(name), where=where, instead_of=_instead_of(statement))


def _taken(statement: Node, where: int) -> Import:
    names = set()
    for child in statement.children_by_field_name("name"):
        name = child.child_by_field_name("name") if child.type == "aliased_import" else child
        if name is not None and name.text:
            names.add(_name(name))
    if any(child.type == "wildcard_import" for child in statement.named_children):
        names.add("*")
    source = statement.child_by_field_name("module_name")
    written = _name(source) if source is not None else ""
    module = written.lstrip(".")
    return Import(module, tuple(sorted(names)), len(written) - len(module), where, _instead_of(statement))


def _instead_of(statement: Node) -> tuple[str, ...]:
    """The absolute names that are imported in the `try` to which an import is the answer."""
    node = statement.parent
    clause = node.parent if node is not None and node.type == "block" else None
    if clause is None or clause.type != "except_clause" or clause.parent is None:
        return ()
    body = clause.parent.child_by_field_name("body")
    statements = range(min(body.named_child_count, _MAX_TRIED)) if body is not None else ()
    tried = [body.named_child(number) for number in statements] if body is not None else []
    return tuple(sorted(name for child in tried if child is not None for name in _tried(child)))


def _tried(statement: Node) -> Iterator[str]:
    if statement.type == "import_statement":
        for child in statement.children_by_field_name("name"):
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is not None:
                yield _name(name)
    elif statement.type == "import_from_statement":
        source = statement.child_by_field_name("module_name")
        if source is not None and not _name(source).startswith("."):
            yield _name(source)


def _broken(content: bytes, position: int) -> Iterator[Import]:
    """An import statement that stands in something unreadable, by its line alone."""
    begin = content.rfind(b"\n", 0, position) + 1
    match = _BROKEN_IMPORT.match(content, begin)
    if match is None:
        return
    names = [part.split()[0] for part in match[3].split(b",") if part.split()]
    taken = tuple(sorted({_text(name) for name in names if re.fullmatch(rb"[^\W\d][\w.]*", name)}))
    if match[2] is None and match[1] is None:
        yield from (Import(name) for name in taken)
    elif taken:
        yield Import(_text(match[2] or b"").strip("."), taken, len(match[1] or b""))


def _where(statement: Node) -> int:
    """The flags of a statement, from what is around it."""
    flags = 0
    node: Node | None = statement
    if statement.start_point.column == 0:
        return 0
    for _ in range(_MAX_DEPTH):
        if node is None or node.parent is None:
            break
        inner, node = node, node.parent
        if node.type == "function_definition":
            flags |= IN_FUNCTION
            name = node.child_by_field_name("name")
            if name is not None and _SELF_TESTS.fullmatch(_name(name)):
                flags |= IN_SELF_TEST
        elif node.type in ("if_statement", "elif_clause"):
            flags |= _condition(node, inner)
        elif node.type == "try_statement" and inner == node.child_by_field_name("body"):
            flags |= OPTIONAL
    return flags


def _condition(statement: Node, branch: Node) -> int:
    """What the condition above a branch of an `if` says about it."""
    asked = statement.child_by_field_name("condition")
    text = (asked.text or b"") if asked is not None else b""
    first = branch == statement.child_by_field_name("consequence")
    if b"TYPE_CHECKING" in text:
        return NEVER if first != (b"not " in text) else 0
    if first and _ELSEWHERE.search(text) and not _NOT_SURE.search(text):
        return NEVER
    return IN_MAIN if first and b"__name__" in text and b"__main__" in text else 0


def _strings(content: bytes, root: Node, with_words: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Strings that are names: dotted ones, and plain words where they are asked for."""
    dotted: set[str] = set()
    words: set[str] = set()
    for match in _DOTTED.finditer(content):
        if len(dotted) + len(words) >= MAX_STRINGS:
            break
        text = _text(match[2])
        is_dotted = "." in text or ":" in text
        if text in dotted or text in words or not (is_dotted or with_words) or text.startswith("__"):
            continue
        node = root.descendant_for_byte_range(match.start(), match.start() + 1)
        if node is None or node.type != "string_start" or node.parent is None:
            continue
        if node.parent.end_byte == match.end():
            (dotted if is_dotted else words).add(text)
    return tuple(sorted(dotted)), tuple(sorted(words))


def _exports(content: bytes) -> tuple[str, ...]:
    names = {name for match in _ALL.finditer(content) for name in _QUOTED.findall(match[1])}
    return tuple(sorted(_text(name) for name in names))


def _is_grave(root: Node) -> bool:
    """Whether a good part of the source is in errors of its outermost levels."""
    if not root.has_error:
        return False
    lost = 0
    todo = [(root, 0)]
    while todo:
        node, depth = todo.pop()
        if node.is_error:
            lost += node.end_byte - node.start_byte
        elif node.has_error and depth < 12:
            todo += [(child, depth + 1) for child in node.children]
    return lost > _GRAVE * max(root.end_byte, 1)


def _has(content: bytes, texts: tuple[bytes, ...]) -> bool:
    """Whether any of these occurs: much faster than an expression over all of them."""
    return any(text in content for text in texts)


def _name(node: Node) -> str:
    """A dotted name without the blanks that may stand in it."""
    return re.sub(r"\s+", "", _text(node.text or b""))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
