"""What an engine says of an image, and where a local overlay2 store keeps it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slim.engine.api_errors import from_message
from slim.engine.interface import ImageRecord
from slim.errors import EngineError


def image_record(reference: str, inspected: Mapping[str, Any], *, store: Path | None) -> ImageRecord:
    """The record of an image that the engine inspected: `GET /images/{name}/json`.

    `store` is the data folder of a local overlay2 engine that keeps owners as they are in the
    image; None where there is none. The layer folders are given only when every one of them is
    a folder that can be read and the image's own configuration is there too: a store that holds
    the file whose SHA-256 is the image's id is this engine's.
    """
    image_id = str(inspected["Id"])
    config_file = _config_file(store, image_id) if store is not None else None
    return ImageRecord(
        reference=reference,
        id=image_id,
        tags=tuple(sorted(inspected.get("RepoTags") or ())),
        architecture=str(inspected.get("Architecture") or ""),
        variant=str(inspected.get("Variant") or ""),
        os=str(inspected.get("Os") or ""),
        size=int(inspected.get("Size") or 0),
        layer_folders=_layer_folders(inspected) if config_file is not None else (),
        config_file=config_file,
    )


def _layer_folders(inspected: Mapping[str, Any]) -> tuple[Path, ...]:
    """Lowest first: overlay2's `LowerDir` names the folders below `UpperDir`, nearest first."""
    driver = inspected.get("GraphDriver") or {}
    data = driver.get("Data") or {}
    if driver.get("Name") != "overlay2" or not data.get("UpperDir"):
        return ()
    lower = [part for part in str(data.get("LowerDir") or "").split(":") if part]
    folders = tuple(Path(part) for part in (*reversed(lower), str(data["UpperDir"])))
    if len(folders) != len((inspected.get("RootFS") or {}).get("Layers") or ()):
        return ()
    return folders if all(_readable_folder(folder) for folder in folders) else ()


def _config_file(store: Path, image_id: str) -> Path | None:
    algorithm, _, digest = image_id.partition(":")
    path = store / "image" / "overlay2" / "imagedb" / "content" / algorithm / digest
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return path if hashlib.sha256(content).hexdigest() == digest else None


def _readable_folder(folder: Path) -> bool:
    try:
        return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
    except OSError:
        return False


def loaded_reference(action: str, messages: Iterator[Any]) -> str:
    """What the engine says it has loaded: `Loaded image: NAME` or `Loaded image ID: sha256:…`."""
    loaded: list[str] = []
    for message in messages:
        if "error" in message:
            raise from_message(action, str(message["error"]).strip())
        text = str(message.get("stream") or "").strip()
        for prefix in ("Loaded image ID:", "Loaded image:", "Loaded image(s):"):
            if text.startswith(prefix):
                # Podman separates several with commas
                loaded += [name.strip() for name in text.removeprefix(prefix).split(",") if name.strip()]
                break
    if not loaded:
        raise EngineError(action, cause="the engine did not say which image it has loaded")
    return loaded[0]
