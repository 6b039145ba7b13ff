"""Look-ups and listings that miss something on slim, the fat image being the oracle."""

from probes.watch.trace import Access, Trace, Use
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.verify.oracle import lookup_differences


def tree(*paths, links=None):
    made = [Entry(ImagePath(path), Kind.FILE, 0o644, 0, 0, 0, 0, 0) for path in paths]
    made += [
        Entry(ImagePath(path), Kind.SYMLINK, 0o777, 0, 0, 0, 0, 0, link_target=target)
        for path, target in (links or {}).items()
    ]
    return Tree({entry.path: entry for entry in made}, 1)


def trace(*accesses):
    return Trace("sha256:x", True, (), accesses, len(accesses))


def used(path, use=Use.OPEN, error=""):
    return Access(path, use, error, "/app", 1, "GET /", 0.1, 1)


def missing(path, use=Use.OPEN, error="ENOENT"):
    return used(path, use, error)


def kept(*paths):
    return frozenset(map(ImagePath, ("/", "/app", *paths)))


LATE = tree("/app", "/late.html")


def found(replay, fat, *observed, keep=(), purposes=None):
    return lookup_differences(trace(*replay), (trace(*observed),), fat, kept(*keep), purposes or {})


def test_a_failed_look_up_of_what_the_fat_image_holds_is_a_difference():
    (one,) = found([missing("/late.html")], LATE)
    assert (one.path, one.executable, one.probe, one.error) == ("/late.html", "/app", "GET /", "ENOENT")
    assert one.purpose == ""
    assert one.detail == "looked up by /app under GET / on the slim image: ENOENT"


def test_every_kind_of_look_up_counts():
    for use in (Use.OPEN, Use.EXEC, Use.LOOKUP, Use.LINK_LOOKUP, Use.LIST, Use.CHDIR):
        assert [one.path for one in found([missing("/late.html", use)], LATE)] == ["/late.html"]


def test_a_failed_look_up_that_fails_in_the_fat_image_too_is_none():
    assert found([missing("/no")], LATE) == ()


def test_what_the_program_had_removed_in_a_fat_run_too_is_no_difference():
    gone = missing("/late.html")
    assert found([gone], LATE, gone) == ()
    assert lookup_differences(trace(gone), (trace(), trace(gone)), LATE, kept()) == ()


def test_a_failed_write_is_no_look_up():
    assert found([missing("/late.html", Use.WRITE)], LATE) == ()


def test_a_look_up_that_was_refused_for_other_reasons_is_no_difference():
    assert found([missing("/late.html", error="EACCES")], LATE) == ()


def test_a_link_on_the_way_that_is_missing_is_what_differs():
    fat = tree("/app", "/usr/lib/x", links={"/lib": "usr/lib"})
    assert [one.path for one in found([missing("/lib/x")], fat, keep=["/usr", "/usr/lib"])] == ["/lib"]


PLUGINS = tree("/app", "/plugins/a.so", "/plugins/b.so")


def test_a_listing_without_an_entry_that_a_fat_run_used_is_a_difference():
    listing = used("/plugins", Use.LIST)
    (one,) = found([listing], PLUGINS, listing, used("/plugins/b.so"), keep=["/plugins", "/plugins/a.so"])
    assert (one.path, one.asked, one.lists) == ("/plugins/b.so", "/plugins", True)
    assert one.detail == "used in the fat image, absent where /app lists its folder under GET / on slim"


def test_a_listing_without_what_no_fat_run_used_is_none():
    listing = used("/plugins", Use.LIST)
    assert found([listing], PLUGINS, listing, used("/plugins/a.so"), keep=["/plugins", "/plugins/a.so"]) == ()
    assert found([listing], PLUGINS, listing, missing("/plugins/b.so"), keep=["/plugins"]) == ()


def test_a_listed_folder_that_is_missing_lacks_all_that_fat_runs_used_of_it():
    listing = missing("/plugins", Use.LIST)
    differing = found([listing], PLUGINS, used("/plugins/b.so"))
    assert [(one.path, one.lists) for one in differing] == [("/plugins", False), ("/plugins/b.so", True)]


def test_a_listed_folder_whose_entry_is_a_folder_that_was_used_inside():
    fat = tree("/app", "/plugins/deep/x.so")
    differing = found([used("/plugins", Use.LIST)], fat, used("/plugins/deep/x.so"), keep=["/plugins"])
    assert [one.path for one in differing] == ["/plugins/deep"]


def test_what_was_dropped_on_purpose_says_by_whom():
    (one,) = found([missing("/late.html")], LATE, purposes={"/late.html": "dropped on purpose: --exclude"})
    assert one.purpose == "dropped on purpose: --exclude"


def test_byte_code_whose_source_is_kept_is_left_out_on_purpose():
    fat = tree("/lib/m.py", "/lib/__pycache__/m.cpython-311.pyc", "/lib/old.pyc", "/app")
    asked = [missing("/lib/__pycache__/m.cpython-311.pyc"), missing("/lib/old.pyc")]
    by_path = {one.path: one.purpose for one in found(asked, fat, keep=["/lib", "/lib/m.py"])}
    assert by_path == {
        "/lib/__pycache__/m.cpython-311.pyc": "byte code, and its source /lib/m.py is kept",
        "/lib/old.pyc": "",
    }
    assert [one.purpose for one in found(asked, fat, keep=["/lib"])] == ["", ""]
