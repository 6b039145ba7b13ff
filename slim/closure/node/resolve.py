"""Node's look-up of modules inside an image.

After Node's documentation, "Modules: CommonJS modules", section "All together" (LOAD_AS_FILE,
LOAD_AS_DIRECTORY, LOAD_NODE_MODULES, LOAD_PACKAGE_IMPORTS, LOAD_PACKAGE_SELF), and "Modules:
Packages" (conditions, patterns, subpath imports). Where versions of Node differ, or a loader of
TypeScript would find more, all of what any of them finds is given: too much is harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from slim.closure.packages import npm
from slim.oci.entry import Kind
from slim.oci.path import ImagePath, ancestors, image_path, name
from slim.oci.tree import Outcome, Tree

BUILTINS = frozenset(
    {"assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
     "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module",
     "net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream",
     "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi",
     "worker_threads", "zlib"}
)  # fmt: skip
"""The modules inside node itself; `node:` before a name always means one."""

EXTENSIONS = (".js", ".json", ".node", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".mts", ".cts")
"""Node tries the first three; loaders (tsx, ts-node, babel) the others."""
CODE = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".tsx", ".mts", ".cts")
_TYPESCRIPT = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
_COMMON = ("node", "node-addons", "default")
_PACKAGE = re.compile(r"(@[^/]+/[^/]+|[^@./][^/]*)(?:/(.*))?", re.DOTALL)
_MAX_TARGETS = 1000


class Resolver:
    """Look-ups in one Tree. `conditions` are those that the user set beside Node's own
    (`--conditions`), `node_path` the folders of NODE_PATH."""

    def __init__(self, tree: Tree, node_path: tuple[str, ...] = (), conditions: tuple[str, ...] = ()) -> None:
        self._tree = tree
        self._extra = conditions
        multiarch = tuple(f"{path}" for path in tree.glob("/usr/lib/*-linux-gnu*/nodejs"))
        self._global = tuple(dict.fromkeys((*node_path, *multiarch, *npm.GLOBAL_FOLDERS)))
        self._manifests: dict[str, Mapping[str, Any] | None] = {}
        self._places: dict[tuple[str, ImagePath], tuple[str, ...]] = {}

    def resolve(self, specifier: str, folder: ImagePath, how: str) -> tuple[str, ...]:
        """What code in `folder` may get for `specifier` under the condition `how` (`require` or `import`):
        paths as they are looked up, links and all, every package.json on the way included. A `*` stands for
        any text. Empty for Node's own modules and for what is not there."""
        specifier = specifier.partition("?")[0] if how == "import" else specifier
        if is_builtin(specifier) or not specifier:
            return ()
        if specifier.startswith(("./", "../", "/")) or specifier in (".", ".."):
            path = specifier if specifier.startswith("/") else f"{folder}/{specifier}"
            return self._files(image_path(path)) if "*" not in path else self._matching(path)
        if specifier.startswith("#"):
            return self._own_import(specifier, folder, how)
        return self._bare(specifier, folder, how)

    def manifest(self, folder: str) -> Mapping[str, Any] | None:
        """The package.json of a folder; None where there is none that can be read."""
        if folder not in self._manifests:
            known: Any = None
            found = self._tree.resolve(f"{folder}/package.json")
            if found.outcome is Outcome.FOUND and self._tree[found.path].kind is Kind.FILE:
                try:
                    known = msgspec.json.decode(self._tree.read(found.path, 1 << 22))
                except (msgspec.MsgspecError, UnicodeError, RecursionError):
                    known = {}
            self._manifests[folder] = known if isinstance(known, dict) else None
        return self._manifests[folder]

    def scope(self, folder: ImagePath) -> ImagePath | None:
        """The nearest folder with a package.json, from `folder` upwards: LOOKUP_PACKAGE_SCOPE."""
        for above in (folder, *ancestors(folder)):
            if name(above) == "node_modules":
                return None
            if self.manifest(above) is not None:
                return above
        return None

    def packages(self, wanted: str, folder: ImagePath) -> tuple[str, ...]:
        """The folders in which code in `folder` would look for the package `wanted`, as far as they exist:
        the nearest node_modules upwards wins, then NODE_PATH and the global folders."""
        key = (wanted, folder)
        if key not in self._places:
            above = [
                f"{each.rstrip('/')}/node_modules"
                for each in (folder, *ancestors(folder))
                if name(each) != "node_modules"
            ]
            found = (f"{place}/{wanted}" for place in (*above, *self._global))
            first = next((path for path in found if self._is(path, Kind.DIRECTORY)), None)
            self._places[key] = (first,) if first else ()
        return self._places[key]

    def entries(self, wanted: str, folder: ImagePath) -> tuple[str, ...]:
        """What a package gives to those who name it without a subpath, by `require` and by `import`."""
        both = (*self._bare(wanted, folder, "require"), *self._bare(wanted, folder, "import"))
        return tuple(dict.fromkeys(both))

    # -- files and folders -----------------------------------------------------------------------

    def _is(self, path: str, kind: Kind) -> bool:
        found = self._tree.resolve(path)
        return found.outcome is Outcome.FOUND and self._tree[found.path].kind is kind

    def _files(self, path: str) -> tuple[str, ...]:
        """LOAD_AS_FILE, then LOAD_AS_DIRECTORY."""
        if self._is(path, Kind.FILE):
            return (path,)
        stem, dot, extension = path.rpartition(".")
        candidates = [f"{path}{each}" for each in EXTENSIONS]
        candidates += [f"{stem}{each}" for each in _TYPESCRIPT.get(dot + extension, ())]
        for candidate in candidates:
            if self._is(candidate, Kind.FILE):
                return (candidate,)
        return self._folder(path) if self._is(path, Kind.DIRECTORY) else ()

    def _folder(self, path: str) -> tuple[str, ...]:
        manifest = self.manifest(path)
        found: tuple[str, ...] = (f"{path}/package.json",) if manifest is not None else ()
        main = (manifest or {}).get("main")
        if isinstance(main, str) and main:
            target = image_path(f"{path}/{main}")
            hit = self._files(target) if target != path else ()
            if hit:
                return (*found, *hit)
        for extension in EXTENSIONS:
            if self._is(f"{path}/index{extension}", Kind.FILE):
                return (*found, f"{path}/index{extension}")
        return found

    def _matching(self, pattern: str) -> tuple[str, ...]:
        """The modules that a path with `*` in it may mean; packages nested below stay out."""
        pattern = image_path(pattern)
        start = self._tree.resolve(pattern.partition("*")[0].rpartition("/")[0] or "/")
        if start.outcome is not Outcome.FOUND or start.path == "/":
            return ()
        head = pattern.partition("*")[0].rpartition("/")[0]
        rest = pattern[len(head) :]
        endings = "|".join(re.escape(each) for each in EXTENSIONS)
        middle = ".*".join(re.escape(part) for part in rest.split("*"))
        wanted = re.compile(f"{middle}(?:{endings}|/index(?:{endings})|/package\\.json)?", re.DOTALL)
        found = []
        for path in self._tree.under(start.path):
            inside = path[len(start.path) :]
            if "/node_modules/" in inside or self._tree[path].kind is Kind.DIRECTORY:
                continue
            if wanted.fullmatch(inside) and name(path).endswith((*EXTENSIONS, ".wasm")):
                found.append(path)
        return tuple(found)

    # -- packages --------------------------------------------------------------------------------

    def _bare(self, specifier: str, folder: ImagePath, how: str) -> tuple[str, ...]:
        """LOAD_PACKAGE_SELF, then LOAD_NODE_MODULES."""
        match = _PACKAGE.fullmatch(specifier)
        if match is None:
            return ()
        wanted, subpath = match[1], match[2] or ""
        if "*" in wanted:
            return self._many(wanted, subpath, folder, how)
        own = self.scope(folder)
        manifest = (self.manifest(own) if own is not None else None) or {}
        if own is not None and manifest.get("name") == wanted and manifest.get("exports") is not None:
            hit = self._exported(own, manifest["exports"], subpath, how)
            if hit:
                return hit
        for place in self.packages(wanted, folder):
            return self._in_package(place, subpath, how)
        return ()

    def _many(self, wanted: str, subpath: str, folder: ImagePath, how: str) -> tuple[str, ...]:
        expression = re.compile(".*".join(re.escape(part) for part in wanted.split("*")))
        scope = f"{wanted.partition('/')[0]}/" if wanted.startswith("@") and "/" in wanted else ""
        if "*" in scope:
            return ()
        found: dict[str, None] = {}
        for above in (folder, *ancestors(folder)):
            place = self._tree.resolve(f"{above.rstrip('/')}/node_modules/{scope}")
            for path in self._tree.children(place.path) if place.outcome is Outcome.FOUND else ():
                called = f"{scope}{name(path)}"
                if expression.fullmatch(called) and not called.startswith("."):
                    raw = f"{above.rstrip('/')}/node_modules/{called}"
                    found.update(dict.fromkeys(self._in_package(raw, subpath, how)))
        return tuple(found)

    def _in_package(self, place: str, subpath: str, how: str) -> tuple[str, ...]:
        manifest = self.manifest(place)
        listed = (f"{place}/package.json",) if manifest is not None else ()
        exports = (manifest or {}).get("exports")
        if exports is not None:
            hit = self._exported(place, exports, subpath.rstrip("/"), how)
            if hit:
                return (*listed, *hit)
        path = f"{place}/{subpath}".rstrip("/")
        if "*" in path:
            return (*listed, *self._matching(path))
        return (*listed, *(self._files(path) if subpath else self._folder(path)))

    def _own_import(self, specifier: str, folder: ImagePath, how: str) -> tuple[str, ...]:
        """PACKAGE_IMPORTS_RESOLVE."""
        own = self.scope(folder)
        table = (self.manifest(own) or {}).get("imports") if own is not None else None
        if own is None or not isinstance(table, dict):
            return ()
        found: dict[str, None] = {f"{own}/package.json": None}
        for target in self._targets(table, specifier, how):
            if target.startswith("./"):
                found.update(dict.fromkeys(self._target_files(own, target)))
            else:
                found.update(dict.fromkeys(self._bare(target, own, how)))
        return tuple(found)

    def _exported(self, place: str, exports: Any, subpath: str, how: str) -> tuple[str, ...]:
        """PACKAGE_EXPORTS_RESOLVE."""
        wanted = f"./{subpath}" if subpath else "."
        is_table = isinstance(exports, dict) and any(str(key).startswith(".") for key in exports)
        table = exports if is_table else {".": exports}
        found: dict[str, None] = {}
        for target in self._targets(table, wanted, how):
            found.update(dict.fromkeys(self._target_files(place, target)))
        return tuple(found)

    def _target_files(self, place: str, target: str) -> tuple[str, ...]:
        path = image_path(f"{place}/{target}")
        return self._matching(path) if "*" in path else self._files(path)

    def _targets(self, table: Mapping[str, Any], wanted: str, how: str) -> Iterator[str]:
        """The targets of an `exports` or `imports` table for one key, patterns filled in; the first that each
        set of conditions finds."""
        if wanted in table and "*" not in wanted:
            matches: list[tuple[Any, str]] = [(table[wanted], "")]
        else:
            matches = list(_pattern_targets(table, wanted))
        seen: dict[str, None] = {}
        for value, star in matches:
            for conditions in self._condition_sets(how):
                for target in _chosen(value, conditions):
                    seen.setdefault(target.replace("*", star) if star else target)
        yield from list(seen)[:_MAX_TARGETS]

    def _condition_sets(self, how: str) -> tuple[frozenset[str], ...]:
        """Since Node 22.10 `module-sync` is a condition too."""
        plain = frozenset((how, *_COMMON, *self._extra))
        return (plain, plain | {"module-sync"})


