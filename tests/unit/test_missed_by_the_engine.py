"""What an engine misses on a slim image before anything of it can be traced."""

from dataclasses import replace

import pytest
from handmade import Handmade

from slim.closure.launch import Launch
from slim.oci.path import image_path
from slim.verify.oracle import Held
from slim.verify.starting import missed_by_the_engine

PASSWD = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\nlone:x:1001:1001::/:/bin/sh\n"
GROUP = b"root:x:0:\napp:x:1000:\naudio:x:29:root,app\n"
ACCOUNTS = ("/etc/passwd", "/etc/group")


@pytest.fixture
def tree(tmp_path):
    made = Handmade(tmp_path / "image").file("/etc/passwd", PASSWD).file("/etc/group", GROUP)
    made.file("/bin/sh", b"\x7fELF", mode=0o755).link("/srv/now", "v1").folder("/srv/v1")
    made.file("/srv/v1/start", b"#!/bin/sh\n", mode=0o755).folder("/bin/start")
    return made.image().tree


def missed(tree, *lost, refused=(), purposes=None, **launch):
    kept = frozenset(tree) - set(map(image_path, lost))
    made = replace(Launch(), **launch)
    found = missed_by_the_engine(made, refused, Held(tree, kept, purposes or {}), "start")
    return [one.path for one in found]


@pytest.mark.parametrize(
    ("user", "needed"),
    [
        ("", ()),
        ("0", ()),
        ("0:0", ()),
        ("root", ("/etc/passwd",)),
        ("app", ACCOUNTS),
        ("1000", ACCOUNTS),
        ("lone", ("/etc/passwd",)),
        ("app:app", ACCOUNTS),
        ("app:1000", ("/etc/passwd",)),
        ("65534", ()),
        ("65534:audio", ("/etc/group",)),
        ("nobody", ()),
    ],
)
def test_the_tables_that_a_user_needs(tree, user, needed):
    root_in_audio = user == "root"
    expected = (*needed, "/etc/group") if root_in_audio else needed
    assert missed(tree, *ACCOUNTS, user=user) == list(expected)
    assert missed(tree, user=user) == []


def test_a_working_folder_with_the_links_that_lead_there(tree):
    assert missed(tree, "/srv/v1", workdir=image_path("/srv/now")) == ["/srv/v1"]
    assert missed(tree, "/srv/now", workdir=image_path("/srv/now")) == ["/srv/now"]
    assert missed(tree, workdir=image_path("/srv/now")) == []
    assert missed(tree, workdir=image_path("/not/in/fat")) == []


def test_a_program_that_was_refused_is_looked_up_as_the_engine_does(tree):
    folder = image_path("/srv/now")
    path = {"PATH": "/bin:/srv/now"}
    for refused in (["start", "-x"], ["./start"], ["/srv/v1/start"]):
        once = {"refused": [refused], "workdir": folder, "environment": path}
        assert missed(tree, "/srv/v1/start", **once) == ["/srv/v1/start"]
        assert missed(tree, "/bin/sh", **once) == ["/bin/sh"]
        assert missed(tree, **once) == []
    assert missed(tree, "/bin/sh", refused=[["none"], []]) == []


def test_it_is_told_of_the_engine_and_who_left_it_out(tree):
    held = Held(tree, frozenset(), {image_path("/etc/passwd"): "--exclude"})
    passwd, group, root = missed_by_the_engine(Launch(user="app"), (), held, "web: start")
    assert (passwd.purpose, group.purpose) == ("--exclude", "")
    assert group.detail == "looked up by the engine under web: start on the slim image: ENOENT"
    assert root.path == "/"
