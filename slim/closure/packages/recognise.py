"""Language runtimes are recognised by a file that each one must have, wherever it was installed:
/usr, /usr/local, /opt, a home folder, a version manager's, conda's or uv's folders."""

from __future__ import annotations

import re
from collections.abc import Callable

from slim.closure.packages.package import Ecosystem, Package
from slim.closure.packages.runtimes import NOTHING, Runtime
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, join, name, parent
from slim.oci.tree import Tree

_PYTHON = re.compile(r"(?P<kind>python|pypy)(?P<version>[23]\.\d+)t?")
_RUBY = re.compile(r"(?P<prefix>.*)/lib(?:64)?/ruby/(?P<version>\d+\.\d+\.\d+)")
_PHP = re.compile(r"(?:php|php-fpm|php-cgi|phpdbg)(?:\d[\d.]*)?|libphp[\d.]*\.so|frankenphp")
_PROGRAM_FOLDERS = ("bin", "sbin")
_SINGLE = {"deno": "deno", "bun": "bun"}
"""Runtimes that are one program: name → language."""
_SINGLE_BYTES = 1 << 23
"""They are tens of megabytes: a script of such a name is something else."""


def find(tree: Tree) -> tuple[Runtime, ...]:
    """Every runtime in the image, by home folder and main file."""
    found: dict[tuple[ImagePath, ImagePath], Runtime] = {}
    for entry in tree.entries():
        if entry.kind is not Kind.FILE:
            continue
        last = name(entry.path)
        recognise = _BY_NAME.get(last) or (_php if last.startswith(_PHP_STARTS) else None)
        runtime = recognise(entry.path, tree) if recognise else None
        if runtime is not None:
            found.setdefault((runtime.home, runtime.marker), runtime)
    return tuple(found[key] for key in sorted(found))


def _package(called: str, home: ImagePath, version: str = "") -> Package:
    return Package(Ecosystem.RUNTIME, called, version, folder=home)


def _python(path: ImagePath, _tree: Tree) -> Runtime | None:
    """CPython and PyPy: lib/pythonX.Y/os.py."""
    home = parent(path)
    match, library = _PYTHON.fullmatch(name(home)), parent(home)
    if not match or name(library) not in ("lib", "lib64"):
        return None
    prefix = parent(library).rstrip("/")
    number, major = re.escape(match["version"]), match["version"][0]
    own = (
        rf"{re.escape(prefix)}/(bin/(python|pypy)({major}|{number})?t?|bin/python({major}|{number})?t?-config"
        rf"|bin/(pydoc|idle)({major}|{number})?|bin/2to3(-{number})?|lib\d*/lib(python|pypy){major}[^/]*"
        rf"|lib\d*/pkgconfig/python[^/]*|share/man/man1/python[^/]*)"
    )
    interpreters = {f"{kind}{version}" for kind in ("python", "pypy") for version in ("", major)}
    return Runtime(
        "python",
        home,
        _package(name(home), home, match["version"]),
        path,
        (home, ImagePath(f"{prefix}/include/{name(home)}")),
        re.compile(own),
        frozenset(interpreters | {name(home)}),
    )


def _node(path: ImagePath, _tree: Tree) -> Runtime | None:
    if name(parent(path)) != "bin":
        return None
    prefix = parent(parent(path))
    own = rf"{re.escape(prefix.rstrip('/'))}/(bin/(node|nodejs)|share/man/man1/node\.1)"
    folders = ("include/node", "share/doc/node", "share/systemtap")
    return Runtime(
        "node",
        prefix,
        _package("node", prefix),
        path,
        tuple(join(prefix, folder) for folder in folders),
        re.compile(own),
        frozenset({"node", "nodejs"}),
    )


def _java(path: ImagePath, tree: Tree) -> Runtime | None:
    """A JDK or JRE: `release`, with the modules of Java 9 and later, or the archive of earlier ones."""
    home = parent(path)
    parts = ("lib/modules", "jre/lib/rt.jar", "lib/rt.jar")
    marker = next((p for p in (join(home, part) for part in parts) if p in tree), None)
    if marker is None:
        return None
    programs = re.compile(rf"{re.escape(home)}/(jre/)?bin/[^/]+")
    return Runtime("java", home, _package(name(home), home), marker, (home,), programs, frozenset({"java"}))


def _ruby(path: ImagePath, tree: Tree) -> Runtime | None:
    """lib/ruby/X.Y.Z/English.rb, with a `ruby` beside lib."""
    home = parent(path)
    match = _RUBY.fullmatch(home)
    if not match:
        return None
    prefix, version = match["prefix"], match["version"]
    short = version.rpartition(".")[0]
    marker = _program(ImagePath(prefix or "/"), (f"ruby{short}", "ruby"), tree)
    if marker is None:
        return None
    tools = "ruby|irb|erb|gem|bundle|bundler|rake|rdoc|ri|racc|rbs|rdbg|typeprof|syntax_suggest"
    own = (
        rf"{re.escape(prefix)}/(bin/({tools})({re.escape(short)})?|lib\d*/libruby[^/]*"
        r"|lib\d*/pkgconfig/ruby[^/]*)"
    )
    return Runtime(
        "ruby",
        home,
        _package("ruby", home, version),
        marker,
        (home, ImagePath(f"{prefix}/include/ruby-{version}"), ImagePath(f"{prefix}/share/ri/{version}")),
        re.compile(own),
        frozenset({"ruby", f"ruby{short}"}),
    )


