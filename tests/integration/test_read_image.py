"""Both ways of reading an image give the same Tree, entry by entry and byte by byte.

What Docker itself does not carry, and so no reader can show:
- the entry that an archive has for the root folder: no engine applies it;
- a folder's metadata where the archive has no entry for it (Docker's overlay2 makes such a
  folder root's, mode 0755, with the time of the pull): the readers agree on what lies below;
- extended attributes other than `security.capability` that a RUN or COPY step sets: Docker's
  archiver leaves them out of the layer it makes. Those of an imported or loaded layer stay;
- sockets, and fractions of a second in a layer that Docker made.
"""

import dataclasses
import hashlib
import io
import json
import secrets
import subprocess
import tarfile

import docker
import pytest
from image_of_folder import build_image
from images.build import build

from slim.engine.read import LAYER_FOLDERS, SAVE_STREAM, read_image, read_record
from slim.errors import ImageError
from slim.oci.entry import Kind

pytestmark = pytest.mark.engine

STEPS = r"""
RUN mkdir -p /t/deleted/sub /t/kept /t/opaque/old /t/becomes-file/in /t/empty /t/deep/a/b/c \
 && echo 1 >/t/deleted/sub/f && echo 2 >/t/kept/f && echo 3 >/t/opaque/old/f \
 && echo 4 >/t/becomes-file/in/f \
 && echo 5 >/t/becomes-folder && echo 6 >/t/file && echo 7 >/t/mode-only && echo 8 >/t/owner-only \
 && echo 9 >/t/link-1 && ln /t/link-1 /t/link-2 && ln /t/link-1 /t/kept/link-3 \
 && echo same >/t/h1 && ln /t/h1 /t/h2 \
 && mknod /t/zero c 1 5 && mknod /t/disk b 8 1 && mkfifo -m 620 /t/pipe && ln /t/pipe /t/pipe-again \
 && ln -s kept /t/to-kept && ln -s /nowhere /t/dangling && ln -s loop /t/loop \
 && mkdir -m 1777 /t/sticky && mkdir -m 2775 /t/set-gid && chgrp 50 /t/set-gid \
 && printf latin >"$(printf '/t/caf\351')" && mkdir "$(printf '/t/\377dir')" \
 && printf x >"$(printf '/t/\377dir/a\nb')" \
 && touch -d '1969-12-31 23:00:00' /t/before-time && touch -d '2001-02-03 04:05:06.987654321' /t/fraction \
 && n=$(printf 'n%.0s' $(seq 200)) && mkdir /t/$n && echo long >/t/$n/$n && ln -s /t/$n/$n /t/to-long \
 && cp /bin/true /t/set-uid && chmod 4755 /t/set-uid && chown 1234:5678 /t/owner-only
ADD capable.tar /t/
RUN rm -r /t/deleted /t/file /t/link-2 /t/pipe-again && rm -r /t/opaque && mkdir /t/opaque \
 && echo new >/t/opaque/new \
 && rm -r /t/becomes-file && echo file >/t/becomes-file && rm /t/becomes-folder && mkdir /t/becomes-folder \
 && echo in >/t/becomes-folder/in && rm /usr/share/doc -r && rm /t/to-kept && mkdir /t/to-kept
RUN chmod 700 /t/kept && chmod 600 /t/mode-only && chown 7:8 /t/owner-only && touch /t/empty \
 && chmod g-s /t/set-gid
RUN echo back >/t/deleted && rm -rf /t/deep/a && mkdir -p /t/deep/a/b && echo h >>/t/h2 \
 && rm /t/opaque/new \
 && echo again >/t/opaque/old
"""


@pytest.fixture
def name():
    """A name for one image, removed in the end."""
    reference = f"slim-test-read:{secrets.token_hex(6)}"
    yield reference
    subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False)


