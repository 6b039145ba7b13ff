"""Saved images: found in their archive, verified, indexed without leaving the spool folder."""

import bz2
import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

import pytest
from layer_tars import (
    PACKERS,
    config_of,
    digest,
    docker_archive,
    layer_tar,
    member,
    oci_archive,
    saved,
)

from slim.errors import HostError, ImageError
from slim.oci.archive import read_archive, spool_stream
from slim.oci.entry import Kind


def read(folder, *layers, **options):
    return read_archive(saved(folder, docker_archive(*layers, **options)), folder)


def shown(tree):
    """Path → kind and content, for files and symlinks; folders are left out."""
    return {
        entry.path: tree.read(entry.path) if entry.kind is Kind.FILE else entry.link_target
        for entry in tree.entries()
        if entry.kind is not Kind.DIRECTORY
    }


BASE = layer_tar(
    member("etc/", "folder", mode=0o755),
    member("etc/a", content=b"a"),
    member("etc/b", content=b"b"),
    member("etc/d/", "folder", mode=0o700),
    member("etc/d/x", content=b"x"),
    member("etc/f", content=b"f"),
)


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("form", [docker_archive, oci_archive])
def test_layers_are_read_plain_and_compressed_from_both_layouts(tmp_path, form, pack):
    upper = layer_tar(member("etc/b", content=b"new" * 1000), member("etc/.wh.f"))
    image = read_archive(saved(tmp_path, form(BASE, upper, pack=PACKERS[pack])), tmp_path)
    assert shown(image.tree) == {"/etc/a": b"a", "/etc/b": b"new" * 1000, "/etc/d/x": b"x"}
    assert image.diff_ids == (digest(BASE), digest(upper))
    assert image.config_digest == digest(image.config)
    assert [image.tree[p].layer for p in ("/etc", "/etc/a", "/etc/b")] == [0, 0, 1]


def test_attestations_and_nested_indexes_are_passed_over(tmp_path):
    image = read_archive(saved(tmp_path, oci_archive(BASE, attested=True)), tmp_path)
    assert "/etc/d/x" in image.tree


def test_a_layer_that_occurs_twice_is_a_symlink_in_the_archive(tmp_path):
    gone = layer_tar(member(".wh.etc"))
    image = read(tmp_path, BASE, gone, BASE)
    assert image.tree["/etc/a"].layer == 2
    assert len(shown(image.tree)) == 4


def test_an_image_without_layers_is_an_empty_tree(tmp_path):
    assert list(read(tmp_path).tree) == ["/"]


def test_whiteouts_remove_what_lies_below_only(tmp_path):
    upper = layer_tar(
        member("etc/.wh.d"), member("etc/.wh.a"), member("etc/a", content=b"again"), member("etc/.wh.none")
    )
    assert shown(read(tmp_path, BASE, upper).tree) == {"/etc/a": b"again", "/etc/b": b"b", "/etc/f": b"f"}


def test_an_opaque_folder_keeps_what_its_own_layer_puts_there(tmp_path):
    upper = layer_tar(
        member("etc/d/new", content=b"n"), member("etc/", "folder", mode=0o711), member("etc/.wh..wh..opq")
    )
    tree = read(tmp_path, BASE, upper).tree
    assert shown(tree) == {"/etc/d/new": b"n"}
    assert tree["/etc"].mode == 0o711


def test_a_whiteout_of_a_folder_and_a_new_one_hide_the_old_content(tmp_path):
    upper = layer_tar(member("etc/.wh.d"), member("etc/d/", "folder"), member("etc/d/y", content=b"y"))
    tree = read(tmp_path, BASE, upper).tree
    assert list(tree.children("/etc/d")) == ["/etc/d/y"]


def test_metadata_alone_leaves_a_folders_content(tmp_path):
    tree = read(tmp_path, BASE, layer_tar(member("etc/d/", "folder", mode=0o1777, uid=5))).tree
    assert (tree["/etc/d"].mode, tree["/etc/d"].uid, tree["/etc/d"].layer) == (0o1777, 5, 1)
    assert tree["/etc/d/x"].layer == 0


