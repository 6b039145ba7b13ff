"""Tree: an image's paths, looked up in the image's own root only."""

import io
import json
import os
import random
import time

import pytest

from slim.errors import ImageError, UsageError
from slim.oci.entry import Entry, Kind, Source
from slim.oci.path import ImagePath, is_under, parent
from slim.oci.tree import Outcome, Tree


def tree(*specs, layers=1):
    """`/a/` is a folder, `/a -> b` a symlink, everything else a file."""
    entries = {}
    for spec in specs:
        path, _, target = spec.partition(" -> ")
        kind = Kind.SYMLINK if target else Kind.DIRECTORY if path.endswith("/") else Kind.FILE
        path = ImagePath(path.rstrip("/") or "/")
        entries[path] = Entry(path, kind, 0o644, 0, 0, 0, 0, 0, link_target=target)
    return Tree(entries, layers)


def reached(found):
    return found.outcome.value, found.path, found.links


def test_missing_parents_are_added_as_an_engine_adds_them():
    entry = Entry(ImagePath("/a/b/c"), Kind.FILE, 0o600, 7, 7, 0, 9, 3)
    below = Entry(ImagePath("/a/d"), Kind.FILE, 0o600, 7, 7, 0, 9, 1)
    made = Tree({entry.path: entry, below.path: below}, 4)
    assert list(made) == ["/", "/a", "/a/b", "/a/b/c", "/a/d"]
    assert (made["/a"].kind, made["/a"].mode, made["/a"].uid, made["/a"].mtime) == (
        Kind.DIRECTORY,
        0o755,
        0,
        0,
    )
    assert [made[p].layer for p in ("/", "/a", "/a/b")] == [0, 1, 3]


def test_nothing_may_lie_inside_a_file():
    with pytest.raises(ImageError, match="not a folder"):
        tree("/a", "/a/b")


def test_an_empty_image_has_a_root():
    assert list(tree()) == ["/"]
    assert tree().children("/") == ()
    assert list(tree().under("/")) == []


def test_children_and_under_keep_to_the_folder_whatever_sorts_between():
    t = tree("/a/b/d/e", "/a/b-c", "/a/b.c/x", "/a/b0", "/a/c", "/a-x/y", "/a/b\udcff")
    assert t.children("/a") == ("/a/b", "/a/b-c", "/a/b.c", "/a/b0", "/a/b\udcff", "/a/c")
    assert t.children("/a/b") == ("/a/b/d",)
    assert t.children("/") == ("/a", "/a-x")
    assert list(t.under("/a/b")) == ["/a/b/d", "/a/b/d/e"]
    assert t.children("/a/c") == () == t.children("/nowhere")


def test_children_and_under_agree_with_a_plain_scan_of_a_large_tree():
    dice = random.Random(1)
    names = ["a", "a-b", "a.b", "b", "lib", "lib64", "\udc80", "z0"]
    t = tree(*{"/" + "/".join(dice.choices(names, k=dice.randint(1, 6))) + "/" for _ in range(3000)})
    for folder in dice.sample(list(t), 200):
        assert list(t.under(folder)) == [p for p in t if p != folder and is_under(p, folder)]
        assert list(t.children(folder)) == [p for p in t if p != "/" and parent(p) == folder]


def test_symlinks_on_the_way_and_at_the_end_are_followed_and_reported():
    t = tree(
        "/usr/bin/python3.11", "/usr/bin/python3 -> python3.11", "/bin -> usr/bin", "/py -> /bin/python3"
    )
    assert reached(t.resolve("/py")) == ("found", "/usr/bin/python3.11", ("/py", "/bin", "/usr/bin/python3"))
    assert reached(t.resolve("/bin/python3", follow_last=False)) == ("found", "/usr/bin/python3", ("/bin",))
    assert reached(t.resolve("/bin", follow_last=False)) == ("found", "/bin", ())


