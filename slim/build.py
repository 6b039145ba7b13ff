"""Writing the slim image: the kept entries of the fat one, its config carried over.

The result is an archive that `docker load` takes. Contents come from the fat image's own
layers, never from a container that ran. The same image and plan give the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from slim.errors import HostError, InternalError, UsageError
from slim.oci.config import History
from slim.oci.entry import Entry
from slim.oci.image import Image
from slim.oci.path import ROOT, ImagePath, ancestors, parent, printable
from slim.oci.tree import Tree
from slim.oci.write import ImageArchive, Member, layer_name
from slim.plan import Plan

Layers = Literal["mirror", "single"]

_BUFFER_BYTES = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class LayerSummary:
    """One layer of the slim image."""

    index: int
    """The fat image's layer that it mirrors, 0 the lowest; 0 for a single layer."""
    diff_id: str
    """`sha256:` and the digest of its uncompressed tar."""
    files: int
    """Paths that are its own, folders included; folders that it only repeats are not counted."""
    size: int
    """Bytes of content; a set of hard links counts once."""
    archive_size: int
    """Bytes of its tar."""


@dataclass(frozen=True)
class BuiltImage:
    """A slim image in an archive, not yet loaded."""

    id: str
    """`sha256:` and the digest of its config: what the engine will call it."""
    size: int
    """Bytes of content; a set of hard links counts once."""
    files: int
    """Paths, folders included: the length of its Tree."""
    layers: tuple[LayerSummary, ...]
    archive: Path


@dataclass(frozen=True)
class _Layer:
    """What goes into one layer, before it is written."""

    index: int
    members: tuple[Member, ...]
    own: int
    size: int


def build_archive(
    image: Image, plan: Plan, destination: Path, *, layers: Layers = "mirror", reference: str = ""
) -> BuiltImage:
    """Write what `plan` keeps of `image` to `destination`, as `docker save` would.

    With `mirror`, the i-th layer holds the kept entries of the fat image's i-th layer, and
    layers of which nothing is kept are left out; `single` puts everything in one. With
    `reference` (a tag is added where it has none), loading the archive tags the image.

    Raises UsageError for a plan of another image, InternalError for a plan that is not
    closed under parent folders, ImageError where the fat image cannot be read, HostError where
    `destination` cannot be written; no partial file is left then.
    """
    kept = _checked(image, plan)
    planned = _mirrored(image.tree, kept) if layers == "mirror" else _single(image.tree, kept)
    try:
        return _write(image, planned, destination, reference, mirror=layers == "mirror", files=len(kept))
    except OSError as error:
        _remove(destination)
        raise _unwritable(destination, error) from error
    except BaseException:
        _remove(destination)
        raise


def _remove(partial: Path) -> None:
    with suppress(OSError):  # what stopped us is reported; this would only hide it
        partial.unlink()


def _checked(image: Image, plan: Plan) -> tuple[ImagePath, ...]:
    """The kept paths, sorted, the root among them; parents before what they hold."""
    if plan.image != image.id:
        raise UsageError(
            "the plan belongs to another image",
            cause=f"it was made for {plan.image}, but this image is {image.id}",
            remedy="make a new plan for this image",
        )
    kept = {ROOT, *plan.kept}
    for path in sorted(kept):
        entry = image.tree.get(path)
        if entry is None:
            raise InternalError(f"the plan keeps {printable(path)}, which the image does not hold")
        if parent(path) not in kept:
            raise InternalError(
                f"the plan keeps {printable(path)} without its folder {printable(parent(path))}"
            )
    return tuple(sorted(kept))


def _single(tree: Tree, kept: Sequence[ImagePath]) -> list[_Layer]:
    """Everything in one layer, but the root folder: no engine takes its attributes from a layer."""
    entries = [tree[path] for path in kept if path != ROOT]
    return [_layer(0, entries, own=len(entries))]


