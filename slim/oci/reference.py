"""Names of images: the grammar of distribution/reference, as docker reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slim.errors import UsageError

MAX_NAME = 255
"""Characters of a name without tag and digest; distribution/reference, NameTotalLengthMax."""
DEFAULT_TAG = "latest"
SUFFIX = "-slim"

_LABEL = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")
_ID = re.compile(r"[0-9a-f]{64}")
_HEX_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True, slots=True)
class Reference:
    """A legal image name, in its parts."""

    host: str
    """The registry with its port, empty where the user gave none."""
    path: str
    """The repository."""
    tag: str = ""
    digest: str = ""
    """`sha256:…`"""

    @property
    def name(self) -> str:
        """Registry and repository, as the user wrote them."""
        return f"{self.host}/{self.path}" if self.host else self.path

    @property
    def last(self) -> str:
        """The repository without the folders that it is in: after it, files about the image are called."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return self.name + tag + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str) -> Reference:
    """Read `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. Raises UsageError that says which part is illegal.

    An image's id passes for a name here: engines take it wherever they take a name.
    """
    rest, at, digest = text.partition("@")
    if at:
        _check_digest(text, digest)
    before, colon, tag = rest.rpartition(":")
    if colon and "/" not in tag:
        rest = before
        if not _TAG.fullmatch(tag):
            raise _illegal(
                text, f"the tag {tag!r}", "a tag is 1 to 128 letters, digits, _ . and -, not first . or -"
            )
    else:
        tag = ""
    host, slash, path = rest.partition("/")
    if not slash or not _is_host(host):
        host, path = "", rest
    elif not _HOST.fullmatch(host):
        raise _illegal(text, f"the registry {host!r}", "a registry is a host name or address and a port")
    _check_path(text, path)
    if len(rest) > MAX_NAME:
        raise _illegal(text, f"the name of {len(rest)} characters", f"{MAX_NAME} are allowed")
    return Reference(host, path, tag, digest)


def slim_reference(reference: str, tag: str = "", *, tags: Sequence[str] = (), image_id: str = "") -> str:
    """What the slim image is called: `tag` (the option, as `docker tag` reads it), else
    `<name>:<tag>-slim` after `reference`.

    An image that the user named by its id takes the first of its `tags`; a name with a digest
    and no tag takes the digest's first 12 digits for its tag. Raises UsageError for an illegal
    name or tag, and where no name can be made up.
    """
    if tag:
        wanted = parse_reference(tag)
        if wanted.digest:
            raise _illegal(tag, "the digest", "a digest cannot be chosen: give name:tag")
        if not wanted.host and _ID.fullmatch(wanted.path):
            raise _illegal(tag, "a name of 64 hexadecimal digits", "that is what image ids look like")
        return f"{wanted.name}:{wanted.tag or DEFAULT_TAG}"
    text = str(reference)
    if _is_id(text, tags, image_id):
        if not tags:
            raise UsageError(
                "the image has no name that a slim one could be derived from",
                cause=f"{text} is an image id without a tag",
                remedy="name the slim image: --tag NAME:TAG",
            )
        text = sorted(tags)[0]
    source = parse_reference(text)
    base = source.tag or source.digest.partition(":")[2][:12] or DEFAULT_TAG
    slim = f"{source.name}:{base}{SUFFIX}"
    try:
        parse_reference(slim)
    except UsageError as error:
        raise UsageError(error.message, cause=error.cause, remedy="give a tag: --tag NAME:TAG") from error
    return slim


def _is_host(first: str) -> bool:
    """Whether a name's first component is a registry: docker's splitDockerDomain."""
    return any(c in first for c in ".:[") or first == "localhost" or first != first.lower()


def _is_id(reference: str, tags: Sequence[str], image_id: str) -> bool:
    digits = reference.removeprefix("sha256:")
    if _ID.fullmatch(digits):
        return True
    named = reference in tags or f"{reference}:{DEFAULT_TAG}" in tags
    prefix = digits and image_id.removeprefix("sha256:").startswith(digits)
    return bool(image_id and prefix and not named)


def _check_path(text: str, path: str) -> None:
    for component in path.split("/"):
        if not _COMPONENT.fullmatch(component):
            rule = "a component is lower-case letters and digits, with . _ __ or - between them"
            if component.lower() != component and _COMPONENT.fullmatch(component.lower()):
                rule = f"names are lower-case: {component.lower()!r}"
            raise _illegal(text, f"the component {component!r}" if component else "an empty component", rule)


def _check_digest(text: str, digest: str) -> None:
    algorithm, _, digits = digest.partition(":")
    if not _DIGEST.fullmatch(digest) or len(digits) != _HEX_SIZES.get(algorithm, len(digits)):
        raise _illegal(text, f"the digest {digest!r}", "a digest is sha256: and 64 hexadecimal digits")


def _illegal(text: str, part: str, rule: str) -> UsageError:
    return UsageError(f"{text!r} is not a legal image name", cause=f"{part} is illegal", remedy=rule)
