"""Which files of a Node application and its packages are what: code, a developer's, prose."""

from __future__ import annotations

import re

from slim.closure.packages import npm
from slim.closure.rule import Context
from slim.closure.shell.shebang import is_command_of
from slim.oci.path import ImagePath, name

_TOOLS = (
    "ava|babel|bundlesize|commitlint|cypress|esbuild|eslint|jest|karma|lint-staged|metro|nyc|playwright|postcss"
    "|prettier|release|rollup|rspack|stylelint|svgo|tailwind|tsup|vite|vitest|webpack[\\w.-]*"
)
_DEVELOPERS = re.compile(
    rf".*\.(?:test|spec|stories|bench)\.[cm]?[jt]sx?|(?:{_TOOLS})\.config\.[cm]?[jt]s"
    r"|(?:Gruntfile|Gulpfile|gulpfile|karma\.conf|\.eslintrc)\.[cm]?js"
)
_DEVELOPERS_FOLDERS = frozenset(
    {"__tests__", "__mocks__", "test", "tests", "spec", "e2e", "cypress", ".storybook"}
)
_NODE = re.compile("node(js)?")
_ASIDE = frozenset({"bench", "benchmark", "example", "examples", "docs", "scripts"})
_MANUAL = frozenset({".github", "docs", "doc", "test", "tests", "man"})


def package_folder(path: ImagePath, context: Context) -> ImagePath | None:
    """The npm package that `path` is in: below a node_modules, or in a folder that Node itself looks in
    (Debian's). None for anything else."""
    folder = npm.folder_of(path)
    if folder is None:
        for place in npm.GLOBAL_FOLDERS:
            if path.startswith(place + "/"):
                parts = path[len(place) + 1 :].split("/")
                count = 2 if parts[0].startswith("@") else 1
                folder = ImagePath("/".join((place, *parts[:count]))) if len(parts) > count else None
    return folder if folder is not None and f"{folder}/package.json" in context.tree else None


def is_command(path: ImagePath, context: Context) -> bool:
    """A script without a suffix that Node runs."""
    return is_command_of(_NODE, path, context)


def is_for_browsers(path: ImagePath) -> bool:
    return "/.next/static/" in path or "/.output/public/" in path or "/.nuxt/dist/client/" in path


def is_developers(path: ImagePath, project: ImagePath | None) -> bool:
    """Whether a file is for those who write the code: tests and settings of their tools. Of its folders only
    those inside `project` count."""
    if _DEVELOPERS.fullmatch(name(path)) is not None:
        return True
    return project is not None and not _DEVELOPERS_FOLDERS.isdisjoint(_folders(path, project))


def is_developers_of(path: ImagePath, folder: ImagePath) -> bool:
    """The same of a file of the package in `folder`, which may bring examples along as well."""
    return is_developers(path, folder) or not _ASIDE.isdisjoint(_folders(path, folder))


def _folders(path: ImagePath, project: ImagePath) -> list[str]:
    """The names of the folders between `project` and `path`."""
    return path[len(project) :].split("/")[:-1] if path.startswith(project + "/") else []


_PROSE = re.compile(
    r"\..*|(?:licen[cs]e|copying|notice|readme|changelog|changes|history|authors|contributors|contributing|security"
    r"|code_of_conduct|upgrading|governance)(?:[.-].*)?|.*\.(?:md|markdown|map|flow|tsbuildinfo|coffee)|tsconfig.*\.json"
    r"|bower\.json|component\.json|package-lock\.json|makefile"
    r"|binding\.gyp|dockerfile|.*\.(?:gypi|cc|cpp|c|h|hpp)",
    re.IGNORECASE,
)


def is_prose(path: ImagePath, folder: ImagePath) -> bool:
    """Whether a file of the package in `folder` is one that only people, editors and compilers read."""
    return _PROSE.fullmatch(name(path)) is not None or not _MANUAL.isdisjoint(_folders(path, folder))