def test_a_file_takes_a_folders_place_and_a_folder_a_files(tmp_path):
    upper = layer_tar(
        member("etc/d", content=b"file"), member("etc/f/", "folder"), member("etc/f/in", content=b"i")
    )
    top = layer_tar(member("etc/d/", "folder"), member("etc/d/z", content=b"z"))
    assert shown(read(tmp_path, BASE, upper, top).tree) == {
        "/etc/a": b"a", "/etc/b": b"b", "/etc/d/z": b"z", "/etc/f/in": b"i",
    }  # fmt: skip


def test_a_folder_that_an_archive_only_implies_stays_as_it_was(tmp_path):
    upper = layer_tar(member("etc/d/new", content=b"n"), member("opt/app/main", content=b"m"))
    tree = read(tmp_path, BASE, upper).tree
    assert (tree["/etc/d"].mode, tree["/etc/d"].layer) == (0o700, 0)
    assert (tree["/opt/app"].mode, tree["/opt/app"].mtime, tree["/opt/app"].layer) == (0o755, 0, 1)


def test_an_implied_folder_replaces_a_file_below(tmp_path):
    tree = read(tmp_path, BASE, layer_tar(member("etc/f/in", content=b"i"))).tree
    assert tree["/etc/f"].kind is Kind.DIRECTORY


def test_hard_links_are_one_inode_of_one_layer(tmp_path):
    lower = layer_tar(
        member("z", content=b"zz", uid=9, mode=0o4755),
        member("a", "link", target="z", uid=9, mode=0o4755),
        member("m", "link", target="./a", uid=9, mode=0o4755),
    )
    tree = read(tmp_path / "1", lower).tree
    assert tree.hard_links("/z") == ("/a", "/m", "/z")
    assert {(tree[p].uid, tree[p].mode, tree[p].size, tree[p].hard_link) for p in ("/a", "/m", "/z")} == {
        (9, 0o4755, 2, "/a")
    }
    assert tree.read("/a") == b"zz" == tree.read("/m")
    assert tree.size == 2
    tree = read(tmp_path / "2", lower, layer_tar(member("a", content=b"other"))).tree
    assert tree.hard_links("/m") == ("/m", "/z")
    assert tree["/a"].hard_link is None
    tree = read(tmp_path / "3", lower, layer_tar(member(".wh.a"), member(".wh.z"))).tree
    assert tree["/m"].hard_link is None
    assert tree.read("/m") == b"zz"


def test_a_hard_links_header_sets_what_the_whole_set_has(tmp_path):
    tree = read(
        tmp_path,
        layer_tar(member("a", content=b"x", mtime=5), member("b", "link", target="a", mtime=6, gid=4)),
    ).tree
    assert (tree["/a"].mtime, tree["/a"].gid) == (6, 4)


def test_special_files_attributes_and_names_of_any_bytes(tmp_path):
    long = "l" * 90
    entries = [
        member("dev/null", "char", device=(1, 3), mode=0o666),
        member("dev/sda", "block", device=(259, 70000), mode=0o660, gid=6),
        member("run/pipe", "fifo", mode=0o620),
        member(
            "cap",
            content=b"c",
            xattrs={"security.capability": b"\x01\x00\x00\x02\xff\n", "user.b": b"=", "user.a": b"1"},
        ),
        member("caf\udce9", content=b"latin"),
        member("é\n ", content=b"odd"),
        member(f"{long}/{long}/{long}", content=b"long"),
        member("link", "symlink", target=f"/{long}/{long}/\udcff", mode=0o600),
        member("old", mtime=-7),
        member("fraction", mtime=1700000000.999),
        member("large-owner", uid=3_000_000_000, gid=2_500_000),
    ]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        pax = form == tarfile.PAX_FORMAT
        tree = read(tmp_path / str(form), layer_tar(*entries, form=form)).tree
        assert (tree["/dev/null"].device, tree["/dev/null"].kind) == ((1, 3), Kind.CHARACTER_DEVICE)
        assert (tree["/dev/sda"].device, tree["/dev/sda"].gid) == ((259, 70000), 6)
        assert tree["/run/pipe"].kind is Kind.FIFO
        assert tree["/cap"].xattrs == (
            (("security.capability", b"\x01\x00\x00\x02\xff\n"), ("user.a", b"1"), ("user.b", b"="))
            if pax
            else ()
        )
        assert tree.read("/caf\udce9") == b"latin"
        assert tree.read("/é\n ") == b"odd"
        assert tree.read(f"/{long}/{long}/{long}") == b"long"
        assert (tree["/link"].link_target, tree["/link"].mode) == (f"/{long}/{long}/\udcff", 0o777)
        assert (tree["/old"].mtime, tree["/fraction"].mtime) == (0, 1700000000)
        assert (tree["/large-owner"].uid, tree["/large-owner"].gid) == (3_000_000_000, 2_500_000)