def _perl(path: ImagePath, tree: Tree) -> Runtime | None:
    """The folder of strict.pm and warnings.pm, with a `perl` in a bin folder above it."""
    home = parent(path)
    if join(home, "warnings.pm") not in tree:
        return None
    for above in list(ancestors(home))[:4]:
        marker = _program(above, ("perl",), tree)
        if marker is not None:
            tools = r"perl[\d.]*|perl(bug|doc|ivp|thanks)|corelist|cpan|prove"
            own = re.compile(rf"{re.escape(above.rstrip('/'))}/bin/({tools})")
            package = _package("perl", home)
            return Runtime("perl", home, package, marker, (home,), own, frozenset({"perl"}))
    return None


def _php(path: ImagePath, tree: Tree) -> Runtime | None:
    """Each program, or module of a web server, that PHP runs in counts by itself."""
    holder = name(parent(path))
    if not _PHP.fullmatch(name(path)) or holder not in (*_PROGRAM_FOLDERS, "modules", "lib", "lib64"):
        return None
    if tree[path].size < 1 << 16:
        return None  # a wrapper script
    prefix = parent(parent(path))
    library = join(prefix, "lib/php")
    home = library if library in tree else prefix
    own = (
        rf"{re.escape(prefix.rstrip('/'))}/(s?bin/(php|php-fpm|php-cgi|phpdbg|phpize|php-config|pecl|pear|peardev|phar"
        rf"|phar\.phar)[\d.]*|lib\d*/libphp[\d.]*\.so)"
    )
    folders = tuple(join(prefix, folder) for folder in ("lib/php", "include/php", "php/man"))
    return Runtime(
        "php", home, _package("php", home), path, folders, re.compile(own), frozenset({name(path)})
    )


def _dotnet(path: ImagePath, _tree: Tree) -> Runtime | None:
    """host/fxr/VERSION/libhostfxr.so in the folder of `dotnet`."""
    holder = parent(parent(path))
    home = parent(parent(holder))
    if name(holder) != "fxr" or name(parent(holder)) != "host":
        return None
    programs = re.compile(re.escape(home) + "/dotnet")
    folders = tuple(join(home, folder) for folder in ("host", "shared", "sdk", "packs", "templates"))
    return Runtime("dotnet", home, _package("dotnet", home), path, folders, programs, frozenset({"dotnet"}))


def _single(path: ImagePath, tree: Tree) -> Runtime | None:
    if name(parent(path)) not in _PROGRAM_FOLDERS or tree[path].size < _SINGLE_BYTES:
        return None
    called, prefix = name(path), parent(parent(path))
    programs = re.compile(re.escape(path) + "x?")
    return Runtime(_SINGLE[called], prefix, _package(called, prefix), path, (), programs, frozenset({called}))


def _manager(marker: str, *installed: str) -> Callable[[ImagePath, Tree], Runtime | None]:
    """A version manager whose folder holds `marker`; what it installed is in the folders `installed`."""

    def recognise(path: ImagePath, tree: Tree) -> Runtime | None:
        root = ImagePath(path.removesuffix("/" + marker))
        if not path.endswith("/" + marker) or root == ROOT:
            return None
        if not any(join(root, folder) in tree for folder in installed):
            return None
        called = name(root).lstrip(".")
        folders = tuple(join(root, folder) for folder in installed)
        return Runtime(
            "version-manager", root, _package(called, root), path, (root,), NOTHING, without=folders
        )

    return recognise


def _program(prefix: ImagePath, names: tuple[str, ...], tree: Tree) -> ImagePath | None:
    """The first of `names` in the bin folder of `prefix` that is a file there."""
    for last in names:
        path = join(prefix, "bin", last)
        entry = tree.get(path)
        if entry is not None and entry.kind is Kind.FILE:
            return path
    return None


_BY_NAME: dict[str, Callable[[ImagePath, Tree], Runtime | None]] = {
    "os.py": _python,
    "node": _node,
    "release": _java,
    "English.rb": _ruby,
    "strict.pm": _perl,
    "libhostfxr.so": _dotnet,
    "deno": _single,
    "bun": _single,
    "pyenv": _manager("libexec/pyenv", "versions"),
    "rbenv": _manager("libexec/rbenv", "versions"),
    "nodenv": _manager("libexec/nodenv", "versions"),
    "nvm.sh": _manager("nvm.sh", "versions", "alias"),
    "asdf.sh": _manager("asdf.sh", "installs"),
}
_PHP_STARTS = ("php", "libphp", "frankenphp")
