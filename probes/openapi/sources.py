"""Where OpenAPI documents come from: files of this machine, URLs, and the running container."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from probes.openapi.document import Json, parse_document, refused
from probes.openapi.references import bundle, same_site
from probes.openapi.settings import Bounds
from slim.errors import UsageError

CONTAINER = "http://container.invalid"
"""The site that a container's paths are given for references between documents; never connected to."""
_FETCH_SECONDS = 60.0
_REDIRECTS = 5
Fetch = Callable[[str], bytes]
"""Gives what the container answers for a path and query; UsageError where that is no good answer."""


@dataclass(frozen=True)
class Loaded:
    """A document that is ready to be used."""

    name: str
    """As the user called it."""
    url: str
    document: dict[str, Json]
    """Without references to outside."""
    notes: tuple[str, ...] = ()


def is_in_container(name: str) -> bool:
    """Whether `name` is a path that the container is asked for."""
    return name.startswith("/")


def load_outside(name: str, bounds: Bounds) -> Loaded:
    """The document in a file or at a URL; UsageError where it cannot be used."""
    if urlsplit(name).scheme in ("http", "https"):
        return _loaded(name, name, lambda url: _fetch(url, name, bounds), bounds)
    path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
    url = path.absolute().as_uri()
    folder = path.absolute().parent.resolve()
    return _loaded(name, url, lambda one: _file(one, name, folder if one != url else None, bounds), bounds)


def load_inside(name: str, fetch: Fetch, bounds: Bounds) -> Loaded:
    """The document that the container answers `name` with; UsageError where it cannot be used."""

    def read(url: str) -> bytes:
        parts = urlsplit(url)
        return fetch(parts.path + (f"?{parts.query}" if parts.query else ""))

    return _loaded(name, CONTAINER + name, read, bounds)


def _loaded(name: str, url: str, read: Callable[[str], bytes], bounds: Bounds) -> Loaded:
    document, notes = bundle(parse_document(read(url), name, bounds), url, read, bounds)
    return Loaded(name, url, document, notes)


def _file(url: str, name: str, folder: Path | None, bounds: Bounds) -> bytes:
    """The file at `url`; where `folder` is given, only if it is really in it, links followed."""
    path = Path(unquote(urlsplit(url).path))
    try:
        if folder is not None and not path.resolve().is_relative_to(folder):
            raise refused(name, f"{path} is a link that leads out of {folder}", "put it there")
        with path.open("rb") as file:
            return file.read(bounds.document_bytes + 1)
    except OSError as error:
        raise refused(
            name,
            f"{path}: {error.strerror}",
            "name a file or a URL, or a path on the running container, which begins with /",
        ) from error


def _fetch(url: str, name: str, bounds: Bounds) -> bytes:
    """What is at `url`; redirects are followed on the same site only."""
    try:
        with httpx.Client(timeout=_FETCH_SECONDS) as client:
            here = url
            for _ in range(_REDIRECTS):
                with client.stream("GET", here) as response:
                    if response.has_redirect_location:
                        here = _next(here, response.headers["location"], name)
                        continue
                    response.raise_for_status()
                    return _read(response, bounds.document_bytes)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        cause = " ".join(str(error).split("\n")[:1]) or type(error).__name__
        raise refused(name, cause, "give a URL that this machine can fetch, or a file") from error
    raise refused(name, f"more than {_REDIRECTS} redirects", "give the URL that they lead to")


def _next(here: str, location: str, name: str) -> str:
    there = urljoin(here, location)
    upgraded = here.replace("http://", "https://", 1)
    if not same_site(here, there) and urlsplit(there).netloc != urlsplit(upgraded).netloc:
        raise refused(name, f"it redirects to another site, {there}", "give that URL if you trust it")
    return there


def _read(response: httpx.Response, limit: int) -> bytes:
    """Up to one byte more than `limit`, which tells that it is too large."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk[: limit + 1 - len(content)]
        if len(content) > limit:
            break
    return bytes(content)


def no_document(name: str, cause: str) -> UsageError:
    """The error for a container that does not answer with a document."""
    local = Path(name).is_file()
    remedy = f"for the file of this machine give file://{name}" if local else "give the path that serves it"
    return refused(name, cause, remedy)
