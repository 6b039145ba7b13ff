"""What a Perl source names: modules, files, folders, commands, encodings.

Only perl can parse Perl: whether a `/` divides or begins a pattern depends on what was declared
before. A tokeniser that takes one of them wrongly misses everything to the next slash, so this
reader takes the other way: documentation and comments go, and what is left is searched for the
forms of perlfunc(1) and of the common loaders, also inside strings. That finds too much rather
than too little, and what is no module of the image costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.facts import Parser

MAX_COMMAND = 2000
"""Characters of a command line in a source."""

_POD = re.compile(r"^=[A-Za-z].*?(?:^=cut\b[^\n]*\n|\Z)", re.MULTILINE | re.DOTALL)
_END = re.compile(r"^__(?:END|DATA)__\s*$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#(?!!).*$|(?<=[;{}]) [ \t]*# .*$", re.MULTILINE)

_MODULE = r"[A-Za-z_]\w*(?:(?:::|')\w+)*"
_USE = re.compile(rf"(?<![\w$@%&>:-])(?:use|no|require)\s+(?!v\d)({_MODULE})(?!\s*=>)")
_LOADED = re.compile(
    rf"(?<![\w$@%&:])(?:load|autoload|use_module|require_module|load_class|use_package_optimistically"
    rf"|load_optional_class|try_load_class|aliased|extends|with)\s*\(?\s*({_MODULE}|['\"]{_MODULE}['\"])"
)
_QUOTED_NAME = re.compile(r"(['\"])([A-Za-z_]\w*(?:::\w+)*)(?:::)?\1")
_WORDS = re.compile(
    r"\bqw\s*(?:\(([^)]*)\)|\[([^\]]*)\]|\{([^}]*)\}|<([^>]*)>|/([^/]*)/|!([^!]*)!|\|([^|]*)\||#([^#]*)#)"
)
_WORD_LIST = re.compile(r"\bqw\s*([(\[{</!|#])")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_NAME = re.compile(r"[A-Za-z_]\w*(?:::\w+)*")
_PREFIX = re.compile(r"(.)([\"'])([A-Z]\w*(?:::\w+)*::)(?:\2\s*\.(?!\.)|[$@])", re.DOTALL)
_PATH_PREFIX = re.compile(
    r"\"([A-Z][\w.-]*(?:/[\w.-]+)*/)[$@]|(['\"])([A-Z][\w.-]*(?:/[\w.-]+)*/)\2\s*\.(?!\.)"
)
_FILE = re.compile(r"(['\"])((?:[\w.+@-]+/)*[\w+@-][\w.+@-]*\.\w+|(?:[\w.+@-]+/)+[\w.+@-]+)\1")
_BY_PATH = re.compile(r"(?<![\w$@%&>:-])(?:require|do)\s*\(?\s*(['\"])([^'\"\n$@]+)\1")
_DYNAMIC = re.compile(
    r"(?<![\w$@%&>:-])require\s*\(?\s*(?:\$|\"[^\"\n]*\$)|\beval\s*\(?\s*\"\s*(?:use|require)\s+\$"
)
_LIBRARY = re.compile(r"\b(?:use\s+lib\b|(?:unshift|push)\s*\(?\s*@INC\s*,)([^;]{0,500});")
_QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"")
_BESIDE = re.compile(r"\$(?:FindBin::)?(?:\{(?:FindBin::)?)?(?:Real)?Bin\b\}?|\$\{?FindBin::(?:Real)?Bin\}?")
_LINE = re.compile(
    r"`([^`]{1,2000})`|\bqx\s*(?:\{([^}]{0,500})\}|\(([^)]{0,500})\)|\[([^\]]{0,500})\]|/([^/]{0,500})/|!([^!]{0,500})!|\|([^|]{0,500})\|)"
)
_CALL = re.compile(
    r"(?<![\w$@%&:>])(?:system|exec|run|run3|capture|open[23])\s*\(?\s*(?:\{[^}]{0,200}\}\s*)?(?:\[\s*)?((?:[^;()\n]|\([^()]*\)|\n){1,600})"
)
_PIPE = re.compile(r"\bopen\b[^;'\"]{0,100}['\"](?:-\||\|-)[^'\"]{0,80}['\"]\s*,\s*([^;]{1,600})")
_OLD_PIPE = re.compile(
    r"\bopen\b[^;'\"]{0,100},\s*(?:\"\s*\|([^\"]{1,2000})\"|'\s*\|([^']{1,2000})'|\"([^\"]{1,2000})\|\s*\"|'([^']{1,2000})\|\s*')"
)
_ENCODER = re.compile(
    r"\b(?:encode|decode|find_encoding|find_mime_encoding|from_to|is_utf8_strict)\s*\(?\s*(\$|['\"]([\w.:-]+)['\"])"
)
_LAYER = re.compile(r":(?:encoding|via)\(\s*(\$|[\w.:-]+)")
_XS = re.compile(r"(?:XSLoader::load|bootstrap)\b\s*\(?\s*['\"]?([A-Za-z_][\w:]*)")
_SHARED = re.compile(r"\b(?:dist_dir|dist_file|module_dir|module_file)\s*\(?\s*['\"]([\w:-]+)")
_SPACES = re.compile(
    r"Pluggable|Module::Find|findallmod|usesub|useall|load_class|namespaces|Mojo::Loader|find_modules"
)


class PerlFacts(msgspec.Struct, frozen=True):
    """What is written in one source; each list sorted."""

    modules: tuple[str, ...] = ()
    """Named by use, require, and calls that load a module."""
    names: tuple[str, ...] = ()
    """Strings that may be names of modules: all with `::`, and single words."""
    prefixes: tuple[str, ...] = ()
    """Beginnings of names that are put together at run time: `DBD::`, `Site/Page/`."""
    loaded_files: tuple[str, ...] = ()
    """Operands of `require "file"` and `do "file"`."""
    files: tuple[str, ...] = ()
    """Strings that may be relative names of data files."""
    libraries: tuple[str, ...] = ()
    """Folders put into @INC; `{}` stands for the script's own folder."""
    lines: tuple[str, ...] = ()
    """Shell lines."""
    calls: tuple[tuple[str, ...], ...] = ()
    """The literal words at the beginning of argument lists that start programs."""
    encodings: tuple[str, ...] = ()
    """Names given to Encode and to PerlIO's `:encoding`; `*` where one is made at run time."""
    compiled: tuple[str, ...] = ()
    """Modules whose compiled part is loaded by name."""
    shared: tuple[str, ...] = ()
    """Distributions and modules asked of File::ShareDir."""
    searches: bool = False
    """It loads what it finds in the folder of a name: Module::Pluggable and the like."""
    character_names: bool = False
    """It looks characters up by name: `\\N{…}`, charnames."""
    properties: bool = False
    """It uses Unicode properties: `\\p{…}`."""
    dynamic: bool = False
    """It requires something that a variable names."""


