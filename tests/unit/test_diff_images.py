"""Comparing two images."""

import dataclasses
from pathlib import Path

import pytest
from handmade import TIME, Handmade

from slim.diff import (
    Ignore,
    LayerState,
    PathAdded,
    PathChanged,
    PathRemoved,
    diff_images,
)
from slim.errors import ImageError
from slim.oci.compare import Aspect
from slim.oci.compare_config import ConfigChanged
from slim.oci.entry import Kind

CAPABILITY = (("security.capability", b"\x01\x00"),)


def aspects(difference):
    return {
        event.path: [(change.aspect, change.before, change.after) for change in event.changes]
        for event in difference.paths
        if isinstance(event, PathChanged)
    }


def compared(tmp_path, before, after, **options):
    """Two images that hold `/f` each as `before` and `after` make it."""
    a, b = Handmade(tmp_path / "a"), Handmade(tmp_path / "b")
    before(a), after(b)
    return diff_images(a.image(), b.image(reference="handmade:2"), **options)


def test_images_of_the_same_files_are_the_same_wherever_the_bytes_are(tmp_path):
    difference = compared(tmp_path, lambda a: a.file("/f", b"x"), lambda b: b.file("/f", b"x"))
    assert difference.same
    assert difference.slim_of.holds
    assert difference.paths == ()


def test_images_of_one_id_are_not_even_read(tmp_path):
    image = Handmade(tmp_path).file("/f", b"x").image()
    Path(image.tree["/f"].source.host_path).unlink()
    assert diff_images(image, dataclasses.replace(image, reference="other")).same


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"mode": 0o755}, {"mode": 0o4755}, (Aspect.MODE, "0755", "4755")),
        ({"uid": 0}, {"uid": 33}, (Aspect.OWNER, "0:0", "33:0")),
        ({"gid": 0}, {"gid": 33}, (Aspect.OWNER, "0:0", "0:33")),
        ({}, {"mtime": TIME + 1}, (Aspect.MTIME, "2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z")),
        ({}, {"xattrs": CAPABILITY}, (Aspect.XATTR, "", "security.capability=0x0100")),
    ],
)
def test_each_attribute_is_an_aspect(tmp_path, before, after, expected):
    difference = compared(
        tmp_path, lambda a: a.file("/f", b"x", **before), lambda b: b.file("/f", b"x", **after)
    )
    assert aspects(difference) == {"/f": [expected]}
    assert not difference.same
    assert not difference.slim_of.holds


def test_content_of_another_size_is_not_read(tmp_path):
    difference = compared(tmp_path, lambda a: a.file("/f", b"x"), lambda b: b.file("/f", b"xy"))
    assert aspects(difference) == {"/f": [(Aspect.CONTENT, "1 bytes", "2 bytes")]}


def test_content_of_the_same_size_is_told_by_its_digest(tmp_path):
    large = bytes(600_000)
    difference = compared(
        tmp_path, lambda a: a.file("/f", large + b"x"), lambda b: b.file("/f", large + b"y")
    )
    ((aspect, before, after),) = aspects(difference)["/f"]
    assert aspect is Aspect.CONTENT
    assert before.startswith("sha256:")
    assert before != after


def test_a_file_that_cannot_be_read_is_an_error_not_a_difference(tmp_path):
    a, b = Handmade(tmp_path / "a").file("/f", b"x").image(), Handmade(tmp_path / "b").file("/f", b"y")
    Path(a.tree["/f"].source.host_path).unlink()
    with pytest.raises(ImageError):
        diff_images(a, b.image())


def test_another_kind_is_one_aspect(tmp_path):
    difference = compared(tmp_path, lambda a: a.file("/f", b"x"), lambda b: b.link("/f", "g"))
    assert aspects(difference) == {"/f": [(Aspect.KIND, "file", "symlink")]}


def test_targets_of_links_and_numbers_of_devices(tmp_path):
    difference = compared(
        tmp_path,
        lambda a: a.link("/l", "x").add("/d", Kind.CHARACTER_DEVICE, 0o666, device=(1, 3)),
        lambda b: b.link("/l", "y").add("/d", Kind.CHARACTER_DEVICE, 0o666, device=(1, 5)),
    )
    assert aspects(difference) == {
        "/d": [(Aspect.DEVICE, "1:3", "1:5")],
        "/l": [(Aspect.LINK_TARGET, "x", "y")],
    }


def test_removed_and_added_paths(tmp_path):
    difference = compared(tmp_path, lambda a: a.file("/a/old", b"123"), lambda b: b.file("/a/new", b"1234"))
    assert difference.paths == (
        PathAdded("/a/new", Kind.FILE, 4),
        PathRemoved("/a/old", Kind.FILE, 3),
    )
    assert [event.path for event in difference.slim_of.exceptions] == ["/a/new"]


def test_an_image_with_less_of_the_same_is_a_slim_image(tmp_path):
    difference = compared(
        tmp_path, lambda a: a.file("/a/f", b"1").file("/b/g", b"2"), lambda b: b.file("/a/f", b"1")
    )
    assert not difference.same
    assert difference.slim_of.holds


def test_a_name_less_of_a_file_frees_no_bytes_and_changes_no_other_name(tmp_path):
    difference = compared(
        tmp_path,
        lambda a: a.file("/a", b"123").hard("/a", "/b", "/c"),
        lambda b: b.file("/b", b"123").hard("/b", "/c"),
    )
    assert difference.paths == (PathRemoved("/a", Kind.FILE, 0),)
    assert difference.slim_of.holds


def test_the_last_name_of_a_file_frees_its_bytes_once(tmp_path):
    difference = compared(
        tmp_path, lambda a: a.file("/a", b"123").hard("/a", "/b").file("/c"), lambda b: b.file("/c")
    )
    assert [event.size for event in difference.paths] == [3, 0]


