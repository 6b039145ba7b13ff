"""What is written in a Ruby source about what it loads and starts, by an error-tolerant parser.

Names are features or files. A file is told from its source's folder on (`./x`), as `__dir__`,
`__FILE__` and `require_relative` have it; a part that is only known at run time is a `*`.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache

import msgspec
import tree_sitter_ruby
from tree_sitter import Language, Node, Query
from tree_sitter import Parser as TreeParser

from slim.closure.facts import Parser
from slim.closure.syntax_tree import is_searchable, search

_LANGUAGE = Language(tree_sitter_ruby.language())

_CALLS = """
    (call method: (identifier) @method) @call
    (element_reference object: (constant) @object) @glob
    (subshell) @line
    (string) @string
    (bare_string) @string
    (delimited_symbol) @string
"""

HERE = "./"
_SELF = "./_"
"""What `__FILE__` stands for: only what lies beside it is ever asked for."""
ANY = "*"

_MAX_DEPTH = 100
"""Expressions within expressions that are read; what lies deeper counts as unknown."""

_LOADS = frozenset({"require", "require_dependency", "gem_require", "safe_require", "try_require"})
_SHELL = frozenset({"system", "exec", "spawn", "popen", "popen2", "popen2e", "popen3", "capture2",
                    "capture2e", "capture3", "sh", "pipeline", "pipeline_r"})  # fmt: skip
_LISTINGS = frozenset({"glob", "[]", "each_child", "children", "entries", "foreach"})
_HERE = frozenset({"__dir__", "__FILE__"})
_FEATURE = re.compile(r"[A-Za-z_][\w-]*(?:/[\w.-]+){0,8}")
_ENGINE = re.compile(rb"^[ \t]*class[ \t]+[\w:]+[ \t]*<[ \t]*(?:::)?Rails::Engine\b", re.MULTILINE)
_ZEITWERK = re.compile(
    rb"^[^#\n]*(?:\bZeitwerk::Loader\.for_gem|\.push_dir[ (]+(?:__dir__|\"#\{__dir__|File\.\w+[ (]+__))",
    re.MULTILINE,
)
_WORD = re.compile(r"([A-Z]+)(?=[A-Z][a-z])|([a-z\d])(?=[A-Z])")


class RubyFacts(msgspec.Struct, frozen=True):
    """What one source says; every tuple sorted, but for command lists each without repetition."""

    requires: tuple[str, ...] = ()
    """Features, and files from the source's folder on."""
    globs: tuple[str, ...] = ()
    """What Dir[] and its kin list, where the source also loads something."""
    autoloads: tuple[str, ...] = ()
    """Features that a constant's name stands for: `active_support/cache` of ActiveSupport::Cache."""
    dynamic: bool = False
    """It loads something of which nothing is known."""
    strings: tuple[str, ...] = ()
    """Whole strings that may name a feature."""
    gems: tuple[str, ...] = ()
    """What `gem "x"` names, but for the groups development and test of a Gemfile."""
    programs: tuple[tuple[str, str], ...] = ()
    """(gem, executable) of Gem.activate_bin_path."""
    lines: tuple[str, ...] = ()
    """Shell lines."""
    calls: tuple[tuple[str, ...], ...] = ()
    """Programs with arguments."""
    conventional: bool = False
    """It loads its gem's folders by convention: Zeitwerk, a Rails engine."""
    engine: bool = False
    """It is a Rails engine: `app` and `config` of its gem are looked through."""
    broken: bool = False
    """Most of it is no Ruby that the parser knows."""


@cache
def _parser() -> TreeParser:
    return TreeParser(_LANGUAGE)


@cache
def _calls() -> Query:
    """Made when the first source is read: it takes 15 ms, and most images have no Ruby."""
    return Query(_LANGUAGE, _CALLS)


def read_source(content: bytes) -> RubyFacts:
    """Facts of Ruby text, whatever it is."""
    if b"\0" in content[:1024]:
        return RubyFacts(broken=True)
    root = _parser().parse(content).root_node
    if not is_searchable(root):
        return RubyFacts(broken=True)
    reading = _Reading()
    captures = search(_calls()).captures(root)
    for node in captures.get("string", ()):
        reading.string(node)
    for node in captures.get("line", ()):
        reading.lines.add(_text_of(node).replace(ANY, " $x "))
    for node in captures.get("glob", ()):
        if _bare(node.child_by_field_name("object")) == "Dir":
            reading.listed(node.named_children[1:])
    for node in captures.get("call", ()):
        reading.call(node)
    return reading.facts(content, broken=root.has_error and len(root.children) <= 1)


