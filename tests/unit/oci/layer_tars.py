"""Layers and saved images as tests need them: made by the standard library's tarfile."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import zstandard

TYPES = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "link": tarfile.LNKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
}


def member(name, kind="file", content=b"", *, target="", mode=0o644, xattrs=(), device=(0, 0), **fields):
    """One member; `fields` are TarInfo's (uid, gid, mtime …)."""
    info = tarfile.TarInfo(name)
    info.type = TYPES[kind]
    info.linkname = target
    info.mode = mode
    info.size = len(content)
    info.devmajor, info.devminor = device
    for key, value in fields.items():
        setattr(info, key, value)
    for key, value in dict(xattrs).items():
        info.pax_headers["SCHILY.xattr." + key] = value.decode("utf-8", "surrogateescape")
    return info, content


def layer_tar(*members, form=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def plain(data):
    return data


PACKERS = {"plain": plain, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}


def config_of(layers, **fields):
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            **fields,
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        }
    ).encode()


def docker_archive(*layers, config=None, pack=plain):
    """As Docker before 25 saves an image: a layer that occurs again is a symlink to the first."""
    config = config_of(layers) if config is None else config
    name = hashlib.sha256(config).hexdigest() + ".json"
    outer = [member(name, content=config)]
    seen = {}
    paths = []
    for number, layer in enumerate(layers):
        path = f"{number:064x}/layer.tar"
        paths.append(path)
        if layer in seen:
            outer.append(member(path, "symlink", target=f"../{seen[layer]}"))
        else:
            seen[layer] = path
            outer.append(member(path, content=pack(layer)))
    manifest = [{"Config": name, "RepoTags": None, "Layers": paths}]
    outer.append(member("manifest.json", content=json.dumps(manifest).encode()))
    return layer_tar(*outer)


def oci_archive(*layers, pack=plain, attested=False):
    """As an OCI image layout holds it, with an attestation beside it where asked for."""
    blobs = {}

    def blob(data):
        blobs[digest(data)] = data
        return {"digest": digest(data), "size": len(data)}

    manifest = {
        "schemaVersion": 2,
        "config": blob(config_of(layers)),
        "layers": [blob(pack(x)) for x in layers],
    }
    listed = [blob(json.dumps(manifest).encode())]
    if attested:
        other = {"schemaVersion": 2, "config": blob(b"{}"), "layers": []}
        entry = blob(json.dumps(other).encode())
        listed.append({**entry, "platform": {"os": "unknown", "architecture": "unknown"}})
        nested = blob(json.dumps({"schemaVersion": 2, "manifests": listed}).encode())
        listed = [nested]
    outer = [member("blobs/" + key.replace(":", "/"), content=data) for key, data in sorted(blobs.items())]
    outer.append(member("index.json", content=json.dumps({"schemaVersion": 2, "manifests": listed}).encode()))
    outer.append(member("oci-layout", content=b'{"imageLayoutVersion": "1.0.0"}'))
    return layer_tar(*outer)


def saved(folder: Path, data):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "image.tar"
    path.write_bytes(data)
    return path
