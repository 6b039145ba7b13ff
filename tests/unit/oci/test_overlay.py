"""overlay2 layer folders: the same form on a real disk, made here by root's own hands."""

import contextlib
import gzip
import json
import os
import socket
import stat
import subprocess

import pytest

from slim.errors import ImageError
from slim.oci.entry import Kind
from slim.oci.overlay import read_layer_folders


@pytest.fixture
def layers(tmp_path):
    """`layers(2)` makes empty layer folders, the lowest first."""

    def make(count):
        folders = [tmp_path / str(number) / "diff" for number in range(count)]
        for folder in folders:
            folder.mkdir(parents=True)
        return folders

    return make


def write(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def whiteout(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))


def files(tree):
    return {e.path: tree.read(e.path) for e in tree.entries() if e.kind is Kind.FILE}


def test_upper_layers_win_and_whiteouts_remove(layers):
    low, mid, top = layers(3)
    for name in ("a", "b", "d/x", "d/y/z", "e"):
        write(low / name, name.encode())
    write(mid / "a", b"new")
    whiteout(mid / "d" / "x")
    whiteout(mid / "e")
    write(top / "e", b"again")
    tree = read_layer_folders([low, mid, top])
    assert files(tree) == {"/a": b"new", "/b": b"b", "/d/y/z": b"d/y/z", "/e": b"again"}
    assert [tree[p].layer for p in ("/a", "/b", "/e", "/d", "/d/y")] == [1, 0, 2, 1, 0]
    assert tree.layers == 3


def test_an_opaque_folder_hides_all_below(layers):
    low, mid, top = layers(3)
    write(low / "d/old")
    write(mid / "d/new")
    os.setxattr(mid / "d", "trusted.overlay.opaque", b"y")
    write(top / "d/newest")
    assert set(files(read_layer_folders([low, mid, top]))) == {"/d/new", "/d/newest"}


def test_a_file_in_a_folders_place_ends_it_for_good(layers):
    low, mid, top = layers(3)
    write(low / "p/old")
    write(mid / "p", b"file")
    write(top / "p/new")
    assert set(files(read_layer_folders([low, mid, top]))) == {"/p/new"}
    assert files(read_layer_folders([low, mid])) == {"/p": b"file"}


def test_a_symlink_in_a_folders_place_ends_it_too(layers):
    low, top = layers(2)
    write(low / "lib/old")
    (top / "lib").symlink_to("usr/lib")
    tree = read_layer_folders([low, top])
    assert list(tree) == ["/", "/lib"]


def test_metadata_of_a_folder_alone_leaves_its_content(layers):
    low, top = layers(2)
    write(low / "d/x")
    (top / "d").mkdir()
    (top / "d").chmod(0o2770)
    os.chown(top / "d", 3, 4)
    (top / "d").chmod(0o2770)
    tree = read_layer_folders([low, top])
    assert (tree["/d"].mode, tree["/d"].uid, tree["/d"].gid, tree["/d"].layer) == (0o2770, 3, 4, 1)
    assert "/d/x" in tree


def test_hard_links_shrink_where_an_upper_layer_takes_a_name(layers):
    low, top = layers(2)
    for name in ("a", "m", "z"):
        if name == "a":
            write(low / "a", b"same")
        else:
            (low / name).hardlink_to(low / "a")
    assert read_layer_folders([low]).hard_links("/z") == ("/a", "/m", "/z")
    whiteout(top / "a")
    tree = read_layer_folders([low, top])
    assert tree.hard_links("/z") == ("/m", "/z")
    write(top / "m")
    tree = read_layer_folders([low, top])
    assert tree["/z"].hard_link is None


def test_every_kind_and_attribute(layers):
    (folder,) = layers(1)
    os.mkfifo(folder / "pipe", 0o620)
    os.mknod(folder / "disk", stat.S_IFBLK | 0o660, os.makedev(259, 70000))
    (folder / "link").symlink_to(b"/abs/\xff")
    write(folder / "set-uid").chmod(0o4755)
    os.setxattr(folder / "set-uid", "user.b", b"2")
    os.setxattr(folder / "set-uid", "user.a", b"\0\xff")
    os.setxattr(folder / "set-uid", "trusted.overlay.origin", b"o")
    os.utime(folder / "set-uid", ns=(0, 1_700_000_000_999_999_999))
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(folder / "socket"))
    write(folder / os.fsdecode(b"caf\xe9"), b"latin")
    tree = read_layer_folders([folder])
    assert (tree["/pipe"].kind, tree["/disk"].kind) == (Kind.FIFO, Kind.BLOCK_DEVICE)
    assert tree["/disk"].device == (259, 70000)
    assert (tree["/link"].link_target, tree["/link"].mode) == ("/abs/\udcff", 0o777)
    assert tree["/set-uid"].mode == 0o4755
    assert tree["/set-uid"].xattrs == (("user.a", b"\0\xff"), ("user.b", b"2"))
    assert tree["/set-uid"].mtime == 1_700_000_000
    assert "/socket" not in tree
    assert tree.read("/caf\udce9") == b"latin"


