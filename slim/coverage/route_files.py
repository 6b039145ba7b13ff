"""Routes that are files: Next.js makes a route of each page in its folders.

https://nextjs.org/docs/app/building-your-application/routing and …/pages/building-your-application/routing.
Only what a build left in `.next/server` is looked at: it is what is served.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BUILT = re.compile(r".*/\.next/(?:[^/]+/)*server/(?P<kind>pages|app)/(?P<rest>.+)\.(?:js|html)")
_APP_FILE = re.compile(r"(?P<route>(?:.*/)?)(?P<kind>page|route)")
_DYNAMIC = re.compile(r"\[\[?(?P<many>\.\.\.)?(?P<name>[^\[\]]+)\]?\]")
_UNLINKED = re.compile(r"(?:_|404$|500$|chunks/|favicon\.ico)")


@dataclass(frozen=True)
class Routed:
    """The route of a file."""

    method: str
    path: str
    """For people, parameters as `{name}`."""
    pattern: str
    """A regular expression for the path without its first slash."""


def page_route(path: str) -> Routed | None:
    """The route of the page at `path`; None for any other file."""
    found = _BUILT.fullmatch(path)
    if found is None:
        return None
    rest, method = found["rest"], "GET"
    if found["kind"] == "app":
        inside = _APP_FILE.fullmatch(rest)
        if inside is None:
            return None
        rest = inside["route"].strip("/")
        method = "" if inside["kind"] == "route" else "GET"
        rest = "/".join(part for part in rest.split("/") if not part.startswith(("(", "@")))
    elif rest == "api" or rest.startswith("api/"):
        method = ""
    rest = re.sub(r"(^|/)index$", "", rest)
    if any(_UNLINKED.match(part) for part in (rest, *rest.split("/"))):
        return None
    shown = _DYNAMIC.sub(lambda match: f"{{{match['name']}}}", rest)
    parts, at = [], 0
    for one in _DYNAMIC.finditer(rest):
        parts.append(re.escape(rest[at : one.start()]))
        parts.append(".*" if one["many"] else "[^/]+")
        at = one.end()
    return Routed(method, f"/{shown}", "".join((*parts, re.escape(rest[at:]))))