def test_absolute_links_stay_inside_the_image(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    t = tree(f"/link -> {secret}", "/etc/", "/up -> ../../../../etc")
    assert t.resolve("/link").outcome is Outcome.MISSING
    assert reached(t.resolve("/up")) == ("found", "/etc", ("/up",))


def test_dot_dot_follows_the_real_folder_and_stops_at_the_root():
    t = tree("/a/b/c/", "/l -> a/b", "/a/x")
    assert t.resolve("/l/../x").path == "/a/x"
    assert t.resolve("/../../a/./b//c").path == "/a/b/c"
    assert t.resolve("/..").path == "/"


def test_a_relative_path_starts_at_its_base():
    t = tree("/srv/app/main", "/srv/now -> app")
    assert t.resolve("main", base=ImagePath("/srv/app")).path == "/srv/app/main"
    assert reached(t.resolve("../now/main", base=ImagePath("/srv/app")))[1:] == (
        "/srv/app/main",
        ("/srv/now",),
    )
    assert t.resolve("srv").path == "/srv"


def test_loops_end_after_forty_links():
    t = tree("/a -> b", "/b -> a", "/self -> self/x", "/l0", *(f"/l{n} -> l{n - 1}" for n in range(1, 42)))
    assert t.resolve("/a").outcome is Outcome.LOOP
    assert set(t.resolve("/a/x").links) == {"/a", "/b"}
    assert t.resolve("/self").outcome is Outcome.LOOP
    assert t.resolve("/l40").outcome is Outcome.FOUND
    assert t.resolve("/l41").outcome is Outcome.LOOP


def test_a_trailing_slash_asks_for_a_folder_and_follows():
    t = tree("/file", "/dir/", "/to-dir -> dir", "/to-file -> file")
    assert reached(t.resolve("/to-dir/", follow_last=False)) == ("found", "/dir", ("/to-dir",))
    assert reached(t.resolve("/to-dir/.", follow_last=False)) == ("found", "/dir", ("/to-dir",))
    for raw in ("/file/", "/file/.", "/file/..", "/file/x", "/to-file/"):
        assert t.resolve(raw).outcome is Outcome.NOT_A_DIRECTORY, raw
    assert t.resolve("/file/x").path == "/file"


def test_what_is_missing_is_named_where_the_walk_ended():
    t = tree("/a/", "/l -> a/gone/deep")
    assert reached(t.resolve("/a/b/c")) == ("missing", "/a/b", ())
    assert reached(t.resolve("/l")) == ("missing", "/a/gone", ("/l",))
    assert t.resolve("").outcome is Outcome.MISSING


def test_resolution_agrees_with_the_kernel_on_a_random_tree(tmp_path):
    """chroot(2) is the judge: every look-up is made by the kernel inside the folder as well."""
    dice = random.Random(7)
    folders, links = [""], []
    for number in range(60):
        folder = dice.choice(folders) + f"/d{number % 9}"
        if folder not in folders:
            folders.append(folder)
    for number in range(60):
        text = "/".join(
            dice.choices(["..", ".", "", *(f"d{n}" for n in range(9)), *(f"l{n}" for n in range(20))], k=3)
        )
        links.append((dice.choice(folders) + f"/l{number % 20}", text or "/"))
    root = tmp_path / "root"
    specs = []
    for folder in sorted(folders):
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        specs.append(folder + "/")
    for path, text in dict(links).items():
        (root / path.lstrip("/")).symlink_to(text)
        specs.append(f"{path} -> {text}")
    (root / "f").write_text("")
    t = tree(*specs, "/f")
    asked = [
        "/".join(["", *dice.choices(["..", ".", "f", "d1", "d2", "d3", *(f"l{n}" for n in range(20))], k=4)])
        for _ in range(2000)
    ]
    for raw, (kind, real) in zip(asked, _in_chroot(root, asked), strict=True):
        found = t.resolve(raw)
        assert found.outcome.value == kind, raw
        if kind == "found":
            assert found.path == real, raw


def _in_chroot(root, asked):
    """What the kernel says to each path, asked by a child that has `root` for its root."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.chroot(root)
        os.chdir("/")
        answers = []
        for raw in asked:
            try:
                os.close(os.open(raw, os.O_PATH))
                answers.append(("found", os.path.realpath(raw)))
            except FileNotFoundError:
                answers.append(("missing", ""))
            except NotADirectoryError:
                answers.append(("not-a-directory", ""))
            except OSError:
                answers.append(("loop", ""))
        with os.fdopen(write, "w") as file:
            json.dump(answers, file)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        answers = json.load(file)
    assert os.waitpid(child, 0)[1] == 0
    return answers


GLOBBED = (
    "/usr/lib/python3.11/os.py", "/usr/lib/python3.12/os.py", "/usr/lib/.hidden", "/usr/lib/a/b/c.so",
    "/usr/lib/c.so", "/usr/lib/c.so.1", "/usr/lib/[x]", "/lib -> usr/lib", "/usr/lib/p -> python3.11",
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/usr/lib/python3.*/os.py", ["/usr/lib/python3.11/os.py", "/usr/lib/python3.12/os.py"]),
        ("/lib/python3.1[!1]/*", ["/usr/lib/python3.12/os.py"]),
        ("/usr/lib/**/c.so", ["/usr/lib/a/b/c.so", "/usr/lib/c.so"]),
        ("/**/b/*", ["/usr/lib/a/b/c.so"]),
        ("/usr/lib/a/**", ["/usr/lib/a/b", "/usr/lib/a/b/c.so"]),
        ("/usr/lib/c.so?", []),
        ("/usr/lib/c.so.?", ["/usr/lib/c.so.1"]),
        ("/usr/l?b/[.]*", ["/usr/lib/.hidden"]),
        ("/usr/lib/[[]x]", ["/usr/lib/[x]"]),
        ("/lib/p", ["/usr/lib/p"]),
        ("/lib", ["/lib"]),
        ("/", ["/"]),
        ("/nowhere/**", []),
        ("/usr/lib/c.so/*", []),
        ("/*", ["/lib", "/usr"]),
        ("/*/*/p/../*.py", []),
    ],
)
def test_glob(pattern, found):
    assert list(tree(*GLOBBED).glob(pattern)) == found


def test_wildcards_do_not_cross_a_slash_behind_two_stars():
    t = tree("/a/x/y/z", "/a/b/xyz", "/a/x.z")
    assert list(t.glob("/a/**/x*z")) == ["/a/b/xyz", "/a/x.z"]
    assert list(t.glob("/a/**/x[!y]z")) == ["/a/x.z"]


@pytest.mark.parametrize("pattern", ["usr/*", "", "/a/[z-a]"])
def test_a_wrong_pattern_is_the_users_error(pattern):
    with pytest.raises(UsageError):
        list(tree().glob(pattern))


def test_contents_are_bounded_seekable_and_independent(tmp_path):
    spool = tmp_path / "spool"
    spool.write_bytes(b"before" + b"content" + b"after")
    path = ImagePath("/f")
    t = Tree({path: Entry(path, Kind.FILE, 0o644, 0, 0, 7, 0, 0, source=Source(str(spool), 6))}, 1)
    with t.open(path) as one, t.open(path) as two:
        assert one.read() == b"content"
        assert two.read(3) == b"con"
        one.seek(-4, io.SEEK_END)
        assert one.read(100) == b"tent"
        one.seek(100)
        assert one.read() == b""
    assert t.read(path, 4) == b"cont"


def test_a_file_that_shrank_and_one_that_is_a_symlink_on_the_host_are_refused(tmp_path):
    (tmp_path / "short").write_bytes(b"12")
    (tmp_path / "link").symlink_to("/etc/passwd")
    entries = {
        ImagePath(f"/{name}"): Entry(
            ImagePath(f"/{name}"), Kind.FILE, 0, 0, 0, 5, 0, 0, source=Source(f"{tmp_path}/{name}")
        )
        for name in ("short", "link")
    }
    t = Tree(entries, 1)
    with pytest.raises(ImageError, match="shorter"):
        t.read("/short")
    with pytest.raises(ImageError, match="cannot read"):
        t.read("/link")


def test_only_files_have_content():
    for path in ("/d", "/nothing"):
        with pytest.raises(ImageError, match="no content"):
            tree("/d/").open(path)


def test_a_set_of_hard_links_counts_once():
    first = ImagePath("/a")
    entries = {
        ImagePath(p): Entry(ImagePath(p), Kind.FILE, 0, 0, 0, 10, 0, 0, hard_link=link)
        for p, link in (("/a", first), ("/b", first), ("/c", None))
    }
    t = Tree(entries, 1)
    assert t.size == 20
    assert t.hard_links("/b") == ("/a", "/b")
    assert t.hard_links("/c") == ("/c",)


def test_a_hundred_thousand_entries_are_looked_up_at_once():
    entries = {}
    for number in range(100_000):
        path = ImagePath(f"/opt/p{number % 300}/m{number % 7}/f{number}")
        entries[path] = Entry(path, Kind.FILE, 0o644, 0, 0, 1, 0, 0)
    t = Tree(entries, 1)
    started = time.perf_counter()
    for number in range(1000):
        t.children(f"/opt/p{number % 300}/m{number % 7}")
        list(t.under(f"/opt/p{number % 300}/m{number % 7}"))
        t.resolve(f"/opt/p{number % 300}/../p1")
    assert time.perf_counter() - started < 5  # 0.1 s; a scan of the whole tree each time takes minutes