@pytest.mark.parametrize(
    ("name", "value"),
    [("redirect", b"/elsewhere"), ("metacopy", b""), ("opaque", b"x"), ("whiteout", b"y")],
)
def test_what_is_more_than_a_layer_is_refused(layers, name, value):
    (folder,) = layers(1)
    (folder / "d").mkdir()
    os.setxattr(folder / "d", f"trusted.overlay.{name}", value)
    with pytest.raises(ImageError, match=name) as refused:
        read_layer_folders([folder])
    assert "save stream" in refused.value.remedy


def test_shifted_owners_are_refused(layers):
    (folder,) = layers(1)
    os.chown(folder, 100000, 100000)
    with pytest.raises(ImageError, match="user namespace"):
        read_layer_folders([folder])


def test_a_folder_that_is_gone_is_an_image_error(tmp_path):
    with pytest.raises(ImageError, match="cannot read"):
        read_layer_folders([tmp_path / "none"])


def listing(path, *names):
    """tar-split's index, with the names as Go writes them."""
    lines = [{"type": 2, "payload": "AAAA", "position": 0}]
    lines += [{"type": 1, **name, "payload": None, "position": 1} for name in names]
    path.write_bytes(
        gzip.compress(b"".join(json.dumps(x, separators=(",", ":")).encode() + b"\n" for x in lines))
    )
    return path


def test_folders_that_no_archive_names_are_implied(layers, tmp_path):
    low, top = layers(2)
    write(low / "d/x")
    (low / "d").chmod(0o1777)
    write(top / "d/y")
    write(top / "n/z")
    (top / "real").mkdir(mode=0o711)
    (top / "odd\udcff").mkdir(mode=0o711)
    (top / "lib").symlink_to("real")
    (top / "real" / "by-link").mkdir(mode=0o711)
    lists = [
        listing(tmp_path / "0.gz", {"name": "./"}, {"name": "./d/"}, {"name": "./d/x"}),
        listing(
            tmp_path / "1.gz",
            {"name": "d/y"}, {"name": "n/z"}, {"name": "real/"}, {"name": "lib/by-link"},
            {"name_raw": "b2Rk/w=="},
        ),
    ]  # fmt: skip
    tree = read_layer_folders([low, top], listings=lists)
    assert (tree["/d"].mode, tree["/d"].layer) == (0o1777, 0)
    assert (tree["/n"].mode, tree["/n"].mtime, tree["/n"].layer) == (0o755, 0, 1)
    assert [tree[p].mode for p in ("/real", "/odd\udcff", "/real/by-link")] == [0o711] * 3


def test_a_damaged_listing_is_refused(layers, tmp_path):
    (folder,) = layers(1)
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b no")
    with pytest.raises(ImageError, match="listing"):
        read_layer_folders([folder], listings=[tmp_path / "bad.gz"])


def test_overlayfs_itself_agrees(layers, tmp_path):
    """The kernel's own view of three layers, mounted, against the Tree's."""
    low, mid, top = layers(3)
    for name in ("a/b/c", "a/b/d", "a/e", "f", "g/h", "i/j/k"):
        write(low / name, name.encode())
    whiteout(mid / "a" / "b")
    write(mid / "f/in", b"folder for a file")
    write(mid / "g", b"file for a folder")
    (mid / "i").mkdir(mode=0o700)
    write(top / "a/b/new")
    write(top / "i/j/l")
    os.setxattr(top / "i/j", "trusted.overlay.opaque", b"y")
    whiteout(top / "g")
    merged = tmp_path / "merged"
    merged.mkdir()
    option = f"lowerdir={top}:{mid}:{low}"
    script = 'mount -t overlay overlay -o "$1" "$2" && cd "$2" && find . -mindepth 1 -printf "%P %y %m\\n"'
    seen = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "sh", option, str(merged)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    tree = read_layer_folders([low, mid, top])
    mine = {
        f"{e.path[1:]} {'d' if e.kind is Kind.DIRECTORY else 'f'} {e.mode:o}"
        for e in tree.entries()
        if e.path != "/"
    }
    assert mine == set(seen.stdout.splitlines())
