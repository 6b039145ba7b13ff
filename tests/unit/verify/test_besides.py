"""Runs that the plan knows nothing of."""

from probes.watch.trace import Access, Trace, Use
from slim.oci.entry import Entry, Kind
from slim.oci.path import image_path
from slim.oci.tree import Tree
from slim.verify.besides import only_look_ups, used_besides
from slim.verify.model import LookupDifference


def missing(path):
    return LookupDifference(image_path(path), path, "/bin/app", "GET /", "ENOENT")


def test_of_a_run_that_the_fat_image_came_to_once_only_look_ups_count():
    verdict = only_look_ups("deep.requests: the run")
    assert (verdict.probes, verdict.differences) == (0, ())
    (told,) = verdict.noted
    assert (told.probe, told.aspect) == ("deep.requests: the run", "second run")
    assert "did not come to this run again" in told.why


def tree_of(*paths):
    entries = (Entry(image_path(path), Kind.FILE, 0o644, 0, 0, 0, 0, 0) for path in paths)
    return Tree({entry.path: entry for entry in entries}, 1)


def trace_of(*accesses):
    return Trace("sha256:x", True, (), accesses, len(accesses))


def used(path, use=Use.OPEN, error=""):
    return Access(path, use, error, "/bin/app", 1, "deep.requests: GET /no", 0.1, 1)


def test_what_the_fat_image_used_comes_with_the_first_path_that_is_missing():
    tree = tree_of("/a", "/b", "/c", "/kept")
    fat = trace_of(
        used("/a"), used("/b"), used("/kept"), used("/gone", error="ENOENT"), used("/c", Use.WRITE)
    )
    first = missing("/a")
    found = used_besides([fat], set(), tree, frozenset({image_path("/kept"), image_path("/")}), (first,))
    assert [one.path for one in found] == ["/a", "/b"]
    assert found[0] is first
    assert found[1].detail == "used by /bin/app under deep.requests: GET /no in the fat image"


def test_what_the_plan_decided_upon_does_not_come_back():
    fats = [trace_of(used("/a"), used("/b")), trace_of(used("/c"))]
    found = used_besides(fats, {"/b"}, tree_of("/a", "/b", "/c"), frozenset(), (missing("/a"),))
    assert [one.path for one in found] == ["/a", "/c"]


def test_nothing_comes_with_nothing():
    tree = tree_of("/a")
    assert used_besides([trace_of(used("/a"))], set(), tree, frozenset(), ()) == ()
