"""Reading an image out of an engine, the fastest way that its engine allows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from slim.engine.interface import Engine, ImageRecord
from slim.errors import ImageError
from slim.oci.archive import read_archive, spool_stream
from slim.oci.config import ImageConfig
from slim.oci.image import Image
from slim.oci.overlay import read_layer_folders
from slim.oci.tree import Tree

LAYER_FOLDERS = "layer folders"
SAVE_STREAM = "save stream"


def read_image(engine: Engine, reference: str, spool_folder: Path, *, portable: bool = False) -> Image:
    """The engine's image `reference`, read.

    From the layer folders of a local overlay2 store where the engine shows them and they can be
    trusted; else, and always with `portable`, through the engine's save stream, spooled into
    `spool_folder`, which must live as long as the image's contents are read. Both ways give the
    same Tree. Raises ImageError, EngineError, HostError (disk full).
    """
    return read_record(engine, engine.find_image(reference), spool_folder, portable=portable)


def read_record(engine: Engine, record: ImageRecord, spool_folder: Path, *, portable: bool = False) -> Image:
    """The image of `record`, read as `read_image` does."""
    note = ""
    if record.layer_folders and not portable:
        try:
            config, tree = _from_folders(record)
            return _image(record, config, tree, LAYER_FOLDERS)
        except ImageError as error:
            note = str(error)
    archive = spool_folder / "image.tar"
    spool_stream(engine.save_image(record.id), archive)
    saved = read_archive(archive, spool_folder)
    if saved.config_digest != record.id:
        raise ImageError(
            f"the engine saved another image than {record.reference}",
            cause=f"its id is {saved.config_digest}, it should be {record.id}",
            remedy="the image may have been built anew meanwhile: run slim again",
        )
    return _image(record, ImageConfig.parse(saved.config), saved.tree, SAVE_STREAM, note)


def _image(record: ImageRecord, config: ImageConfig, tree: Tree, read_from: str, note: str = "") -> Image:
    return Image(
        reference=record.reference,
        id=record.id,
        tags=record.tags,
        size=record.size,
        config=config,
        tree=tree,
        read_from=read_from,
        note=note,
    )


def _from_folders(record: ImageRecord) -> tuple[ImageConfig, Tree]:
    """The fast way. Raises ImageError where the store is not what it seems."""
    if record.config_file is None:
        raise ImageError("the engine's store shows no configuration")
    config = ImageConfig.parse(_read_verified(record.config_file, record.id))
    if len(config.diff_ids) != len(record.layer_folders):
        raise ImageError(
            "the engine's store is inconsistent",
            cause=f"{len(config.diff_ids)} layers in the configuration, {len(record.layer_folders)} folders",
        )
    layers = _layer_records(record.config_file, config.diff_ids)
    for layer, folder in zip(layers, record.layer_folders, strict=True):
        if _text(layer / "cache-id") != folder.parent.name:
            raise ImageError(
                "the engine's store is inconsistent", cause=f"{folder} is not the folder of {layer.name}"
            )
    listings = [layer / "tar-split.json.gz" for layer in layers]
    return config, read_layer_folders(record.layer_folders, listings=listings)


def _layer_records(config_file: Path, diff_ids: Sequence[str]) -> list[Path]:
    """The store's record folder of each layer, by its chain id (config.md, "Layer ChainID").

    The configuration is `image/<driver>/imagedb/content/sha256/<id>`, a layer's record
    `image/<driver>/layerdb/sha256/<chain id>`.
    """
    store = config_file.parents[3] / "layerdb" / "sha256"
    chain = ""
    records = []
    for diff_id in diff_ids:
        joined = f"{chain} {diff_id}".encode()
        chain = "sha256:" + hashlib.sha256(joined).hexdigest() if chain else diff_id
        records.append(store / chain.partition(":")[2])
    return records


def _read_verified(file: Path, expected: str) -> bytes:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot read {file}", cause=error.strerror or str(error)) from error
    digest = "sha256:" + hashlib.sha256(raw).hexdigest()
    if digest != expected:
        raise ImageError(f"{file} is damaged", cause=f"its digest is {digest}, it should be {expected}")
    return raw


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise ImageError(f"cannot read {file}", cause=error.strerror or str(error)) from error
