"""What of one image another one holds."""

from handmade import Handmade

from slim.commands.comparing import held_paths, lacking_on_purpose
from slim.oci.pattern import Pattern


def test_a_path_is_held_where_it_is_the_same_kind_of_thing(tmp_path):
    fat = Handmade(tmp_path / "a").folder("/usr").link("/lib", "usr/lib").file("/same").file("/gone")
    fat = fat.link("/moved", "same")
    slim = Handmade(tmp_path / "b").folder("/usr").folder("/lib").file("/same", b"x").file("/new")
    slim = slim.link("/moved", "new")
    held = held_paths(fat.image().tree, slim.image().tree)
    assert held == {"/", "/usr", "/same"}


def test_a_path_is_held_where_a_link_leads_to_the_same_kind_of_thing(tmp_path):
    fat = Handmade(tmp_path / "a").file("/site").folder("/lib").file("/lib/c").file("/lost").file("/folder")
    slim = Handmade(tmp_path / "b").link("/site", "sites/site").folder("/sites").file("/sites/site")
    slim = slim.link("/lib", "usr").folder("/usr").file("/usr/c").link("/lost", "nowhere")
    slim = slim.link("/folder", "usr")
    held = held_paths(fat.image().tree, slim.image().tree)
    assert held == {"/", "/site", "/lib", "/lib/c"}


def test_what_is_missing_on_purpose_takes_the_content_of_folders_along(tmp_path):
    tree = Handmade(tmp_path).folder("/doc").file("/doc/a").file("/docs").image().tree
    assert set(lacking_on_purpose(tree, (Pattern.parse("/do?"),))) == {"/doc", "/doc/a"}