class _Reading:
    """What has been found in one source so far."""

    def __init__(self) -> None:
        self.requires: set[str] = set()
        self.globs: set[str] = set()
        self.autoloads: set[str] = set()
        self.strings: set[str] = set()
        self.gems: set[str] = set()
        self.programs: set[tuple[str, str]] = set()
        self.lines: set[str] = set()
        self.calls: set[tuple[str, ...]] = set()
        self.dynamic = False

    def string(self, node: Node) -> None:
        """Note a whole string that may name something."""
        inner = node.named_children
        if len(inner) == 1 and inner[0].type == "string_content":
            text = _decoded(inner[0])
            if len(text) <= 80 and _FEATURE.fullmatch(text):
                self.strings.add(text)

    def call(self, node: Node) -> None:
        """Note what a call of a method loads or starts."""
        method = _bare(node.child_by_field_name("method"))
        given = node.child_by_field_name("arguments")
        arguments = [one for one in (given.named_children if given else ()) if one.type != "comment"]
        receiver = _bare(node.child_by_field_name("receiver"))
        if not arguments:
            return
        if method in _LOADS or (method == "load" and receiver in ("", "Kernel")):
            self.load(arguments[0])
        elif method == "require_relative":
            self.relative(arguments[0])
        elif method == "autoload":
            self.autoload(node, arguments)
        elif method in _LISTINGS and receiver in ("Dir", "Pathname"):
            self.listed(arguments)
        elif method == "gem" and not receiver:
            self.gem(node, arguments)
        elif method in ("activate_bin_path", "bin_path") and len(arguments) > 1:
            self.programs.add((_text_of(arguments[0]), _text_of(arguments[1])))
        elif method in _SHELL:
            self.shell(arguments)

    def load(self, argument: Node) -> None:
        path = _path(argument)
        if path.strip("*./") == "":
            self.dynamic = True
        else:
            self.requires.add(path)

    def relative(self, argument: Node) -> None:
        path = _path(argument)
        if path == ANY:
            self.dynamic = True
        else:
            self.requires.add(path if path.startswith((HERE, "/")) else HERE + path)

    def autoload(self, node: Node, arguments: list[Node]) -> None:
        """`autoload :X, "path"`; without a path ActiveSupport::Autoload takes it from the constant's name,
        within `autoload_under` and `autoload_at`."""
        if len(arguments) > 1 and arguments[1].type != "pair":
            path = _path(arguments[1])
            if path.strip("*./"):
                self.requires.add(path)
            return
        constant = _text_of(arguments[0])
        names, under, above = [constant], "", node.parent
        while above is not None:
            if above.type in ("module", "class"):
                names.insert(0, _bare(above.child_by_field_name("name")))
            elif above.type == "call":
                method, given = above.child_by_field_name("method"), above.child_by_field_name("arguments")
                first = given.named_children[0] if given and given.named_children else None
                if _bare(method) == "autoload_at" and first is not None:
                    self.autoloads.add(_text_of(first))
                    return
                if _bare(method) == "autoload_under" and first is not None:
                    under = _text_of(first) + "/"
            above = above.parent
        spaces = "".join(underscore(one) + "/" for one in names[:-1] if one)
        self.autoloads.add(f"{spaces}{under}{underscore(constant)}")

    def listed(self, arguments: list[Node]) -> None:
        for argument in arguments:
            path = _path(argument)
            if path.strip("*./") or path.startswith(HERE):
                self.globs.add(path)

    def gem(self, node: Node, arguments: list[Node]) -> None:
        """`gem "name"`, of a source or a Gemfile, where it also says what Bundler is to require."""
        called = _text_of(arguments[0])
        if called == ANY or _for_developers(node):
            return
        self.gems.add(called)
        for option in arguments[1:]:
            if option.type == "pair" and _bare(option.child_by_field_name("key")).strip(":") == "require":
                value = option.child_by_field_name("value")
                if value is not None and value.type == "string":
                    self.requires.add(_text_of(value))

    def shell(self, arguments: list[Node]) -> None:
        if arguments and arguments[0].type == "hash":
            arguments = arguments[1:]  # the environment
        listed = bool(arguments) and arguments[0].type in ("array", "string_array")
        if listed:
            words = arguments[0].named_children
        else:
            words = [one for one in arguments if one.type not in ("pair", "hash", "block_argument")]
        texts = tuple(_text_of(word) for word in words)
        if len(texts) == 1 and not listed:
            self.lines.add(texts[0].replace(ANY, " $x "))
        elif texts and texts[0] != ANY:
            self.calls.add(texts)

    def facts(self, content: bytes, *, broken: bool) -> RubyFacts:
        engine = b"Rails::Engine" in content and bool(_ENGINE.search(content))
        return RubyFacts(
            requires=tuple(sorted(self.requires)),
            globs=tuple(sorted(self.globs)),
            autoloads=tuple(sorted(self.autoloads)),
            dynamic=self.dynamic,
            strings=tuple(sorted(self.strings)),
            gems=tuple(sorted(self.gems)),
            programs=tuple(sorted(self.programs)),
            lines=tuple(sorted(line for line in self.lines if line.strip())),
            calls=tuple(sorted(self.calls)),
            conventional=engine
            or ((b"push_dir" in content or b"for_gem" in content) and bool(_ZEITWERK.search(content))),
            engine=engine,
            broken=broken,
        )


