"""What of one image another one holds."""

from dataclasses import replace

import pytest
from handmade import Handmade

from probes.watch.trace import Access, Trace, Use
from slim.commands.comparing import held_paths, lacking_on_purpose
from slim.oci.pattern import Pattern
from slim.verify.oracle import Held, lookup_differences


def test_a_path_is_held_where_it_is_the_same_kind_of_thing(tmp_path):
    fat = Handmade(tmp_path / "a").folder("/usr").link("/lib", "usr/lib").file("/same").file("/gone")
    fat = fat.link("/moved", "same").link("/lost", "same")
    slim = Handmade(tmp_path / "b").folder("/usr").folder("/lib").file("/same", b"x").file("/new")
    slim = slim.link("/moved", "new").link("/lost", "nowhere")
    held = held_paths(fat.image().tree, slim.image().tree)
    assert held == {"/", "/usr", "/same", "/moved"}


def test_a_path_is_held_where_a_link_leads_to_the_same_kind_of_thing(tmp_path):
    fat = Handmade(tmp_path / "a").file("/site").folder("/lib").file("/lib/c").file("/lost").file("/folder")
    slim = Handmade(tmp_path / "b").link("/site", "sites/site").folder("/sites").file("/sites/site")
    slim = slim.link("/lib", "usr").folder("/usr").file("/usr/c").link("/lost", "nowhere")
    slim = slim.link("/folder", "usr")
    held = held_paths(fat.image().tree, slim.image().tree)
    assert held == {"/", "/site", "/lib", "/lib/c"}


def missed(asked, held, fat, purposes=None):
    access = Access(asked, Use.OPEN, "ENOENT", "/app", 1, "GET /", 0.1, 1)
    replay = Trace("sha256:x", True, (), (access,))
    return lookup_differences(replay, (replace(replay, accesses=()),), Held(fat, held, purposes or {}))


def image_of(folder, target, *files):
    made = Handmade(folder).link("/opt/cur", target)
    for path in files:
        made.file(path)
    return made.image().tree


def test_what_is_missing_behind_a_link_that_leads_elsewhere_is_named_and_may_be_excluded(tmp_path):
    fat = image_of(tmp_path / "a", "v1", "/opt/v1/x", "/opt/v1/y", "/opt/v1/z")
    held = held_paths(fat, image_of(tmp_path / "b", "v2", "/opt/v2/x"))
    (lost,) = missed("/opt/cur/y", held, fat)
    assert (lost.path, lost.purpose) == ("/opt/v1/y", "")
    for meant in ("/opt/cur/y", "/opt/v1/y"):
        purposes = lacking_on_purpose(fat, (Pattern.parse(meant),))
        assert [one.purpose for one in missed("/opt/cur/y", held, fat, purposes)] == ["--exclude"]
        assert [one.purpose for one in missed("/opt/cur/z", held, fat, purposes)] == [""]
    purposes = lacking_on_purpose(fat, (Pattern.parse("/opt/cur"),))
    assert [one.purpose for one in missed("/opt/cur/y", held, fat, purposes)] == [""]


@pytest.mark.parametrize("files", [("/opt/v1/x", "/opt/v1/y", "/opt/v2/x"), ("/opt/v1/y",)])
def test_a_link_is_what_is_missing_where_all_behind_it_is_there(files, tmp_path):
    fat = image_of(tmp_path / "a", "v1", "/opt/v1/x", "/opt/v1/y")
    held = held_paths(fat, image_of(tmp_path / "b", "v2", *files))
    assert [one.path for one in missed("/opt/cur/y", held, fat)] == ["/opt/cur"]


def test_a_link_that_leads_elsewhere_with_links_behind_it_is_not_held(tmp_path):
    made = [Handmade(tmp_path / name).link("/opt/cur", to) for name, to in (("a", "v1"), ("b", "v2"))]
    for one in made:
        one.link("/opt/v1/sub", "../data").file("/opt/data/y")
    fat = made[0].image().tree
    slim = made[1].link("/opt/v2/sub", "../old").folder("/opt/old").image().tree
    assert [one.path for one in missed("/opt/cur/sub/y", held_paths(fat, slim), fat)] == ["/opt/cur"]


def test_what_a_way_back_out_of_a_link_that_leads_elsewhere_misses_is_found(tmp_path):
    fat = image_of(tmp_path / "a", "v1", "/opt/v1/x", "/opt/common")
    files = ("/opt/v1/x", "/opt/common", "/srv/v1/x")
    held = held_paths(fat, image_of(tmp_path / "b", "/srv/v1", *files))
    assert [one.path for one in missed("/opt/cur/../common", held, fat)] == ["/opt/cur"]


def test_what_is_missing_on_purpose_takes_the_content_of_folders_along(tmp_path):
    tree = Handmade(tmp_path).folder("/doc").file("/doc/a").file("/docs").image().tree
    assert set(lacking_on_purpose(tree, (Pattern.parse("/do?"),))) == {"/doc", "/doc/a"}
