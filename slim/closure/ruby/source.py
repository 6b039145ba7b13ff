"""What is written in a Ruby source about what it loads and starts, by an error-tolerant parser.

Names are features or files. A file is told from its source's folder on (`./x`), as `__dir__`,
`__FILE__` and `require_relative` have it; a part that is only known at run time is a `*`.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec
import tree_sitter_ruby
from tree_sitter import Language, Node, Query
from tree_sitter import Parser as TreeParser

from slim.closure.facts import Parser
from slim.closure.ruby.expression import path_of, text_of
from slim.closure.source_path import ANY, HERE, line_of
from slim.closure.syntax_tree import field_text, root_of, search, source_text

_LANGUAGE = Language(tree_sitter_ruby.language())

_CALLS = """
    (call method: (identifier) @method) @call
    (element_reference object: (constant) @object) @glob
    (subshell) @line
    (string) @string
    (bare_string) @string
    (delimited_symbol) @string
"""

_LOADS = frozenset({"require", "require_dependency", "gem_require", "safe_require", "try_require"})
_SHELL = frozenset({"system", "exec", "spawn", "popen", "popen2", "popen2e", "popen3", "capture2",
                    "capture2e", "capture3", "sh", "pipeline", "pipeline_r"})  # fmt: skip
_LISTINGS = frozenset({"glob", "[]", "each_child", "children", "entries", "foreach"})
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
    root = root_of(_parser(), content)
    if root is None:
        return RubyFacts(broken=True)
    reading = _Reading()
    captures = search(_calls()).captures(root)
    for node in captures.get("string", ()):
        reading.string(node)
    for node in captures.get("line", ()):
        reading.lines.add(line_of(text_of(node)))
    for node in captures.get("glob", ()):
        if field_text(node, "object") == "Dir":
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
            text = source_text(inner[0])
            if len(text) <= 80 and _FEATURE.fullmatch(text):
                self.strings.add(text)

    def call(self, node: Node) -> None:
        """Note what a call of a method loads or starts."""
        method = field_text(node, "method")
        given = node.child_by_field_name("arguments")
        arguments = [one for one in (given.named_children if given else ()) if one.type != "comment"]
        receiver = field_text(node, "receiver")
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
            self.programs.add((text_of(arguments[0]), text_of(arguments[1])))
        elif method in _SHELL:
            self.shell(arguments)

    def load(self, argument: Node) -> None:
        path = path_of(argument)
        if path.strip("*./") == "":
            self.dynamic = True
        else:
            self.requires.add(path)

    def relative(self, argument: Node) -> None:
        path = path_of(argument)
        if path == ANY:
            self.dynamic = True
        else:
            self.requires.add(path if path.startswith((HERE, "/")) else HERE + path)

    def autoload(self, node: Node, arguments: list[Node]) -> None:
        """`autoload :X, "path"`; without a path ActiveSupport::Autoload takes it from the constant's name,
        within `autoload_under` and `autoload_at`."""
        if len(arguments) > 1 and arguments[1].type != "pair":
            path = path_of(arguments[1])
            if path.strip("*./"):
                self.requires.add(path)
            return
        constant = text_of(arguments[0])
        names, under, above = [constant], "", node.parent
        while above is not None:
            if above.type in ("module", "class"):
                names.insert(0, field_text(above, "name"))
            elif above.type == "call":
                method, given = above.child_by_field_name("method"), above.child_by_field_name("arguments")
                first = given.named_children[0] if given and given.named_children else None
                if source_text(method) == "autoload_at" and first is not None:
                    self.autoloads.add(text_of(first))
                    return
                if source_text(method) == "autoload_under" and first is not None:
                    under = text_of(first) + "/"
            above = above.parent
        spaces = "".join(underscore(one) + "/" for one in names[:-1] if one)
        self.autoloads.add(f"{spaces}{under}{underscore(constant)}")

    def listed(self, arguments: list[Node]) -> None:
        for argument in arguments:
            path = path_of(argument)
            if path.strip("*./") or path.startswith(HERE):
                self.globs.add(path)

    def gem(self, node: Node, arguments: list[Node]) -> None:
        """`gem "name"`, of a source or a Gemfile, where it also says what Bundler is to require."""
        called = text_of(arguments[0])
        if called == ANY or _for_developers(node):
            return
        self.gems.add(called)
        for option in arguments[1:]:
            if option.type == "pair" and field_text(option, "key").strip(":") == "require":
                value = option.child_by_field_name("value")
                if value is not None and value.type == "string":
                    self.requires.add(text_of(value))

    def shell(self, arguments: list[Node]) -> None:
        if arguments and arguments[0].type == "hash":
            arguments = arguments[1:]  # the environment
        listed = bool(arguments) and arguments[0].type in ("array", "string_array")
        if listed:
            words = arguments[0].named_children
        else:
            words = [one for one in arguments if one.type not in ("pair", "hash", "block_argument")]
        texts = tuple(text_of(word) for word in words)
        if len(texts) == 1 and not listed:
            self.lines.add(line_of(texts[0]))
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
            text = source_text(given)
            grouped = field_text(above, "method") == "group" or "group:" in text or "groups:" in text
            symbols = set(re.findall(r":(\w+)", text)) if grouped else set()
            if symbols and symbols <= {"development", "test", "ci", "doc", "docs", "lint"}:
                return True
        above = above.parent
    return False


def underscore(constant: str) -> str:
    """The file that Ruby on Rails' conventions look for a constant in: `HTTPServer` → `http_server`."""
    spaced = _WORD.sub(lambda match: match[0] + "_", constant.replace("::", "/"))
    return spaced.replace("-", "_").lower()


RUBY = Parser("ruby-5", read_source, RubyFacts, limit=1 << 21)