@pytest.mark.parametrize("form", ["v7", "ustar", "gnu", "pax"])
def test_every_form_that_gnu_tar_writes_is_read(tmp_path, form):
    source = tmp_path / "source"
    (source / "folder").mkdir(parents=True)
    (source / "folder" / "file").write_bytes(b"f" * 700)
    (source / "folder" / "again").hardlink_to(source / "folder" / "file")
    (source / "link").symlink_to("folder")
    os.utime(source / "folder", (1_600_000_000, 1_600_000_000))
    if form != "v7":
        (source / ("n" * 80)).mkdir()
        (source / ("n" * 80) / ("m" * 90)).write_bytes(b"deep")
        os.mkfifo(source / "pipe")
    command = ["tar", f"--format={form}", "--directory", str(source), "--create", "."]
    layer = subprocess.run(command, check=True, capture_output=True).stdout
    tree = read(tmp_path, layer).tree
    assert tree.hard_links("/folder/file") == ("/folder/again", "/folder/file")
    assert tree.read("/folder/again") == b"f" * 700
    assert tree["/folder"].mtime == 1_600_000_000
    assert tree["/link"].link_target == "folder"
    if form != "v7":
        assert tree.read(f"/{'n' * 80}/{'m' * 90}") == b"deep"


def test_attributes_of_the_host_and_of_overlayfs_are_no_part_of_the_image(tmp_path):
    marks = {
        "trusted.overlay.origin": b"o",
        "user.overlay.x": b"y",
        "security.selinux": b"s",
        "user.own": b"1",
    }
    tree = read(
        tmp_path, layer_tar(member("f", xattrs=marks), member("p", "fifo", xattrs={"user.own": b"1"}))
    ).tree
    assert tree["/f"].xattrs == (("user.own", b"1"),)
    assert tree["/p"].xattrs == ()


def test_aufs_leftovers_and_the_root_folders_entry_are_left_out(tmp_path):
    tree = read(
        tmp_path,
        layer_tar(
            member("./", "folder", mode=0o700, uid=5, mtime=9),
            member(".wh..wh.aufs"),
            member(".wh..wh.plnk/", "folder"),
            member(".wh..wh.plnk/7.1", content=b"x"),
            member("a"),
        ),
    ).tree
    assert list(tree) == ["/", "/a"]
    assert (tree["/"].mode, tree["/"].uid, tree["/"].mtime) == (0o755, 0, 0)


def test_a_later_member_of_one_layer_replaces_an_earlier_one(tmp_path):
    tree = read(
        tmp_path,
        layer_tar(
            member("a", content=b"1"), member("b", "link", target="a"), member("a", content=b"2"),
            member("d/", "folder"), member("d/x"), member("d", content=b"file"),
            member("e", content=b"file"), member("e/", "folder"), member("e/y"),
            member("g/", "folder", mode=0o700), member("g/z"), member("g/", "folder", mode=0o711),
        ),
    ).tree  # fmt: skip
    assert (tree.read("/a"), tree.read("/b"), tree["/b"].hard_link) == (b"2", b"1", None)
    assert tree.read("/d") == b"file"
    assert "/d/x" not in tree
    assert "/e/y" in tree
    assert (tree["/g"].mode, "/g/z" in tree) == (0o711, True)


def test_names_are_normalised_into_the_image(tmp_path):
    tree = read(tmp_path, layer_tar(member("/abs/f"), member("./x/../y//z"), member("/../../root-file"))).tree
    assert [e.path for e in tree.entries() if e.kind is Kind.FILE] == ["/abs/f", "/root-file", "/y/z"]