def _mirrored(tree: Tree, kept: Sequence[ImagePath]) -> list[_Layer]:
    """One layer for each layer of the fat image of which something is kept.

    Every layer holds the folders above its entries, since an engine that unpacks a layer into
    a folder of its own (moby's overlay2) makes missing ones with a mode of its choosing, and
    they hide those of the layers below. A folder that comes from a lower layer is repeated as it
    is. One that comes from a higher layer gets plain attributes, which the higher layer
    replaces: a change up there must not reach down here.
    """
    own: dict[int, dict[ImagePath, Entry]] = {}
    for path in kept:
        if path != ROOT:
            entry = tree[path]
            own.setdefault(entry.layer, {})[path] = entry
    if not own:
        return _single(tree, kept)
    result = []
    for index, entries in sorted(own.items()):
        folders = {folder for path in entries for folder in ancestors(path)} - {ROOT}
        entries = dict(entries)
        count = len(entries)
        for folder in folders - entries.keys():
            entry = tree[folder]
            entries[folder] = entry if entry.layer <= index else _plain_folder(entry)
        result.append(_layer(index, [entries[path] for path in sorted(entries)], own=count))
    return result


def _plain_folder(entry: Entry) -> Entry:
    return replace(entry, mode=0o755, uid=0, gid=0, mtime=0, xattrs=())


def _layer(index: int, entries: Iterable[Entry], *, own: int) -> _Layer:
    """Hard links: the first kept name of a set is the file, the others link to it."""
    first: dict[ImagePath, ImagePath] = {}
    members = []
    size = 0
    for entry in entries:
        target = None if entry.hard_link is None else first.setdefault(entry.hard_link, entry.path)
        if target is None or target == entry.path:
            members.append(Member(entry))
            size += entry.size
        else:
            members.append(Member(entry, target))
    return _Layer(index, tuple(members), own, size)


def _write(
    image: Image, planned: Sequence[_Layer], destination: Path, reference: str, *, mirror: bool, files: int
) -> BuiltImage:
    summaries = []
    with destination.open("wb", buffering=_BUFFER_BYTES) as output:
        archive = ImageArchive(output)
        for layer in planned:
            written = archive.add_layer(layer.members, image.tree.open)
            summaries.append(LayerSummary(layer.index, written.diff_id, layer.own, layer.size, written.size))
        history = slim_history(
            image.config.history,
            image.tree.layers,
            [summary.index for summary in summaries] if mirror else None,
            created=image.config.created,
        )
        config = image.config.with_layers(tuple(s.diff_id for s in summaries), history)
        digest = hashlib.sha256(config).hexdigest()
        archive.add_file(f"{digest}.json", config)
        archive.add_file("manifest.json", _manifest(digest, summaries, reference))
        archive.finish()
    return BuiltImage(
        id=f"sha256:{digest}",
        size=sum(summary.size for summary in summaries),
        files=files,
        layers=tuple(summaries),
        archive=destination,
    )


def _manifest(digest: str, layers: Sequence[LayerSummary], reference: str) -> bytes:
    if reference and ":" not in reference.rpartition("/")[2]:
        reference += ":latest"
    return json.dumps(
        [
            {
                "Config": f"{digest}.json",
                "RepoTags": [reference] if reference else None,
                "Layers": [layer_name(layer.diff_id.removeprefix("sha256:")) for layer in layers],
            }
        ]
    ).encode()


def slim_history(
    history: Sequence[History], layers: int, written: Sequence[int] | None, *, created: str = ""
) -> tuple[History, ...]:
    """The history for an image that holds, of `layers` layers, only those in `written` (sorted),
    or one layer in place of all where that is None.

    OCI image-spec config.md: steps without `empty_layer` stand for the layers in order.
    A step whose layer is gone becomes an empty one. An image without history stays so; one
    whose history does not match its layers keeps its steps as empty ones, and gets one step
    a layer.
    """
    if not history:
        return ()
    owners = [index for index, step in enumerate(history) if not step.empty_layer]
    if written is not None and len(owners) == layers:
        present = {owners[index] for index in written}
        return tuple(replace(step, empty_layer=index not in present) for index, step in enumerate(history))
    count = 1 if written is None else len(written)
    emptied = (replace(step, empty_layer=True) for step in history)
    return (*emptied, *(History(created=created, created_by="slim") for _ in range(count)))


def _unwritable(destination: Path, error: OSError) -> HostError:
    remedy = "check the folder's permissions, or point TMPDIR to another one"
    if error.errno in _FULL:
        remedy = "free some disk space, or point TMPDIR to a disk that has room for the slim image"
    return HostError(
        f"the slim image cannot be written to {destination}",
        cause=error.strerror or str(error),
        remedy=remedy,
    )