def both(engine, reference, tmp_path):
    """The image, read both ways; the two must say the same."""
    (tmp_path / "spool").mkdir()
    fast = read_image(engine, reference, tmp_path / "none")
    slow = read_image(engine, reference, tmp_path / "spool", portable=True)
    assert (fast.read_from, fast.note, slow.read_from) == (LAYER_FOLDERS, "", SAVE_STREAM)
    assert (fast.id, fast.config, fast.tags) == (slow.id, slow.config, slow.tags)
    assert list(fast.tree) == list(slow.tree)
    for one, other in zip(fast.tree.entries(), slow.tree.entries(), strict=True):
        assert (one.identity(), one.layer) == (other.identity(), other.layer)
        if one.kind is Kind.FILE:
            assert content_digest(fast.tree, one.path) == content_digest(slow.tree, one.path), one.path
    assert fast.tree.size == slow.tree.size
    return fast.tree


def content_digest(tree, path):
    with tree.open(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def capable_tar():
    """A program with `cap_net_raw+ep`: struct vfs_cap_data, revision 2 (linux/capability.h)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        info = tarfile.TarInfo("capable")
        info.mode, info.size = 0o755, 3
        value = (0x02000001).to_bytes(4, "little") + (1 << 13).to_bytes(4, "little") + bytes(12)
        info.pax_headers = {"SCHILY.xattr.security.capability": value.decode("utf-8", "surrogateescape")}
        tar.addfile(info, io.BytesIO(b"ELF"))
    return buffer.getvalue()


def test_an_image_built_in_layers_that_delete_replace_and_change(engine, name, tmp_path):
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {build('base')}\n{STEPS}")
    (context / "capable.tar").write_bytes(capable_tar())
    build_image(name, context)
    tree = both(engine, name, tmp_path)
    assert tree.layers == 6
    assert tree.children("/t/opaque") == ("/t/opaque/old",)
    assert tree["/t/opaque/old"].kind is Kind.FILE
    assert tree["/t/becomes-file"].kind is Kind.FILE
    assert tree.children("/t/becomes-folder") == ("/t/becomes-folder/in",)
    assert tree.read("/t/deleted") == b"back\n"
    assert tree.children("/t/deep/a/b") == () == tree.children("/usr/share/doc")
    assert (tree["/t/kept"].mode, tree["/t/kept"].layer, tree["/t/kept/f"].layer) == (0o700, 4, 1)
    assert (tree["/t/owner-only"].uid, tree["/t/owner-only"].gid) == (7, 8)
    assert tree.hard_links("/t/link-1") == ("/t/kept/link-3", "/t/link-1")
    assert tree["/t/pipe"].hard_link is None
    assert (tree["/t/h1"].hard_link, tree["/t/h2"].hard_link) == (None, None), "copied up alone"
    assert (tree["/t/zero"].device, tree["/t/disk"].kind) == ((1, 5), Kind.BLOCK_DEVICE)
    assert [tree[p].mode for p in ("/t/sticky", "/t/set-gid", "/t/set-uid")] == [0o1777, 0o775, 0o4755]
    assert tree.read("/t/caf\udce9") == b"latin"
    assert tree.read("/t/\udcffdir/a\nb") == b"x"
    assert (tree["/t/before-time"].mtime, tree["/t/fraction"].mtime) == (0, 981173106)
    assert dict(tree["/t/capable"].xattrs)["security.capability"][:4] == (0x02000001).to_bytes(4, "little")


def test_layers_that_no_docker_wrote(engine, name, tmp_path):
    """Loaded as they are: no entries for folders, links on the way, attributes, odd headers."""

    def layer(*members, form=tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as tar:
            for path, kind, fields in members:
                info = tarfile.TarInfo(path)
                info.type = kind
                content = fields.pop("content", b"")
                info.size = len(content)
                for key, value in fields.items():
                    setattr(info, key, value)
                tar.addfile(info, io.BytesIO(content))
        return buffer.getvalue()

    file, folder, symlink, link = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
    user = {"SCHILY.xattr.user.note": "kept", "SCHILY.xattr.user.other": "a=b"}
    layers = [
        layer(
            ("./", folder, {"mode": 0o700, "uid": 9, "mtime": 5}),
            ("./tmp/", folder, {"mode": 0o1777, "mtime": 1000}),
            ("./usr/lib/", folder, {"mode": 0o711, "mtime": 1000}),
            ("./lib", symlink, {"linkname": "usr/lib"}),
            ("./lib/libc.so", file, {"content": b"elf", "mtime": 1_600_000_000.75, "pax_headers": user}),
            ("./lib/again", link, {"linkname": "./lib/libc.so", "mtime": 1_600_000_001}),
            ("./lib/sub/", folder, {"mode": 0o750}),
            ("./noted", folder, {"pax_headers": user, "mode": 0o755}),
            ("implied/deep/file", file, {"content": b"1", "uid": 70000, "gid": 3_000_000_000}),
            ("old", file, {"mtime": -5}),
            ("dev/null", tarfile.CHRTYPE, {"devmajor": 1, "devminor": 3}),
            ("gone/a", file, {}),
            ("gone/b/c", file, {}),
        ),
        layer(
            ("tmp/new", file, {"content": b"in a folder that is only implied"}),
            ("gone/.wh.a", file, {}),
            ("gone/.wh.b", file, {}),
            ("usr/.wh..wh..opq", file, {}),
            ("usr/bin/" + "x" * 200 + "/" + "y" * 150, file, {"content": b"long"}),
            form=tarfile.GNU_FORMAT,
        ),
        layer(),
        layer(("only/.wh.nothing", file, {})),
    ]
    client = docker.from_env()
    try:
        client.images.load(archive(layers, name))
    finally:
        client.close()
    tree = both(engine, name, tmp_path)
    assert (tree["/"].mode, tree["/"].uid, tree["/"].mtime) == (0o755, 0, 0)
    assert (tree["/tmp"].mode, tree["/tmp"].layer) == (0o1777, 0)
    assert tree.children("/usr") == ("/usr/bin",)
    assert tree.children("/gone") == ()
    assert (tree["/implied/deep"].mode, tree["/implied/deep"].mtime) == (0o755, 0)
    assert (tree["/implied/deep/file"].uid, tree["/implied/deep/file"].gid) == (70000, 3_000_000_000)
    assert dict(tree["/noted"].xattrs) == {"user.note": b"kept", "user.other": b"a=b"}
    assert tree["/only"].kind is Kind.DIRECTORY


def archive(layers, reference):
    """What `docker load` takes."""
    diff_ids = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    config = {
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/x"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}, "x-unknown": [1.50, None],
    }  # fmt: skip
    parts = {f"{number}.tar": layer for number, layer in enumerate(layers)}
    names = list(parts)
    parts["config.json"] = json.dumps(config).encode()
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": names}]
    parts["manifest.json"] = json.dumps(manifest).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for part, data in parts.items():
            info = tarfile.TarInfo(part)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("recipe", ["metadata", "flask-local", "static"])
def test_the_sample_images(engine, tmp_path, recipe):
    assert len(both(engine, build(recipe), tmp_path)) > 5


def test_where_the_store_is_not_what_it_seems_the_save_stream_is_read_and_says_why(engine, tmp_path):
    """The engine's own record with a damaged configuration beside it, as after a bad disk."""
    record = engine.find_image(build("static"))
    copy = tmp_path / "config"
    copy.write_bytes(record.config_file.read_bytes() + b" ")

    damaged = dataclasses.replace(record, config_file=copy)
    image = read_record(engine, damaged, tmp_path)
    assert image.read_from == SAVE_STREAM
    assert "damaged" in image.note
    assert list(image.tree) == list(read_image(engine, record.reference, tmp_path / "none").tree)


def test_no_such_image_is_an_image_error(engine, tmp_path):
    with pytest.raises(ImageError):
        read_image(engine, "slim-test-read:never-made", tmp_path)