def test_hard_links_that_became_files_of_their_own_are_a_change(tmp_path):
    difference = compared(
        tmp_path,
        lambda a: a.file("/a", b"123").hard("/a", "/b"),
        lambda b: b.file("/a", b"123").file("/b", b"123"),
    )
    assert aspects(difference) == {
        "/a": [(Aspect.HARD_LINK, "/a /b", "/a")],
        "/b": [(Aspect.HARD_LINK, "/a /b", "/b")],
    }
    assert not difference.slim_of.holds


@pytest.mark.parametrize(
    ("ignore", "change"),
    [
        (Ignore.MTIME, {"mtime": 5}),
        (Ignore.MODE, {"mode": 0o600}),
        (Ignore.OWNER, {"uid": 5}),
        (Ignore.XATTR, {"xattrs": CAPABILITY}),
    ],
)
def test_what_is_ignored_is_no_difference(tmp_path, ignore, change):
    def run(*ignored):
        return compared(
            tmp_path,
            lambda a: a.file("/f", b"x"),
            lambda b: b.file("/f", b"x", **change),
            ignore=frozenset(ignored),
        )

    assert not run().same
    assert run(ignore).same
    assert run(ignore).slim_of.holds
    assert run(ignore).ignored == (ignore,)


def test_fields_of_the_config_are_told_one_by_one(tmp_path):
    a = Handmade(tmp_path / "a").image(
        config={"Env": ["PATH=/bin", "A=1", "EMPTY="], "Labels": {"v": "1", "same": "x"}, "Cmd": ["x"]},
    )
    b = Handmade(tmp_path / "b").image(
        config={"Env": ["PATH=/usr/bin", "A=1"], "Labels": {"v": "2", "same": "x"}, "Cmd": ["x"],
                "ExposedPorts": {"80/tcp": {}}},
    )  # fmt: skip
    assert diff_images(a, b).config == (
        ConfigChanged("config.Env.EMPTY", "", None),
        ConfigChanged("config.Env.PATH", "/bin", "/usr/bin"),
        ConfigChanged("config.ExposedPorts.80/tcp", None, {}),
        ConfigChanged("config.Labels.v", "1", "2"),
    )


def test_a_field_that_is_null_or_empty_is_as_good_as_none(tmp_path):
    a = Handmade(tmp_path / "a").image(config={"Cmd": ["x"]})
    b = Handmade(tmp_path / "b").image(
        config={"Cmd": ["x"], "Volumes": None, "Labels": {}, "User": "", "OnBuild": [], "Tty": False},
        author="",
    )
    assert diff_images(a, b).same


def test_history_and_creation_time_can_be_ignored(tmp_path):
    a = Handmade(tmp_path / "a").image(history=[{"created": "2024-01-01T00:00:00Z", "created_by": "x"}])
    b = Handmade(tmp_path / "b").image(
        created="2025-01-01T00:00:00Z", history=[{"created": "2025-01-01T00:00:00Z", "created_by": "x"}]
    )
    assert [event.field for event in diff_images(a, b).config] == ["created", "history"]
    assert diff_images(a, b, ignore=frozenset({Ignore.CREATED})).same
    assert [e.field for e in diff_images(a, b, ignore=frozenset({Ignore.HISTORY})).config] == ["created"]
    assert diff_images(a, b, ignore=frozenset({Ignore.CONFIG})).same


def test_a_step_whose_layer_became_empty_is_told_by_the_layers_alone(tmp_path):
    a = Handmade(tmp_path / "a").image(history=[{"created_by": "x"}])
    b = Handmade(tmp_path / "b").image(history=[{"created_by": "x", "empty_layer": True}])
    assert diff_images(a, b).config == ()


def test_layers_are_shared_removed_or_added(tmp_path):
    a = Handmade(tmp_path / "a").image(layers=2)
    b = Handmade(tmp_path / "b").image(
        layers=2,
        rootfs={"type": "layers", "diff_ids": [a.config.diff_ids[0], "sha256:" + "f" * 64]},
    )  # fmt: skip
    difference = diff_images(a, b)
    assert [(event.state, event.index) for event in difference.layers] == [
        (LayerState.SHARED, 0),
        (LayerState.REMOVED, 1),
        (LayerState.ADDED, 1),
    ]
    assert not difference.same
    assert diff_images(a, b, ignore=frozenset({Ignore.LAYERS})).same


def test_sizes_by_folder_have_two_levels_and_begin_with_the_largest(tmp_path):
    a = (
        Handmade(tmp_path / "a")
        .file("/usr/lib/big", bytes(1000))
        .file("/usr/lib/kept", bytes(10))
        .file("/usr/bin/x", bytes(100))
        .file("/etc/y", bytes(5))
        .file("/var/same", bytes(7))
        .file("/top", bytes(3))
    )
    b = Handmade(tmp_path / "b").file("/usr/lib/kept", bytes(10)).file("/var/same", bytes(7))
    folders = diff_images(a.image(), b.image()).folders
    assert [(item.folder, item.amount.size_before, item.amount.size_after) for item in folders] == [
        ("/usr", 1110, 10),
        ("/etc", 5, 0),
        ("/", 3, 0),
    ]
    assert [(item.folder, item.amount.size_before) for item in folders[0].inside] == [
        ("/usr/lib", 1010),
        ("/usr/bin", 100),
    ]


def test_names_that_are_not_utf8_are_compared_as_bytes(tmp_path):
    difference = compared(tmp_path, lambda a: a.file(b"/\xff", b"x"), lambda b: b.file(b"/\xfe", b"x"))
    assert [event.path for event in difference.paths] == ["/\udcfe", "/\udcff"]
