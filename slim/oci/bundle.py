"""What is where in a saved image: `docker save` archives and OCI image layouts.

Known forms: Docker's own (`manifest.json`, `<id>/layer.tar`, symlinks for layers that occur
twice; docker/docker image/spec/v1.2.md), Podman's docker-archive (`<digest>.tar`), and OCI image
layouts (`index.json`, `blobs/<algorithm>/<hex>`; image-layout.md), which Docker since 25 writes
together with `manifest.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from slim.errors import ImageError
from slim.oci.path import ImagePath, image_path, join, parent, printable
from slim.oci.streams import FileReader
from slim.oci.tarball import members

MAX_DOCUMENT = 1 << 24
"""Bytes of a manifest, index or configuration, at the most."""
_MAX_LINKS = 40
_SAVE_AGAIN = "save the image again with docker save or podman save"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of the archive that one of its members holds."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A saved image's configuration and layers."""

    config: bytes
    """Its raw bytes."""
    config_digest: str
    """`sha256:` and the digest of these bytes."""
    layers: tuple[Part, ...]
    """The lowest first, compressed or not."""
    names: tuple[str, ...]
    """The layers' names in the archive."""


def read_bundle(archive: Path) -> Bundle:
    """Find the one image of `archive`.

    Raises ImageError where there is none or more than one, a part is missing, or the
    configuration does not have the digest that it is named after.
    """
    return _Contents(archive).bundle()


class _DockerManifest(msgspec.Struct):
    config: str = msgspec.field(name="Config")
    layers: list[str] = msgspec.field(name="Layers", default_factory=list)


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""


class _Descriptor(msgspec.Struct):
    digest: str
    media_type: str = msgspec.field(name="mediaType", default="")
    platform: _Platform | None = None


class _OciManifest(msgspec.Struct):
    """An image manifest or an image index: manifest.md, image-index.md."""

    config: _Descriptor | None = None
    layers: list[_Descriptor] = msgspec.field(default_factory=list)
    manifests: list[_Descriptor] = msgspec.field(default_factory=list)


class _Contents:
    """The outer archive's members by name."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._parts: dict[ImagePath, Part] = {}
        self._links: dict[ImagePath, ImagePath] = {}
        with archive.open("rb") as file:
            for member in members(FileReader(file, archive.stat().st_size)):
                path = image_path(member.name)
                if member.type == "0":
                    self._parts[path] = Part(member.offset, member.size)
                elif member.type == "2":
                    self._links[path] = join(parent(path), member.link)
                elif member.type == "1":
                    self._links[path] = image_path(member.link)

    def bundle(self) -> Bundle:
        if self._find("/manifest.json"):
            return self._from_docker()
        if self._find("/index.json"):
            return self._from_layout()
        raise ImageError(
            "this is no saved image",
            cause="the archive holds neither manifest.json nor index.json",
            remedy=_SAVE_AGAIN,
        )

    def _from_docker(self) -> Bundle:
        images = self._document("/manifest.json", list[_DockerManifest])
        if len({image.config for image in images}) != 1:
            raise ImageError(
                f"the archive holds {len(images)} images, not one", remedy="save the one image by its id"
            )
        return self._bundle(images[0].config, images[0].layers)

    def _from_layout(self) -> Bundle:
        pending = self._document("/index.json", _OciManifest).manifests
        found: dict[str, _OciManifest] = {}
        seen: set[str] = set()
        while pending:
            descriptor = pending.pop(0)
            platform = descriptor.platform or _Platform()
            if descriptor.digest in seen or platform.os == "unknown":  # attestations
                continue
            seen.add(descriptor.digest)
            if self._find(_blob(descriptor.digest)) is None:
                continue  # an index may list platforms that were not saved
            manifest = self._document(_blob(descriptor.digest), _OciManifest)
            pending = pending + manifest.manifests
            if manifest.config is not None:
                found[manifest.config.digest] = manifest
        if len(found) != 1:
            raise ImageError(
                f"the archive holds {len(found)} images, not one", remedy="save the one image by its id"
            )
        ((digest, manifest),) = found.items()
        return self._bundle(_blob(digest), [_blob(layer.digest) for layer in manifest.layers])

    def _bundle(self, config_name: str, layers: Sequence[str]) -> Bundle:
        config = self._read(config_name)
        digest = hashlib.sha256(config).hexdigest()
        named = config_name.rpartition("/")[2].removesuffix(".json")
        if _is_sha256(named) and named != digest:
            raise ImageError(
                "the image's configuration is damaged",
                cause=f"its digest is sha256:{digest}, it is named sha256:{named}",
                remedy=_SAVE_AGAIN,
            )
        parts = tuple(self._part(layer) for layer in layers)
        return Bundle(config, f"sha256:{digest}", parts, tuple(layers))

    def _find(self, name: str) -> Part | None:
        path = image_path(name)
        for _ in range(_MAX_LINKS):
            if path not in self._links:
                break
            path = self._links[path]
        return self._parts.get(path)

    def _part(self, name: str) -> Part:
        part = self._find(name)
        if part is None:
            raise ImageError(
                f"the saved image lacks {printable(name)}",
                cause="its manifest names it",
                remedy=_SAVE_AGAIN,
            )
        return part

    def _read(self, name: str) -> bytes:
        part = self._part(name)
        if part.size > MAX_DOCUMENT:
            raise ImageError(f"{printable(name)} of the saved image has {part.size} bytes")
        with self._archive.open("rb") as file:
            file.seek(part.offset)
            return file.read(part.size)

    def _document(self, name: str, form: type[_T]) -> _T:
        try:
            return msgspec.json.decode(self._read(name), type=form)
        except msgspec.MsgspecError as error:
            raise ImageError(
                f"{printable(name)} of the saved image cannot be understood",
                cause=str(error),
                remedy=_SAVE_AGAIN,
            ) from error


def _blob(digest: str) -> str:
    return "/blobs/" + digest.replace(":", "/", 1)


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")
