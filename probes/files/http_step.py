"""A probe file's HTTP step as a probe."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from msgspec import UNSET

from probes.exercise.model import HttpProbe
from probes.exercise.parts import Body, Upload
from probes.files.attached import Attached
from probes.files.checks import Checks
from probes.files.format import Http, Part
from probes.files.problems import Key

_BODIES = ("body", "body_file", "json", "form", "multipart")
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
"""A table of our own: that of the machine differs from one to the next."""


def http_probe(given: str | Http, key: Key, checks: Checks, attached: Attached) -> HttpProbe:
    """The probe of `http:`; what is wrong is told to `checks`."""
    if isinstance(given, str):
        return _short(given, key, checks)
    body = _body(given, key, checks, attached)
    method = given.method or ("GET" if body is None else "POST")
    checks.method(method, (*key, "method"))
    checks.path(given.path, (*key, "path"))
    headers = {name: str(value) for name, value in given.headers.items()}
    checks.headers(headers, (*key, "headers"))
    if given.bearer is not UNSET:
        if given.auth is not UNSET:
            checks.problems.add((*key, "bearer"), "auth and bearer are both given", "keep one of them")
        headers["authorization"] = f"Bearer {given.bearer}"
    if given.verify and not given.tls:
        checks.problems.add((*key, "verify"), "there is no certificate without TLS", "add tls: true")
    return HttpProbe(
        method.upper(),
        given.path,
        port=0 if given.port is UNSET else given.port,
        headers=tuple(headers.items()),
        body=body,
        auth=None if given.auth is UNSET else (str(given.auth.user), str(given.auth.password)),
        tls=given.tls,
        verify=given.verify,
        http2=given.http2,
        follow=given.follow,
        timeout=0.0 if given.timeout is UNSET else float(given.timeout),
        retries=given.retries,
    )


def _short(text: str, key: Key, checks: Checks) -> HttpProbe:
    """`[METHOD] /path`."""
    first, blank, rest = text.strip().partition(" ")
    method, path = (first, rest.strip()) if blank and not first.startswith("/") else ("GET", text.strip())
    colon, _, after = text.partition(":")
    if after.startswith("/") and not after.startswith("//") and _meant_as_method(colon):
        checks.problems.add(key, f"{text!r} is not METHOD /path", f"write {colon} {after}")
    else:
        checks.method(method, key)
        checks.path(path, key)
    return HttpProbe(method.upper(), path)


def _meant_as_method(text: str) -> bool:
    """Whether `text` before a colon is meant as a method, as in --http-probe."""
    return text.isascii() and text.isalpha()


def _body(given: Http, key: Key, checks: Checks, attached: Attached) -> Body | None:
    named = [name for name in _BODIES if getattr(given, name) is not UNSET]
    if len(named) > 1:
        cause = f"{' and '.join(named)} are both given"
        checks.problems.add((*key, named[1]), cause, "keep one of them: a request has one body")
        return None
    if given.body is not UNSET:
        return Body(content=str(given.body).encode("utf-8", "surrogateescape"))
    if given.body_file is not UNSET:
        content = attached.content(given.body_file, (*key, "body_file"))
        return Body(content=content, media_type=_media_type(given.body_file, ""))
    if given.json is not UNSET:
        text = json.dumps(given.json, ensure_ascii=False, separators=(",", ":"))
        return Body(content=text.encode("utf-8", "surrogateescape"), media_type="application/json")
    if isinstance(given.form, dict):
        return Body(fields=tuple((name, str(value)) for name, value in given.form.items()))
    if isinstance(given.multipart, tuple):
        return _multipart(given.multipart, (*key, "multipart"), checks, attached)
    return None


def _multipart(parts: tuple[Part, ...], key: Key, checks: Checks, attached: Attached) -> Body:
    """RFC 7578. One part at least is an upload, for else it would be sent as a plain form."""
    fields: list[tuple[str, str]] = []
    uploads: list[Upload] = []
    for number, part in enumerate(parts):
        if part is None:
            continue  # it could not be read
        at = (*key, number)
        if (part.file is UNSET) == (part.content is UNSET):
            checks.problems.add(at, "a part has either file or content", "write one of them")
        elif part.file is UNSET and part.filename is UNSET and part.type is UNSET:
            fields.append((part.field, str(part.content)))
        else:
            uploads.append(_upload(part, at, attached))
    if not uploads and fields:
        remedy = "use form:, or add a part with file, or with content and filename"
        checks.problems.add(key, "there is no file among the parts", remedy)
    return Body(fields=tuple(fields), uploads=tuple(uploads))


def _upload(part: Part, key: Key, attached: Attached) -> Upload:
    content = b"" if part.content is UNSET else str(part.content).encode("utf-8", "surrogateescape")
    filename = part.field if part.filename is UNSET else part.filename
    if part.file is not UNSET:
        content = attached.content(part.file, (*key, "file"))
        filename = PurePosixPath(part.file).name if part.filename is UNSET else part.filename
    media_type = _media_type(filename, "application/octet-stream") if part.type is UNSET else part.type
    return Upload(part.field, filename, content, media_type)


def _media_type(filename: str, unknown: str) -> str:
    return _MEDIA_TYPES.get(PurePosixPath(filename).suffix.lower(), unknown)