def _for_developers(node: Node) -> bool:
    """Whether a Gemfile asks for a gem only in `group :development, :test do`, or by `group:`."""
    above: Node | None = node
    while above is not None:
        if above.type == "call":
            given = above.child_by_field_name("arguments")
            text = _bare(given)
            grouped = (
                _bare(above.child_by_field_name("method")) == "group" or "group:" in text or "groups:" in text
            )
            symbols = set(re.findall(r":(\w+)", text)) if grouped else set()
            if symbols and symbols <= {"development", "test", "ci", "doc", "docs", "lint"}:
                return True
        above = above.parent
    return False


def underscore(constant: str) -> str:
    """The file that Ruby on Rails' conventions look for a constant in: `HTTPServer` → `http_server`."""
    spaced = _WORD.sub(lambda match: match[0] + "_", constant.replace("::", "/"))
    return spaced.replace("-", "_").lower()


def _path(node: Node, depth: int = 0) -> str:
    """The file or feature that an expression comes to."""
    kind, below = node.type, depth + 1
    if depth > _MAX_DEPTH:
        return ANY
    if kind in ("string", "bare_string", "chained_string", "delimited_symbol", "simple_symbol"):
        return _normal(_text_of(node, below))
    bare = _bare(node)
    if bare in _HERE:
        return HERE if bare == "__dir__" else _SELF
    if kind == "call":
        return _normal(_called(node, below))
    if kind == "binary" and _bare(node.child_by_field_name("operator")) in ("+", "/"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            return _normal(_joined([_path(left, below), _path(right, below)]))
    if kind in ("parenthesized_statements", "argument_list") and node.named_children:
        return _path(node.named_children[0], below)
    return ANY


def _called(node: Node, depth: int) -> str:
    """File.join, File.expand_path, File.dirname, Pathname.new, and what is appended to those."""
    method = _bare(node.child_by_field_name("method"))
    receiver = node.child_by_field_name("receiver")
    given = node.child_by_field_name("arguments")
    arguments = given.named_children if given else []
    if method == "dirname":
        inner = (
            _path(arguments[0], depth)
            if arguments
            else _path(receiver, depth)
            if receiver is not None
            else ANY
        )
        return f"{inner.rstrip('/')}/.." if inner.startswith(HERE) else ANY
    if method in ("expand_path", "absolute_path", "join") and arguments:
        parts = [_path(one, depth) for one in arguments]
        if method != "join":
            parts = parts[1::-1]
        elif receiver is not None and _bare(receiver) != "File":
            parts.insert(0, _path(receiver, depth))
        return _joined(parts)
    if (
        method in ("to_s", "to_path", "realpath", "expand_path", "freeze", "new", "Pathname", "parent")
        or not method
    ):
        inner = (
            _path(arguments[0], depth)
            if arguments
            else _path(receiver, depth)
            if receiver is not None
            else ANY
        )
        return f"{inner}/.." if method == "parent" and inner.startswith(HERE) else inner
    return ANY


def _joined(parts: list[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = part if part.startswith(HERE) or not text else f"{text.rstrip('/')}/{part.lstrip('/')}"
    return text


def _normal(text: str) -> str:
    """A file from the source's folder on without needless `..`; any other text as it is."""
    if not text.startswith(HERE):
        return text
    clean = posixpath.normpath(text)
    return HERE if clean == "." else HERE + clean


def _text_of(node: Node, depth: int = 0) -> str:
    """A string's text; HERE for an interpolated `__dir__` at its beginning, ANY for other interpolations."""
    if node.type in ("simple_symbol", "constant", "identifier", "scope_resolution"):
        return _bare(node).lstrip(":") if node.type != "identifier" else ANY
    if node.type == "chained_string":
        return "".join(_text_of(one, depth + 1) for one in node.named_children)
    if node.type not in ("string", "bare_string", "subshell", "delimited_symbol", "bare_symbol"):
        return ANY
    text = ""
    for part in node.named_children:
        if part.type == "interpolation":
            inner = _path(part.named_children[0], depth + 1) if part.named_children and not text else ANY
            text += inner if inner.startswith(HERE) else ANY
        else:
            text += _decoded(part)
    return text


def _bare(node: Node | None) -> str:
    return _decoded(node) if node is not None else ""


def _decoded(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


RUBY = Parser("ruby-5", read_source, RubyFacts, limit=1 << 21)
