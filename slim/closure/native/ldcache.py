"""Reading what ldconfig(8) reads and writes: /etc/ld.so.conf and /etc/ld.so.cache."""

from __future__ import annotations

import struct

from slim.oci.entry import Kind
from slim.oci.path import ImagePath, image_path
from slim.oci.tree import Outcome, Tree

_OLD_MAGIC = b"ld.so-1.7.0"
_NEW_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_ENTRY_BYTES = 12
_NEW_HEADER = struct.Struct("=20sIIB3xIIII")
_NEW_ENTRY = struct.Struct("=iIIIQ")

MAX_INCLUDED_FILES = 256


def read_cache(tree: Tree) -> dict[str, tuple[ImagePath, ...]]:
    """Soname → the paths that /etc/ld.so.cache of the image gives for it, in its order.

    The format is glibc's dl-cache.h: the new one alone, or behind the old one. Empty where
    there is no cache, or one that is not as it should be: the loader ignores it then too.
    """
    data = _content(tree, "/etc/ld.so.cache")
    start = 0
    if data.startswith(_OLD_MAGIC):
        count = int.from_bytes(data[12:16], "little")
        start = (16 + count * _OLD_ENTRY_BYTES + 7) // 8 * 8
    data = data[start:]
    if not data.startswith(_NEW_MAGIC) or len(data) < _NEW_HEADER.size:
        return {}
    for order in ("little", "big"):
        mark = "<" if order == "little" else ">"
        count = struct.unpack_from(mark + "I", data, 20)[0]
        if 48 + count * 24 <= len(data):
            break
    else:
        return {}
    found: dict[str, list[ImagePath]] = {}
    for index in range(count):
        _, name_at, path_at = struct.unpack_from(mark + "iII", data, 48 + index * 24)
        name, path = _string(data, name_at), _string(data, path_at)
        if name and path.startswith("/"):
            found.setdefault(name, []).append(image_path(path))
    return {name: tuple(dict.fromkeys(paths)) for name, paths in found.items()}


def _string(data: bytes, offset: int) -> str:
    end = data.find(b"\0", offset)
    return data[offset:end].decode("utf-8", "surrogateescape") if 0 <= offset < end else ""


def read_conf(tree: Tree) -> tuple[str, ...]:
    """The folders that /etc/ld.so.conf of the image lists, `include` globs followed; ldconfig(8)."""
    folders: dict[str, None] = {}
    todo = ["/etc/ld.so.conf"]
    done: set[str] = set()
    while todo and len(done) < MAX_INCLUDED_FILES:
        path = todo.pop(0)
        if path in done:
            continue
        done.add(path)
        included: list[str] = []
        for line in _content(tree, path).decode("utf-8", "surrogateescape").splitlines():
            words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
            if words[:1] == ["include"]:
                for pattern in words[1:]:
                    absolute = pattern if pattern.startswith("/") else f"/etc/{pattern}"
                    included += tree.glob(absolute)
            elif words[:1] != ["hwcap"]:
                folders.update((word.partition("=")[0], None) for word in words if word.startswith("/"))
        todo = included + todo
    return tuple(folders)


def read_musl_path(tree: Tree, architecture: str) -> tuple[str, ...]:
    """The folders musl's loader searches by default: /etc/ld-musl-ARCH.path, else its own three."""
    text = _content(tree, f"/etc/ld-musl-{architecture}.path").decode("utf-8", "surrogateescape")
    folders = tuple(folder for line in text.splitlines() for folder in line.split(":") if folder)
    return folders or ("/lib", "/usr/local/lib", "/usr/lib")


def _content(tree: Tree, raw: str) -> bytes:
    found = tree.resolve(raw)
    if found.outcome is not Outcome.FOUND or tree[found.path].kind is not Kind.FILE:
        return b""
    return tree.read(found.path)
