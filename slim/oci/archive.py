"""Reading a saved image: the portable way into any engine's images."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import zstandard

from slim.errors import HostError, ImageError
from slim.oci.bundle import Bundle, Part, read_bundle
from slim.oci.changeset import read_changeset
from slim.oci.config import ImageConfig
from slim.oci.content import open_source
from slim.oci.entry import Source
from slim.oci.layers import Layer, flatten
from slim.oci.streams import ChunkReader
from slim.oci.tarball import members
from slim.oci.tree import Tree

_CHUNK = 1 << 20
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


@dataclass(frozen=True)
class ArchivedImage:
    """A saved image, indexed."""

    config: bytes
    """The configuration's raw bytes."""
    config_digest: str
    """`sha256:` and the digest of these bytes: the image's id."""
    tree: Tree
    """Its file system. The contents stay where they are: the archive and the spool folder must
    live as long as the Tree is read from."""
    diff_ids: tuple[str, ...]
    """The digests of the uncompressed layers, the lowest first, all of them verified."""


def spool_stream(chunks: Iterable[bytes], path: Path) -> int:
    """Write a stream to the new file `path`; the number of bytes.

    Raises HostError where the disk is full or the file cannot be written; a file that is not
    complete does not stay.
    """
    size = 0
    try:
        with path.open("xb", buffering=0) as file:
            for chunk in chunks:
                _write(file, chunk)
                size += len(chunk)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _spool_error(error, path) from error
        raise
    return size


def read_archive(path: Path, spool_folder: Path) -> ArchivedImage:
    """Index the saved image at `path`: Docker's and Podman's archives and OCI layouts.

    Each layer is read once, in pieces: hashed, parsed and, where it is compressed (gzip or
    zstd), written uncompressed into `spool_folder`. Raises ImageError where a digest does not
    agree or a layer is damaged, HostError where the spool folder is full.
    """
    bundle = read_bundle(path)
    config = ImageConfig.parse(bundle.config)
    if len(config.diff_ids) != len(bundle.layers):
        raise ImageError(
            "the saved image is damaged",
            cause=f"its configuration has {len(config.diff_ids)} layers, its manifest {len(bundle.layers)}",
            remedy="save the image again",
        )
    layers = _from_the_top(path, bundle, config.diff_ids, spool_folder)
    tree = flatten(layers, len(bundle.layers))
    return ArchivedImage(bundle.config, bundle.config_digest, tree, config.diff_ids)


def _from_the_top(
    archive: Path, bundle: Bundle, diff_ids: tuple[str, ...], spool_folder: Path
) -> Iterator[Layer]:
    for index in range(len(bundle.layers) - 1, -1, -1):
        try:
            yield _read_layer(archive, bundle.layers[index], index, diff_ids[index], spool_folder)
        except ImageError as error:
            raise ImageError(
                f"layer {index} of the image ({diff_ids[index]}): {error.message}",
                cause=error.cause,
                remedy=error.remedy or "save or pull the image again",
            ) from error


def _read_layer(archive: Path, part: Part, index: int, diff_id: str, spool_folder: Path) -> Layer:
    algorithm, _, expected = diff_id.partition(":")
    if algorithm not in ("sha256", "sha512"):
        raise ImageError(f"the digest {diff_id} is of an unknown kind")
    digest = hashlib.new(algorithm)
    with open_source(Source(str(archive), part.offset), part.size) as file:
        compression = _compression(file)
        if compression:
            spool = spool_folder / f"layer-{index}.tar"
            chunks = _unpacked(file, compression, spool)
            source, base = spool, 0
        else:
            chunks = _pieces(file)
            source, base = archive, part.offset
        reader = ChunkReader(_hashed(chunks, digest))
        layer = read_changeset(members(reader), index, str(source), base)
        reader.drain()
    if digest.hexdigest() != expected:
        raise ImageError(
            "its content is not what the configuration says",
            cause=f"its digest is {algorithm}:{digest.hexdigest()}, it should be {diff_id}",
            remedy="the image is damaged: build or pull it again",
        )
    return layer


def _compression(file: BinaryIO) -> str:
    """What packed the bytes, by their beginning; empty for a plain archive."""
    magic = file.read(6)
    file.seek(0)
    return next((name for start, name in _COMPRESSIONS.items() if magic.startswith(start)), "")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def _hashed(chunks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _unpacked(file: BinaryIO, compression: str, spool: Path) -> Iterator[bytes]:
    """The uncompressed bytes, written to `spool` as they pass."""
    try:
        with spool.open("xb", buffering=0) as out:
            for piece in _pieces(_decompressor(file, compression)):
                _write(out, piece)
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise ImageError(f"its {compression} data is damaged", cause=str(error)) from error
    except OSError as error:
        raise _spool_error(error, spool) from error


def _decompressor(file: BinaryIO, compression: str) -> IO[bytes]:
    if compression == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if compression == "zstd":
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
        return cast(IO[bytes], reader)
    raise ImageError(f"it is compressed with {compression}", cause="OCI layers are plain, gzip or zstd")


def _write(file: io.FileIO, chunk: bytes) -> None:
    """All of `chunk`: write(2) may take less."""
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _spool_error(error: OSError, path: Path) -> HostError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return HostError(
        f"cannot write {path}",
        cause=error.strerror or str(error),
        remedy=f"free some space in {path.parent}, or set TMPDIR to a folder on a larger disk"
        if full
        else "",
    )
