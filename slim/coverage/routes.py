"""Routes that an application declares, and which of them no request reached.

Both sides are lenient. What is declared is read from the source alone, so a prefix under which a blueprint,
a router or another list of URLs is mounted is unknown: a request reaches a route when its path ends as the
route says. A route that may have been reached is never told as one that was not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from slim.coverage.route_calls import Call, calls
from slim.coverage.route_files import Routed, page_route
from slim.coverage.route_patterns import Language, Pattern, patterns
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, printable
from slim.oci.tree import Tree

_LANGUAGES: dict[str, Language] = {
    "py": "python",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "ts": "javascript",
    "rb": "ruby",
}
_TESTS = re.compile(
    r".*/(tests?|specs?|__tests__|e2e)/.*|.*/(test_[^/]*|[^/]*_test|[^/]*[._]spec|[^/]*\.test)\.\w+"
)
_MAX_SOURCE = 1 << 20
"""Bytes; what is larger was written by a program."""
_BRACKETED = re.compile(
    r"<(?:(?P<kind>[^<>:]+):)?[^<>]*>|\{[^{}:]*(?::(?P<pattern>[^{}]*))?\}(?P<optional>\?)?"
)
"""Both ways in which Python's frameworks spell it, since a source may mention several."""
_COLON = re.compile(r":\w+(?P<pattern>\([^()]*\))?(?P<optional>\?)?|(?P<kind>\*)\w*")
_ONE_SEGMENT = frozenset({"", "int", "str", "string", "slug", "uuid", "float"})
"""Kinds of a parameter that hold no slash; any other may."""


@dataclass(frozen=True)
class Route:
    """A route as its source declares it."""

    method: str
    """In capitals; empty for any."""
    path: str
    """As it is written there: a prefix of it may be missing."""
    file: ImagePath
    line: int
    """From 1; 0 where the file's own place is the route."""
    pattern: str
    """A regular expression for the ends of paths that reach it; empty where none can tell."""

    @property
    def name(self) -> str:
        """For people."""
        path = self.path if self.path.startswith(("/", "^")) else f"/{self.path}"
        return f"{self.method} {path}".strip()


def declared_routes(tree: Tree, files: Iterable[ImagePath]) -> tuple[Route, ...]:
    """The routes that `files`, which are the application's own, declare: by file and line.

    Raises ImageError where a file cannot be read.
    """
    found: dict[tuple[str, str], Route] = {}
    for path in sorted(files):
        for route in _routes_of(tree, path):
            found.setdefault((route.method, route.pattern or route.path), route)
    return tuple(found.values())


def unreached(routes: Iterable[Route], requests: Iterable[tuple[str, str]]) -> tuple[Route, ...]:
    """Those of `routes` that none of `requests`, (method, path with query), can have reached. Redirects
    that were followed belong to `requests` too; what a client of the user's own asked for is not known
    here, so do not ask where there was one."""
    asked = {(method, unquote(target.partition("?")[0])) for method, target in requests}
    return tuple(one for one in routes if not _is_reached(one, asked))


def _is_reached(route: Route, asked: set[tuple[str, str]]) -> bool:
    if not route.pattern:
        return True
    pattern = _compiled(route.pattern)
    return pattern is None or any(
        pattern.fullmatch(path) is not None for method, path in asked if _same_method(route.method, method)
    )


def _same_method(declared: str, sent: str) -> bool:
    """HEAD is answered by what answers GET (RFC 9110, 9.3.2); a POST may name another method in its body."""
    return (
        declared in ("", sent)
        or (declared, sent) == ("GET", "HEAD")
        or (sent == "POST" and declared in ("PUT", "PATCH", "DELETE"))
    )


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def _routes_of(tree: Tree, path: ImagePath) -> Iterator[Route]:
    text = printable(path)
    entry = tree.get(path)
    if entry is None or entry.kind is not Kind.FILE or _TESTS.fullmatch(text):
        return
    if page := page_route(text):
        yield _page(page, path)
    if "/.next/" in text:
        return  # built: it declares nothing but by its place, and takes long to parse
    language = _LANGUAGES.get(text.rpartition(".")[2])
    if language is None or entry.size > _MAX_SOURCE:
        return
    content = tree.read(path)
    source = content.decode(errors="replace")
    suited = [one for one in patterns() if one.language == language and one.suits(text, source)]
    names = frozenset(name for one in suited for name in one.names)
    if not any(name in source for name in names):
        return
    for call in sorted(calls(content, language, names), key=lambda call: call.line):
        pattern = next((one for one in suited if _declares(one, call)), None)
        if pattern is not None:
            yield from _declared(pattern, call, path)


def _declares(pattern: Pattern, call: Call) -> bool:
    if call.name not in pattern.names or len(call.arguments) < pattern.arguments - len(call.keywords):
        return False
    if pattern.form == "decorator" and not call.decorates:
        return False
    if pattern.form == "block" and not call.has_block:
        return False
    if pattern.receiver is not None and not pattern.receiver.fullmatch(call.receiver):
        return False
    if len(call.arguments) <= pattern.argument:
        return False
    if pattern.mount is not None and any(pattern.mount.fullmatch(one) for one in call.sources):
        return False
    if pattern.language == "ruby" and any(key == "path" for key, _ in call.keywords):
        return False  # it is served elsewhere than it is called
    written = call.arguments[pattern.argument]
    return written is not None and (pattern.relative or written.startswith("/"))


def _declared(pattern: Pattern, call: Call, path: ImagePath) -> Iterator[Route]:
    written = call.arguments[pattern.argument] or ""
    methods: tuple[str, ...] = (pattern.method,)
    if pattern.method == "name":
        methods = ("",) if call.name == "all" else (call.name.upper(),)
    elif pattern.method == "any":
        methods = ("",)
    for key, values in call.keywords:
        if key == pattern.keyword:
            methods = tuple(value.upper() for value in values) or ("",)
    for method in methods:
        yield Route(method, written, path, call.line, _ending(written, pattern))


def _page(page: Routed, path: ImagePath) -> Route:
    return Route(page.method, page.path, path, 0, _joined(page.pattern, tree=False))


def _ending(written: str, pattern: Pattern) -> str:
    if pattern.syntax == "regex":
        inner = written.removeprefix("^").removeprefix("/").removesuffix("$").removesuffix(r"\Z")
        return _joined(inner.removesuffix("/?").removesuffix("/"), tree=pattern.tree)
    parameter = _COLON if pattern.syntax == "colon" else _BRACKETED
    inner = written.strip("/").removesuffix("(.:format)")
    if pattern.syntax == "colon" and re.search(r"[()?+*\[]", parameter.sub("", inner)):
        return ""  # a pattern of the framework's own
    parts, at = [], 0
    for found in parameter.finditer(inner):
        parts.append(re.escape(inner[at : found.start()]))
        kind = found["kind"] or (found["pattern"] or "" if pattern.syntax != "colon" else "")
        one = "[^/]+" if kind in _ONE_SEGMENT else ".*"
        parts.append(f"(?:{one})?" if found["optional"] else one)
        at = found.end()
    return _joined("".join((*parts, re.escape(inner[at:]))), tree=pattern.tree)


def _joined(ending: str, *, tree: bool) -> str:
    """A path that ends so; for `tree`, or goes on below. What is mounted may be asked for by its prefix
    alone, so that any path may be one of an empty ending."""
    if not ending:
        return ".*"
    return f"(?:.*/)?(?:{ending})/?" + ("(?:/.*)?" if tree else "")