def read_source(content: bytes) -> PerlFacts:
    """The facts of a source; of what is not Perl few or none."""
    text = _code(content.decode("utf-8", "replace"))
    modules = {_modern(match[1]) for match in _USE.finditer(text)}
    modules |= {_modern(match[1].strip("'\"")) for match in _LOADED.finditer(text)}
    names = {match[2] for match in _QUOTED_NAME.finditer(text)}
    operands = tuple(_operands(text))
    words = {word for listed in _word_lists(text) for word in listed.split()}
    names |= {word for word in words if _NAME.fullmatch(word)}
    return PerlFacts(
        modules=tuple(sorted(modules)),
        names=tuple(sorted(names - modules)),
        prefixes=tuple(sorted(set(_prefixes(text)))),
        loaded_files=tuple(sorted({match[2] for match in _BY_PATH.finditer(text)})),
        files=tuple(sorted({match[2] for match in _FILE.finditer(text)})),
        libraries=tuple(sorted(set(_libraries(text)))),
        lines=tuple(sorted({*_lines(text), *(call[0] for call in operands if len(call) == 1)})),
        calls=tuple(sorted({call for call in operands if len(call) > 1})),
        encodings=tuple(sorted(set(_encodings(text)))),
        compiled=tuple(sorted({match[1] for match in _XS.finditer(text)})),
        shared=tuple(sorted({match[1] for match in _SHARED.finditer(text)})),
        searches=_SPACES.search(text) is not None,
        character_names=re.search(r"\\N\{(?!U\+)|charnames|vianame|viacode", text) is not None,
        properties=re.search(r"\\[pP][{A-Z]", text) is not None,
        dynamic=_DYNAMIC.search(text) is not None,
    )


