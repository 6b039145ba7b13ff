"""Whether a request's path is one of a path template: OpenAPI 3.1.0, 4.8.2 Path Templating."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from probes.exercise.generate import Operation, Operations

_PARAMETER = re.compile(r"\{[^{}/]*\}")


@lru_cache(maxsize=4096)
def _pattern(template: str) -> re.Pattern[str]:
    parts = _PARAMETER.split(unquote(template).rstrip("/"))
    return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?")


def path_of(target: str) -> str:
    """The path of a request target, decoded, without its query."""
    return unquote(urlsplit(target).path) if not target.startswith("//") else unquote(target.split("?")[0])


def matches(template: str, path: str) -> bool:
    """Whether `path` (decoded, without query) can be a request for `template`; a trailing slash says
    nothing."""
    return _pattern(template).fullmatch(path) is not None


def called(operations: Iterable[Operation], requests: Iterable[tuple[str, str]]) -> Operations:
    """Which of `operations` the `requests` (method, path with query) have called, whichever probe sent
    them. A path that a template without parameters names is a call of no other."""
    declared = tuple(operations)
    exact = {(one.method, one.path.rstrip("/")): one for one in declared if "{" not in one.path}
    templates = [one for one in declared if "{" in one.path]
    found: set[Operation] = set()
    for method, target in dict.fromkeys(requests):
        path = path_of(target)
        if one := exact.get((method, path.rstrip("/"))):
            found.add(one)
            continue
        found.update(one for one in templates if one.method == method and matches(one.path, path))
    return Operations(declared, tuple(one for one in declared if one in found))
