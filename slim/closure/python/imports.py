"""The imports that a Python source names: parsed where it can be, scanned line by line else.

The parser is that of the Python which slim runs on; a source that it refuses (Python 2, a newer
syntax, a broken file) is scanned for lines that begin like an import statement. Imports for type
checkers alone (`if TYPE_CHECKING:`, PEP 484) are none.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SOURCE_BYTES = 1 << 22
"""What is read of one source."""

MAX_PARSED_CHARACTERS = 1 << 20
"""Longer sources, which are generated as a rule, are scanned."""

_STATEMENT = re.compile(
    r"^([ \t]*)(?:(import|from)[ \t]+([^\n]*)"
    r"|(async[ \t]+def|def)\b|(if)\b([^\n]*)|(?:class|elif|else|try|except|finally|with|for|while)\b)",
    re.MULTILINE,
)
_FROM = re.compile(r"([\w.]+)[ \t]+import\b[ \t]*\(?([^#\n)]*)")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_GUARD = re.compile(r"\b__name__\b")


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One absolute import."""

    module: str
    """Dotted: `os.path`."""
    names: tuple[str, ...] = ()
    """What is taken from it by `from MODULE import …`: attributes, or modules inside it."""
    deferred: bool = False
    """Inside a function: it happens when that is called, if ever."""


def read_imports(text: str) -> tuple[Import, ...]:
    """The absolute imports of a source, sorted: statements, and `__import__` and `import_module`
    with a literal. Never raises."""
    if len(text) <= MAX_PARSED_CHARACTERS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return tuple(sorted(set(_parsed(ast.parse(text)))))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return scan_imports(text)


def scan_imports(text: str) -> tuple[Import, ...]:
    """The same by lines that begin with `import` or `from`, sorted: cheap, blind to strings, and
    without what stands under `if __name__ == "__main__":`."""
    found: set[Import] = set()
    blocks: list[tuple[int, str]] = []  # indentation and kind of the blocks around a line
    for match in _STATEMENT.finditer(text):
        depth = len(match[1].expandtabs())
        while blocks and blocks[-1][0] >= depth:
            blocks.pop()
        kinds = {kind for _, kind in blocks}
        if match[4]:
            blocks.append((depth, "function"))
        elif match[5] and "TYPE_CHECKING" in match[6] and not re.search(r"\bnot\b", match[6]):
            blocks.append((depth, "types"))
        elif match[5] and depth == 0 and _GUARD.search(match[6]):
            blocks.append((depth, "guard"))
        elif match[2] and not kinds & {"types", "guard"}:
            found.update(_statement(match[2], match[3], "function" in kinds))
    return tuple(sorted(found))


def _statement(keyword: str, rest: str, deferred: bool) -> Iterator[Import]:
    if keyword == "from":
        taken = _FROM.match(rest)
        if taken and not taken[1].startswith("."):
            names = [part.split()[0] for part in taken[2].split(",") if part.split()]
            yield Import(taken[1], tuple(sorted(n for n in names if n.isidentifier())), deferred)
        return
    for part in rest.partition("#")[0].partition(";")[0].split(","):
        dotted = _DOTTED.match(part.strip())
        if dotted:
            yield Import(dotted[0], (), deferred)


def _parsed(tree: ast.Module) -> Iterator[Import]:
    todo: list[tuple[ast.AST, bool]] = [(tree, False)]
    while todo:
        node, deferred = todo.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, (), deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level and node.module:
                names = tuple(sorted(alias.name for alias in node.names if alias.name != "*"))
                yield Import(node.module, names, deferred)
        elif isinstance(node, ast.Call):
            yield from _called(node, deferred)
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            todo += [(child, deferred) for child in node.orelse]
            continue
        deferred = deferred or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        todo += [(child, deferred) for child in ast.iter_child_nodes(node)]


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _called(node: ast.Call, deferred: bool) -> Iterator[Import]:
    """`__import__("x")`, `import_module("x")`, `importlib.import_module("x")`."""
    function = node.func
    called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if called not in ("__import__", "import_module") or not node.args:
        return
    first = node.args[0]
    if (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and _DOTTED.fullmatch(first.value)
        and len(node.args) < 3  # a relative one names its package
    ):
        yield Import(first.value, (), deferred)