def is_builtin(specifier: str) -> bool:
    """Whether `specifier` names a module inside node, so that no file is looked up."""
    if specifier.startswith(("node:", "data:", "http:", "https:")):
        return True
    return not specifier.endswith("/") and specifier.partition("/")[0] in BUILTINS


def _pattern_targets(table: Mapping[str, Any], wanted: str) -> Iterator[tuple[Any, str]]:
    """PATTERN_KEY_COMPARE: the longest key before its `*` wins; for a `*` in `wanted`, all that may match."""
    found = []
    for key, value in table.items():
        head, star, tail = str(key).partition("*")
        if "*" in wanted:
            known = wanted.partition("*")[0]
            if str(key).startswith(known) or (star and known.startswith(head)):
                found.append((len(head), value, "*" if star else ""))
        elif (
            star
            and wanted.startswith(head)
            and wanted.endswith(tail)
            and len(wanted) >= len(head) + len(tail)
        ):
            found.append((len(head), value, wanted[len(head) : len(wanted) - len(tail)]))
        elif not star and key.endswith("/") and wanted.startswith(key):  # before Node 17: folders
            found.append((len(key), f"{value}*" if isinstance(value, str) else value, wanted[len(key) :]))
    found.sort(key=lambda item: -item[0])
    for _, value, star in found if "*" in wanted else found[:1]:
        yield value, star


def _chosen(value: Any, conditions: frozenset[str]) -> Iterator[str]:
    """PACKAGE_TARGET_RESOLVE: the first condition that holds; of a list every member, since which is usable
    depends on the version."""
    todo = [value]
    while todo:
        one = todo.pop(0)
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            todo += one
        elif isinstance(one, dict):
            todo += [inner for key, inner in one.items() if key in conditions][:2]
