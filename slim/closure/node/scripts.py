"""The `scripts` of a package.json: what `npm start` and the like run.

npm runs a script by `sh -c` with every node_modules/.bin from the package's folder upwards before
the PATH; `pre` and `post` scripts of the same name go with it (npm's documentation, "scripts").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from slim.closure.rule import Context, Need
from slim.closure.shell import syntax as shell
from slim.closure.shell.commands import SHELL, line_needs
from slim.oci.path import ImagePath, ancestors, name, parent, printable

RULE = "script"

_MANAGERS = frozenset({"bun", "corepack", "npm", "npx", "pnpm", "yarn", "yarnpkg", "pnpx"})
_CALLED = re.compile(r"\b(?:npm|pnpm|yarn|bun)\s+(?:run(?:-script)?\s+)?(?:--?[\w-]+\s+)*([\w:.-]+)")
_STARTS = ("start", "restart", "stop", "serve", "server")


class _Manifest(msgspec.Struct):
    scripts: dict[str, object] = {}


class Scripts:
    """Waits until a package manager is kept: without one, nobody reads the scripts."""

    def __init__(self) -> None:
        self._managed = False
        self._manifests: list[ImagePath] = []

    def reached(self, folder: ImagePath, context: Context) -> Iterator[Need]:
        """Take notice of a package of which code is kept."""
        if not self._managed and name(folder) in _MANAGERS:
            self._managed = True
            for path in self._manifests:
                yield from _commands(path, context)

    def manifest(self, path: ImagePath, context: Context) -> Iterator[Need]:
        """The needs of the scripts of an application's package.json."""
        self._manifests.append(path)
        if self._managed:
            yield from _commands(path, context)


def _commands(path: ImagePath, context: Context) -> Iterator[Need]:
    try:
        table = msgspec.json.decode(context.tree.read(path, 1 << 22), type=_Manifest).scripts
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    lines = {key: line for key, line in table.items() if isinstance(line, str)}
    todo = [key for key in lines if key in _STARTS or key in _asked(context)]
    done: dict[str, None] = {}
    while todo:
        key = todo.pop(0)
        if key in done or key not in lines:
            continue
        done[key] = None
        todo += [f"pre{key}", f"post{key}", *(match[1] for match in _CALLED.finditer(lines[key]))]
        yield from _line(lines[key], path, context)
    if done and context.reached(SHELL):
        yield Need(SHELL, RULE, "npm gives it the scripts", path)


def _asked(context: Context) -> frozenset[str]:
    """Words of the image's commands: `npm run worker` names `worker`."""
    return frozenset(word for command in context.launch.commands for word in command.arguments[1:])


def _line(line: str, path: ImagePath, context: Context) -> Iterator[Need]:
    yield from line_needs(line, path, RULE, context)
    for word in shell.commands(line):
        for folder in (parent(path), *ancestors(parent(path))):
            raw = f"{folder.rstrip('/')}/node_modules/.bin/{word}"
            if "/" not in word and context.reached_file(raw) is not None:
                yield Need(raw, RULE, f"a script of {printable(path)} names {printable(word)}", path)
                break
