"""Look-ups and listings that miss something on slim, the fat image being the oracle."""

from probes.watch.trace import Access, Trace, Use
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath
from slim.oci.tree import Tree
from slim.verify.oracle import Held, lookup_differences


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
    return lookup_differences(trace(*replay), (trace(*observed),), Held(fat, kept(*keep), purposes or {}))


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
    assert lookup_differences(trace(gone), (trace(), trace(gone)), Held(LATE, kept())) == ()


def test_a_change_of_what_is_missing_is_a_look_up():
    (one,) = found([missing("/late.html", Use.WRITE)], LATE)
    assert (one.path, one.error) == ("/late.html", "ENOENT")
    assert found([missing("/late.html", Use.WRITE)], LATE, missing("/late.html", Use.WRITE)) == ()


STATE = tree("/app", "/srv/state/old")


def test_a_file_that_cannot_be_made_for_want_of_its_folder():
    (one,) = found([missing("/srv/state/new", Use.WRITE)], STATE, keep=["/srv"])
    assert (one.path, one.asked) == ("/srv/state", "/srv/state")
    assert found([missing("/srv/state/new", Use.WRITE)], STATE, keep=["/srv", "/srv/state"]) == ()
    assert found([missing("/srv/state/new")], STATE, keep=["/srv"]) == ()
    made = [one.path for one in found([missing("/srv/state/new")], STATE, used("/srv/state/new"))]
    assert made == ["/srv/state"]


def test_what_is_made_anew_though_the_fat_image_has_it():
    made = used("/srv/state", Use.WRITE)
    (one,) = found([made], STATE, used("/srv/state", Use.WRITE, "EEXIST"), keep=["/srv"])
    assert (one.path, one.error, one.lists) == ("/srv/state", "EEXIST", False)
    assert one.detail == "made by /app under GET / on the slim image: in the fat one it is there"
    assert [one.path for one in found([made], STATE, keep=["/srv"])] == ["/srv/state"]
    assert found([made], STATE, keep=["/srv", "/srv/state"]) == ()
    assert found([used("/srv/new", Use.WRITE)], STATE, keep=["/srv"]) == ()


def test_what_the_fat_image_writes_anew_too_is_no_difference():
    made = used("/srv/state/old", Use.WRITE)
    assert found([made], STATE, made, keep=["/srv", "/srv/state"]) == ()
    gone = missing("/srv/state/old", Use.LOOKUP)
    assert found([made], STATE, gone, keep=["/srv", "/srv/state"]) == ()
    assert found([used("/dev/null", Use.WRITE)], tree("/app", "/dev/null")) == ()


def test_a_link_that_is_made_anew_leads_nowhere():
    fat = tree("/app", links={"/run/log": "/var/none"})
    assert [one.path for one in found([used("/run/log", Use.WRITE)], fat, keep=["/run"])] == ["/run/log"]


def test_a_link_to_what_is_there_at_run_time():
    fat = tree("/app", links={"/etc/mtab": "/proc/self/mounts"})
    assert [one.path for one in found([missing("/etc/mtab")], fat, keep=["/etc"])] == ["/etc/mtab"]
    assert found([missing("/etc/mtab")], fat, keep=["/etc", "/etc/mtab"]) == ()


def test_what_is_refused_though_a_fat_run_got_it():
    for use, error in ((Use.OPEN, "EACCES"), (Use.LIST, "EACCES"), (Use.WRITE, "EPERM")):
        (one,) = found([used("/late.html", use, error)], LATE, used("/late.html", use), keep=["/late.html"])
        assert (one.path, one.error) == ("/late.html", error)
        assert one.detail == f"looked up by /app under GET / on the slim image: {error}"
    refused = missing("/tmp/new", Use.WRITE, "EACCES")
    fat = tree("/app", "/tmp/.keep")
    (one,) = found([refused], fat, used("/tmp/new", Use.WRITE), keep=["/tmp"])
    assert (one.path, one.asked) == ("/tmp", "/tmp/new")


def test_what_is_refused_in_a_fat_run_too_is_no_difference():
    refused = missing("/late.html", error="EACCES")
    assert found([refused], LATE) == ()
    assert found([refused], LATE, used("/late.html", Use.LOOKUP)) == ()
    assert found([refused], LATE, used("/late.html"), refused) == ()
    other = missing("/proc/12/environ", error="EACCES")
    assert found([other], LATE, used("/proc/12/environ")) == ()


def test_a_link_on_the_way_that_is_missing_is_what_differs():
    fat = tree("/app", "/usr/lib/x", links={"/lib": "usr/lib"})
    assert [one.path for one in found([missing("/lib/x")], fat, keep=["/usr", "/usr/lib"])] == ["/lib"]


PLUGINS = tree("/app", "/plugins/a.so", "/plugins/b.so")


def test_a_listing_without_an_entry_that_a_fat_run_used_is_a_difference():
    listing = used("/plugins", Use.LIST)
    (one,) = found([listing], PLUGINS, listing, used("/plugins/b.so"), keep=["/plugins", "/plugins/a.so"])
    assert (one.path, one.asked, one.lists) == ("/plugins/b.so", "/plugins", True)
    assert one.detail == "absent where /app lists its folder under GET / on slim"


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


def test_a_folder_that_a_path_only_leads_out_of():
    fat = tree("/app", "/late.html", "/opt/empty/note")
    (one,) = found([missing("/opt/empty/../../late.html")], fat, keep=["/late.html", "/opt"])
    assert (one.path, one.asked) == ("/opt/empty", "/opt/empty/../../late.html")
    assert found([missing("/opt/empty/../../none")], fat, keep=["/late.html", "/opt"]) == ()


def test_what_is_opened_and_made_where_it_is_missing():
    """open(2) with O_CREAT and O_RDWR, by which a counter begins anew."""
    (one,) = found([used("/late.html")], LATE)
    assert (one.path, one.error) == ("/late.html", "EEXIST")
    assert [one.path for one in found([used("/late.html")], LATE, used("/late.html"))] == ["/late.html"]
    assert found([used("/late.html")], LATE, used("/late.html", Use.WRITE)) == ()
    assert found([used("/late.html")], LATE, keep=["/late.html"]) == ()


def test_what_another_image_has_under_another_name_was_not_made():
    fat = tree("/app", "/usr/lib/libc.so", links={"/lib": "usr/lib"})
    assert found([used("/lib/libc.so")], fat, keep=["/usr", "/usr/lib"]) == ()
    assert found([used("/lib/libc.so", Use.WRITE)], fat, keep=["/usr", "/usr/lib"]) == ()
    assert found([used("/usr/lib/libc.so")], fat, keep=["/usr"]) == ()
