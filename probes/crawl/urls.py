"""URLs: resolved, normalised, and told apart.

RFC 3986, section 5 (resolution) and 6.2 (normalisation), with what browsers forgive by the WHATWG
URL standard: white space around and line ends inside, backslashes for slashes.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

import httpx

from probes.exercise.site import Site

LONGEST = 2000
"""Characters of an address; servers refuse much longer ones (RFC 9110, section 4.1)."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_IGNORED = str.maketrans("", "", "\t\n\r")
_CONTROL_OR_SPACE = "".join(map(chr, range(0x21)))
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IN_PATH = "/:@!$&'()*+,;=~%"
_IN_QUERY = _IN_PATH + "?"


def resolve(base: str, text: str) -> str | None:
    """The absolute URL to which `text` leads in a document at `base`, without a fragment; None where
    that is no http or https URL, or none at all."""
    text = text.strip(_CONTROL_OR_SPACE).translate(_IGNORED)
    if len(text) > LONGEST:
        return None
    scheme = _SCHEME.match(text)
    if scheme and scheme[0].lower() not in ("http:", "https:"):
        return None
    before, question, after = text.partition("?")
    try:
        parts = urlsplit(urljoin(base, before.replace("\\", "/") + question + after))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        authority = _authority(parts.hostname, parts.port, parts.scheme)
    except ValueError:
        return None
    return f"{parts.scheme}://{authority}{normal_path(parts.path, parts.query)}"


def normal_path(path: str, query: str = "") -> str:
    """Path and query in the one spelling of all that mean the same."""
    spelled = _without_dots(escaped(path, _IN_PATH))
    return f"{spelled}?{escaped(query, _IN_QUERY)}" if query else spelled


def on_site(site: Site, url: str) -> str | None:
    """Path and query of `url` where it belongs to `site`; None for one of another site."""
    root = str(site.root)
    if url.startswith(root + "/"):
        return url[len(root) :]
    try:
        found = site.url(url)
    except httpx.InvalidURL:
        return None
    return None if found is None else found.raw_path.decode("ascii")


def moved_to(site: Site, url: str) -> str | None:
    """Path and query of `url`, whatever host it names: a site that lists its own addresses (in a
    sitemap) knows itself by its public name. None where it is no URL."""
    absolute = resolve(f"{site.root}/", url)
    return None if absolute is None else "/" + absolute.split("/", 3)[3]


def _authority(host: str, port: int | None, scheme: str) -> str:
    host = f"[{host}]" if ":" in host else quote(host, safe="!$&'()*+,;=~%")
    usual = {"http": 80, "https": 443}[scheme]
    return host if port in (None, usual) else f"{host}:{port}"


def escaped(text: str, safe: str = _IN_QUERY) -> str:
    """Percent-encoded where it must be, and nowhere else; hexadecimal digits in capitals."""
    return quote(_PERCENT.sub(_one, text), safe=safe, errors="replace")


def _one(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    letter = chr(int(match[1], 16))
    return letter if letter in _UNRESERVED else f"%{match[1].upper()}"


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