def test_a_symlink_of_the_same_layer_is_followed_inside_the_layer(tmp_path):
    layer = layer_tar(
        member("usr/lib/", "folder"),
        member("lib", "symlink", target="/usr/lib"),
        member("lib/libc.so", content=b"elf"),
        member("lib/again", "link", target="lib/libc.so"),
        member("lib/.wh.gone"),
    )
    tree = read(tmp_path, layer_tar(member("usr/lib/gone")), layer).tree
    assert tree.read("/usr/lib/libc.so") == b"elf"
    assert tree["/lib"].kind is Kind.SYMLINK
    assert tree.hard_links("/usr/lib/again") == ("/usr/lib/again", "/usr/lib/libc.so")
    assert "/usr/lib/gone" not in tree


HOSTILE = {
    "leaves the layer": [member("../../etc/cron.d/x", content=b"x")],
    "leaves it later": [member("a/../../x", content=b"x")],
    "a link out of the layer": [member("a", "link", target="../../../etc/shadow")],
    "a hard link to nothing": [member("a", "link", target="/etc/shadow")],
    "a hard link to a folder": [member("d/", "folder"), member("a", "link", target="d")],
    "through a symlink to the host": [
        member("d", "symlink", target="/etc"),
        member("d/passwd", content=b"x"),
    ],
    "through a loop": [member("d", "symlink", target="d"), member("d/x")],
    "inside a file": [member("f"), member("f/x")],
    "a symlink to nothing": [member("s", "symlink", target="")],
    "a whiteout of nothing": [member("a/.wh.")],
    "a whiteout of its folder": [member("a/.wh..")],
    "a whiteout of its parent": [member("a/.wh...")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_hostile_layers_are_refused(tmp_path, members):
    with pytest.raises(ImageError) as refused:
        read(tmp_path, layer_tar(*members))
    assert "layer 0" in refused.value.message
    assert refused.value.remedy
    assert [p.name for p in tmp_path.iterdir()] == ["image.tar"]


def test_a_changed_layer_is_refused_with_both_digests(tmp_path):
    other = layer_tar(member("etc/a", content=b"tampered"))
    with pytest.raises(ImageError) as refused:
        read(tmp_path, other, config=config_of([BASE]))
    assert digest(BASE) in str(refused.value)
    assert digest(other) in str(refused.value)


def test_bytes_behind_the_end_of_a_layer_count_for_its_digest(tmp_path):
    with pytest.raises(ImageError, match="not what the configuration says"):
        read(tmp_path, BASE + b"\0" * 512, config=config_of([BASE]))
    assert "/etc/a" in read(tmp_path / "2", BASE + b"garbage").tree


def test_a_changed_configuration_is_refused_with_both_digests(tmp_path):
    data = docker_archive(BASE)
    config = config_of([BASE])
    path = saved(tmp_path, data.replace(config, config.replace(b"amd64", b"arm64")))
    with pytest.raises(ImageError) as refused:
        read_archive(path, tmp_path)
    assert hashlib.sha256(config).hexdigest() in str(refused.value)
    assert digest(config.replace(b"amd64", b"arm64")) in str(refused.value)


@pytest.mark.parametrize("pack", PACKERS)
def test_damage_anywhere_is_an_image_error(tmp_path, pack):
    """A changed byte is noticed, or is one of the outer archive's that does not matter."""
    layer = layer_tar(*(member(f"f{n}", content=os.urandom(900)) for n in range(9)))
    whole = docker_archive(layer, pack=PACKERS[pack]).rstrip(b"\0")
    expected = shown(read(tmp_path / "whole", layer).tree)
    for number, cut in enumerate(range(700, len(whole), 1531)):
        with pytest.raises(ImageError):
            read_archive(saved(tmp_path / f"cut{number}", whole[:cut]), tmp_path / f"cut{number}")
        bent = bytearray(whole)
        bent[cut] ^= 0x55
        folder = tmp_path / f"bent{number}"
        with contextlib.suppress(ImageError):
            assert shown(read_archive(saved(folder, bytes(bent)), folder).tree) == expected


def test_an_unknown_compression_and_a_sparse_member_are_named(tmp_path):
    with pytest.raises(ImageError, match="bzip2"):
        read(tmp_path / "1", BASE, pack=bz2.compress)
    info, content = member("holes", content=b"x")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    with pytest.raises(ImageError, match="sparse"):
        read(tmp_path / "2", layer_tar((info, content)))


@pytest.mark.parametrize(
    "members",
    [
        [],
        [member("repositories", content=b"{}")],
        [member("manifest.json", content=b"[")],
        [member("manifest.json", content=b'{"a": 1}')],
        [member("manifest.json", content=b"[]")],
        [member("manifest.json", content=b'[{"Config": "c.json", "Layers": []}]')],
        [member("manifest.json", content=b'[{"Config": "c.json"}]'), member("c.json", content=b"not json")],
        [
            member("manifest.json", content=json.dumps([{"Config": "c.json", "Layers": ["l"]}]).encode()),
            member("c.json", content=config_of([BASE])),
        ],
        [
            member("manifest.json", content=json.dumps([{"Config": "c.json", "Layers": []}]).encode()),
            member("c.json", content=config_of([BASE])),
        ],
        [member("manifest.json", content=b'[{"Config": "a"}, {"Config": "b"}]')],
        [member("index.json", content=b'{"manifests": []}')],
        [member("manifest.json", "symlink", target="manifest.json")],
    ],
)
def test_what_is_no_saved_image_is_refused(tmp_path, members):
    with pytest.raises(ImageError):
        read_archive(saved(tmp_path, layer_tar(*members)), tmp_path)


def test_a_stream_is_spooled_and_nothing_half_stays(tmp_path):
    assert spool_stream(iter([b"ab", b"", b"c"]), tmp_path / "s") == 3
    assert (tmp_path / "s").read_bytes() == b"abc"
    with pytest.raises(HostError):
        spool_stream(iter([b"x"]), tmp_path / "none" / "s")

    def broken():
        yield b"x"
        raise EOFError

    with pytest.raises(EOFError):
        spool_stream(broken(), tmp_path / "t")
    assert not (tmp_path / "t").exists()


def test_a_full_disk_is_the_hosts_error(tmp_path):
    """A file size limit stands for the disk: write(2) fails inside the same call."""
    limited = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from slim.errors import HostError\n"
        "from slim.oci.archive import spool_stream\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    spool_stream(iter([bytes(600)] * 3), Path(sys.argv[1]))\n"
        "except HostError as error:\n"
        "    sys.exit(error.exit_code)\n"
    )
    done = subprocess.run([sys.executable, "-c", limited, str(tmp_path / "s")], check=False)
    assert done.returncode == HostError.exit_code
    assert list(tmp_path.iterdir()) == []


def test_a_large_layer_is_never_in_memory(tmp_path):
    """300 MB in one file, gzip-compressed as well, under a peak of a few chunks more than the start."""
    script = (
        "import io, resource, sys, tarfile, gzip, hashlib, json\n"
        "from pathlib import Path\n"
        "from slim.oci.archive import read_archive\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "image = read_archive(Path(sys.argv[1]) / 'image.tar', Path(sys.argv[1]))\n"
        "assert image.tree['/large'].size == 300 << 20\n"
        "print(peak() - before)\n"
    )
    layer = tmp_path / "layer.tar"
    with layer.open("wb") as file:
        info, _ = member("large")
        info.size = 300 << 20
        file.write(info.tobuf())
        file.seek(info.size, os.SEEK_CUR)
        file.write(b"\0" * 1024)
    packed = tmp_path / "layer.tar.gz"
    subprocess.run(f"gzip -1 <{layer} >{packed}", shell=True, check=True)
    with layer.open("rb") as file:
        diff_id = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    config = json.dumps({"rootfs": {"type": "layers", "diff_ids": [diff_id] * 2}}).encode()
    with tarfile.open(tmp_path / "image.tar", "w") as outer:
        outer.add(layer, "plain.tar")
        outer.add(packed, "packed.tar")
        manifest = json.dumps([{"Config": "c.json", "Layers": ["plain.tar", "packed.tar"]}]).encode()
        for name, data in (("c.json", config), ("manifest.json", manifest)):
            info, _ = member(name, content=data)
            outer.addfile(info, io.BytesIO(data))
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True)
    assert int(done.stdout) < 40
