"""Small images made by hand: real files in a folder, entries that say what they are."""

import dataclasses
import hashlib
import json
from pathlib import Path

from slim.oci.config import ImageConfig
from slim.oci.entry import Entry, Kind, Source
from slim.oci.image import Image
from slim.oci.path import image_path
from slim.oci.tree import Tree
from slim.plan import Plan, Reason

TIME = 1_700_000_000


class Handmade:
    """Collects entries; `image` makes the image of them. Every call returns self."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._entries: dict[str, Entry] = {}

    def add(self, path, kind, mode, **attributes):
        plain = {"uid": 0, "gid": 0, "size": 0, "mtime": TIME, "layer": 0}
        path = image_path(path)
        self._entries[path] = Entry(path, kind, mode, **{**plain, **attributes})
        return self

    def file(self, path, content=b"", *, mode=0o644, **attributes):
        host = self._folder / hashlib.sha256(image_path(path).encode("utf-8", "surrogateescape")).hexdigest()
        host.write_bytes(content)
        source = Source(str(host))
        return self.add(path, Kind.FILE, mode, **{"size": len(content), "source": source, **attributes})

    def folder(self, path, mode=0o755, **attributes):
        return self.add(path, Kind.DIRECTORY, mode, **attributes)

    def link(self, path, target, **attributes):
        return self.add(path, Kind.SYMLINK, 0o777, link_target=target, **attributes)

    def hard(self, *paths):
        """Make names of the first one's file of all `paths`."""
        first = min(paths)
        model = self._entries[paths[0]]
        for path in map(image_path, paths):
            self._entries[path] = dataclasses.replace(model, path=path, hard_link=first)
        return self

    def image(self, *, layers=1, reference="handmade:1", **fields) -> Image:
        """`fields` are the configuration's."""
        config = {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-01-31T00:00:00Z",
            "config": {"Cmd": ["/bin/true"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{n:064x}" for n in range(layers)]},
            "history": [{"created_by": f"step {n}"} for n in range(layers)],
            **fields,
        }
        raw = json.dumps(config).encode()
        digest = hashlib.sha256(raw + repr(sorted(self._entries.items())).encode("utf-8", "replace"))
        tree = Tree(self._entries, layers)
        return Image(
            reference=reference,
            id="sha256:" + digest.hexdigest(),
            tags=(reference,),
            size=tree.size,
            config=ImageConfig.parse(raw),
            tree=tree,
            read_from="by hand",
        )


def plan_keeping(image: Image, *paths: str) -> Plan:
    """Keeps `paths` with their folders; everything where none is given."""
    wanted = set(map(image_path, paths)) or set(image.tree)
    for path in list(wanted):
        while path != "/":
            path = path.rpartition("/")[0] or "/"
            wanted.add(path)
    kept = {path: (Reason("test", "wanted"),) for path in sorted(wanted)}
    return Plan(image.id, kept, {path: "not wanted" for path in image.tree if path not in kept})
