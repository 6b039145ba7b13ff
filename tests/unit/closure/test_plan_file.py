"""Plans as JSON."""

import json

import pytest

from slim.closure.plan_file import plan_text, read_plan
from slim.errors import UsageError
from slim.oci.entry import Entry, Kind
from slim.oci.path import to_bytes
from slim.oci.tree import Tree
from slim.plan import Owner, Plan, Reason, Unresolved

PLAN = Plan(
    image="sha256:1",
    kept={"/": (Reason("parent", "the root"),), "/caf\udce9": (Reason("link", "ü", "/"), Reason("elf", "x"))},
    dropped={"/b\nc": "not accessed", "/d": "not accessed", "/d/three": "no", "/d/two": "no"},
    unresolved=(Unresolved("elf", "/caf\udce9", "libx", "gone"),),
    warnings=("careful",),
    on_purpose=frozenset({"/d"}),
    owners={"/d/three": Owner("dpkg", "libx", "1.2"), "/d/two": Owner("dpkg", "libx", "1.2")},
    options=("--exclude", "/d"),
)


def entry(path, kind=Kind.FILE, mode=0o644, size=0, **more):
    return Entry(path, kind, mode, 0, 0, size, 0, 0, **more)


TREE = Tree(
    {
        one.path: one
        for one in (
            entry("/b\nc", mode=0o755, size=12),
            entry("/caf\udce9", Kind.SYMLINK, mode=0o777, link_target="d/tw\udce9"),
            entry("/d", Kind.DIRECTORY, mode=0o700),
            entry("/d/three", size=5, hard_link="/d/three"),
            entry("/d/two", size=5, hard_link="/d/three"),
        )
    },
    1,
)
TEXT = plan_text(PLAN, TREE)


def test_what_is_written_is_read_back():
    saved = read_plan(TEXT, "plan.json")
    assert saved.plan == PLAN
    assert TEXT.isascii()
    assert plan_text(saved.plan, saved.tree) == TEXT
    assert json.loads(TEXT)["version"] == 2


def test_the_listing_tells_kinds_sizes_links_and_packages():
    tree = read_plan(TEXT, "plan.json").tree
    assert list(tree) == list(TREE)
    assert [one.kind for one in tree.entries()] == [one.kind for one in TREE.entries()]
    assert [one.size for one in tree.entries()] == [one.size for one in TREE.entries()]
    assert [bool(one.mode & 0o111) for one in tree.entries()] == [
        bool(one.mode & 0o111) for one in TREE.entries()
    ]
    assert to_bytes(tree["/caf\udce9"].link_target) == b"d/tw\xe9"
    assert tree.hard_links("/d/two") == ("/d/three", "/d/two")


def test_every_path_has_a_line_of_its_own():
    assert '\n "/d/three": "no",' in TEXT
    assert '\n "/d": {"three":["f",5,0,"","/d/three"],"two":["f",5,0,"","/d/three"]}\n' in TEXT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a plan"),
        ("[]", "version"),
        ('{"version": 3}', "version 2"),
        ('{"version": 1}', "an older slim wrote it"),
        ('{"version": 2}', "is wrong"),
        (TEXT.replace('"rule"', '"role"'), "is wrong"),
        (TEXT.replace('["f",5,0,"","/d/three"]', '["f",5,1]', 1), "package 1, and there are 1"),
        (TEXT.replace('["d"]', '["q"]'), "of kind 'q'"),
        (TEXT.replace('"/d": {', '"/e": {'), "/e is in no folder"),
        (TEXT.replace('"/d/three": "no",', ""), "nothing is decided about /d/three"),
        (TEXT.replace('"/caf\\udce9": [', '"/gone": [', 1), "caf"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_file_and_the_remedy(text, words):
    with pytest.raises(UsageError) as caught:
        read_plan(text, "plan.json")
    assert "plan.json" in caught.value.message
    assert words in str(caught.value)
    assert caught.value.remedy