PERL = Parser("perl-3", read_source, PerlFacts, limit=1 << 21)


def _code(text: str) -> str:
    """The text without documentation, whole-line comments and what follows __END__. What follows
    __DATA__ is code where SelfLoader reads it."""
    text = _POD.sub("\n", text.replace("\r\n", "\n"))
    if "SelfLoader" not in text:
        end = _END.search(text)
        text = text[: end.start()] if end else text
    return _COMMENT.sub("", text)


def _word_lists(text: str) -> Iterator[str]:
    """What stands in each `qw`, perlop(1). A closing bracket that comes no more is looked for only once."""
    position, missing = 0, set[str]()
    while found := _WORD_LIST.search(text, position):
        position = found.end()
        close = _CLOSING.get(found[1], found[1])
        end = -1 if close in missing else text.find(close, position)
        if end < 0:
            missing.add(close)
            continue
        yield text[position:end]
        position = end + 1


def _modern(module: str) -> str:
    """Perl 4 wrote Foo'Bar for Foo::Bar."""
    return module.replace("'", "::")


def _prefixes(text: str) -> Iterator[str]:
    for match in _PREFIX.finditer(text):
        # *{"Foo::$name"} and &{"Foo::$name"} name variables and functions, not modules
        before = text[max(0, match.start(1) - 8) : match.start(2)].rstrip()
        if not re.search(r"[*&@%$]\s*\{$", before):
            yield match[3]
    for match in _PATH_PREFIX.finditer(text):
        yield match[1] or match[3]


def _libraries(text: str) -> Iterator[str]:
    for match in _LIBRARY.finditer(text):
        operands = match[1]
        folders = [next(filter(None, found.groups()), "") for found in _QUOTED.finditer(operands)]
        folders += [w for m in _WORDS.finditer(operands) for w in next(filter(None, m.groups()), "").split()]
        beside = "Bin" in operands or "__FILE__" in operands or "__DIR__" in operands or "dirname" in operands
        for folder in folders:
            placed = _BESIDE.sub("{}", folder)
            if "$" in placed or "@" in placed:
                continue
            yield placed
            if beside and not placed.startswith(("/", "{}")):
                yield f"{{}}/{placed}"


def _lines(text: str) -> Iterator[str]:
    """The text of backticks, and of pipes in the mode of open."""
    found = [_LINE.finditer(text)] if "`" in text or "qx" in text else []
    if "open" in text and "|" in text:
        found.append(_OLD_PIPE.finditer(text))
    for match in (match for matches in found for match in matches):
        line = next(filter(None, match.groups()), "")
        if line.strip(" -"):
            yield line[:MAX_COMMAND]


def _operands(text: str) -> Iterator[tuple[str, ...]]:
    """The literal words that system, exec, a pipe … is given, up to the first that is no literal;
    strings joined by a dot are one."""
    for match in (*_CALL.finditer(text), *_PIPE.finditer(text)):
        rest, words = match[1], list[str]()
        while True:
            rest = rest.lstrip()
            found = _QUOTED.match(rest) or _WORDS.match(rest)
            if not found:
                break
            literal = next(filter(None, found.groups()), "")
            many = rest.startswith("qw")
            rest = rest[found.end() :].lstrip()
            words += literal.split() if many else [literal]
            while joined := re.match(r"\.\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*", rest):
                words[-1] += joined[1] or joined[2] or ""
                rest = rest[joined.end() :]
            if not rest.startswith(","):
                break
            rest = rest[1:]
        if words and words[0].strip():
            yield tuple(word[:MAX_COMMAND] for word in words)


def _encodings(text: str) -> Iterator[str]:
    for match in _ENCODER.finditer(text):
        yield "*" if match[1] == "$" else match[2]
    for match in _LAYER.finditer(text):
        yield "*" if match[1] == "$" else match[1]
