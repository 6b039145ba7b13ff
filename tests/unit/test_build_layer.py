"""Layers as they are written: read back with the standard library's tarfile."""

import hashlib
import io
import struct
import tarfile

import pytest

from slim.errors import ImageError
from slim.oci.entry import Entry, Kind
from slim.oci.path import ROOT, image_path
from slim.oci.write import BLOCK, ImageArchive, Member, layer_name, member_header

CAP_NET_RAW = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)


def entry(path, kind=Kind.FILE, mode=0o644, **attributes):
    plain = {"uid": 0, "gid": 0, "size": 0, "mtime": 1_700_000_000, "layer": 0}
    return Entry(image_path(path), kind, mode, **{**plain, **attributes})


def written(*members, contents=None):
    """One layer's tar, out of its archive, and what add_layer said of it."""
    contents = contents or {}
    output = io.BytesIO()
    archive = ImageArchive(output)
    layer = archive.add_layer(members, lambda path: io.BytesIO(contents[path]))
    archive.finish()
    with tarfile.open(fileobj=io.BytesIO(output.getvalue())) as outer:
        (member,) = outer.getmembers()
        return outer.extractfile(member).read(), layer, member


def read_back(*members, contents=None):
    layer, _, _ = written(*members, contents=contents)
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        return archive.getmembers()


def test_the_diff_id_is_the_digest_of_the_tar_and_names_it():
    tar, layer, member = written(Member(entry("/etc", Kind.DIRECTORY, 0o755)))
    assert layer.diff_id == "sha256:" + hashlib.sha256(tar).hexdigest()
    assert layer.size == len(tar)
    assert member.name == layer_name(hashlib.sha256(tar).hexdigest())


def test_every_attribute_of_a_file_survives():
    (member,) = read_back(
        Member(
            entry(
                "/usr/bin/ping",
                mode=0o6755,
                uid=33,
                gid=1000,
                size=5,
                mtime=123_456_789,
                xattrs=(("security.capability", CAP_NET_RAW), ("user.note", b"a=b\0\n")),
            )
        ),
        contents={"/usr/bin/ping": b"hello"},
    )
    assert member.isreg()
    assert (member.name, member.mode, member.uid, member.gid) == ("usr/bin/ping", 0o6755, 33, 1000)
    assert (member.size, member.mtime) == (5, 123_456_789)
    assert (member.uname, member.gname) == ("", "")
    raw = member.pax_headers["SCHILY.xattr.security.capability"].encode("utf-8", "surrogateescape")
    assert raw == CAP_NET_RAW
    assert member.pax_headers["SCHILY.xattr.user.note"] == "a=b\0\n"


@pytest.mark.parametrize("mode", [0o1777, 0o2775, 0o700, 0])
def test_a_folder_keeps_its_sticky_and_set_gid_bits(mode):
    (member,) = read_back(Member(entry("/tmp", Kind.DIRECTORY, mode)))
    assert member.isdir()
    assert member.mode == mode


def test_links_devices_and_fifos():
    link, character, block, fifo = read_back(
        Member(entry("/a", Kind.SYMLINK, 0o777, link_target="../b c")),
        Member(entry("/c", Kind.CHARACTER_DEVICE, 0o666, device=(1, 3))),
        Member(entry("/d", Kind.BLOCK_DEVICE, 0o660, device=(4095, 1_048_575))),
        Member(entry("/e", Kind.FIFO, 0o600)),
    )
    assert link.issym()
    assert link.linkname == "../b c"
    assert character.ischr()
    assert (character.devmajor, character.devminor) == (1, 3)
    assert block.isblk()
    assert (block.devmajor, block.devminor) == (4095, 1_048_575)
    assert fifo.isfifo()


def test_a_hard_link_has_no_content_and_repeats_the_capability():
    capability = (("security.capability", CAP_NET_RAW),)
    file, link = read_back(
        Member(entry("/a", size=3, xattrs=capability)),
        Member(entry("/b", size=3, xattrs=capability), image_path("/a")),
        contents={"/a": b"abc"},
    )
    assert (file.isreg(), file.size) == (True, 3)
    assert (link.islnk(), link.linkname, link.size) == (True, "a", 0)
    assert "SCHILY.xattr.security.capability" in link.pax_headers


@pytest.mark.parametrize(
    "raw",
    [
        b"/plain",
        "/caf\u00e9".encode(),
        b"/caf\xe9",
        b"/new\nline and\ttab",
        b"/" + b"n" * 100,
        b"/" + b"n" * 101,
        b"/" + b"/".join([b"n" * 255] * 15),
        b"/" + b"\xff" * 200,
    ],
)
def test_any_name_survives_as_the_same_bytes(raw):
    path = image_path(raw)
    file, folder, link = read_back(
        Member(entry(path)),
        Member(entry(path, Kind.DIRECTORY, 0o755)),
        Member(entry("/link", Kind.SYMLINK, 0o777, link_target=path)),
    )
    assert file.name.encode("utf-8", "surrogateescape") == raw[1:]
    assert folder.name.encode("utf-8", "surrogateescape") == raw[1:]
    assert link.linkname.encode("utf-8", "surrogateescape") == raw


def test_names_that_are_not_utf8_are_declared_binary():
    header = member_header(Member(entry(b"/caf\xe9")))
    assert b"hdrcharset=BINARY\n" in header
    assert b" path=caf\xe9\n" in header
    assert b"hdrcharset" not in member_header(Member(entry("/caf\u00e9")))


def test_numbers_beyond_a_ustar_field_are_written_as_records():
    header = member_header(Member(entry("/big", size=9 << 30, uid=3_000_000, gid=4_294_967_294, mtime=-5)))
    member = tarfile.TarInfo.frombuf(header[-BLOCK:], "utf-8", "surrogateescape")
    assert (member.size, member.uid, member.gid, member.mtime) == (0, 0, 0, 0)
    for record in (b" size=9663676416\n", b" uid=3000000\n", b" gid=4294967294\n", b" mtime=-5\n"):
        assert record in header


@pytest.mark.parametrize("length", range(80, 112))
def test_a_record_counts_its_own_length(length):
    (member,) = read_back(Member(entry("/a", xattrs=(("user.x", b"v" * length),))))
    assert member.pax_headers["SCHILY.xattr.user.x"] == "v" * length


def test_a_layer_too_large_for_octal_gets_a_size_that_tar_reads():
    from slim.oci.write import _size_field, _ustar

    header = _ustar(b"layer.tar", b"0", size=_size_field(9 << 30))
    assert tarfile.TarInfo.frombuf(header, "utf-8", "strict").size == 9 << 30


def test_a_name_that_a_layer_reads_as_a_deletion_is_refused():
    with pytest.raises(ImageError, match=r"/etc/\.wh\.motd cannot be stored") as raised:
        member_header(Member(entry("/etc/.wh.motd")))
    assert raised.value.remedy


def test_a_file_that_shrank_is_an_error():
    with pytest.raises(ImageError, match="changed while it was being read"):
        written(Member(entry("/a", size=5)), contents={"/a": b"abc"})


def test_a_file_that_is_gone_is_an_error():
    def gone(path):
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(ImageError, match="/a: the image changed"):
        ImageArchive(io.BytesIO()).add_layer([Member(entry("/a", size=5))], gone)


def test_an_empty_layer_is_the_tar_of_nothing():
    tar, layer, _ = written()
    assert tar == bytes(1024)
    assert layer.diff_id == "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


def test_the_root_is_written_as_a_dot():
    assert member_header(Member(entry(ROOT, Kind.DIRECTORY, 0o755)))[:3] == b"./\0"
