"""What differs in a run that nobody asked for."""

from dataclasses import replace

from runs import output, run

from probes.watch.trace import Access, Trace, Use
from slim.oci.entry import Entry, Kind
from slim.oci.path import image_path
from slim.oci.tree import Tree
from slim.verify.made_up import judged_made_up, names_lost, used_besides
from slim.verify.model import Difference, LookupDifference, Verdict

WHY = "in a run that slim made up, of which nothing is missing: chance"
BODY = Difference("GET / in German", "body", "Jan. 14", "14. Januar")
STATUS = Difference("GET /no", "status", "404", "500")


def verdict(*differences, lookups=(), on_purpose=()):
    return Verdict(5, 5 - len(differences), differences, lookups, (), on_purpose)


def missing(path):
    return LookupDifference(image_path(path), path, "/bin/app", "GET /", "ENOENT")


def test_another_text_is_chance_where_no_look_up_differs():
    judged = judged_made_up(verdict(BODY))
    assert (judged.differences, judged.noted, judged.agreed) == ((), (replace(BODY, why=WHY),), 5)
    assert judged.verified


def test_another_text_counts_where_something_is_missing():
    broken = verdict(BODY, lookups=(missing("/srv/de.mo"),))
    assert judged_made_up(broken) == broken
    dropped = verdict(BODY, on_purpose=(missing("/srv/de.mo"),))
    assert judged_made_up(dropped) == dropped


def test_byte_code_is_nothing_that_a_text_depends_on():
    judged = judged_made_up(verdict(BODY, on_purpose=(missing("/srv/__pycache__/a.cpython-311.pyc"),)))
    assert judged.verified


def test_another_text_counts_where_a_listed_folder_lacks_what_it_names():
    judged = judged_made_up(verdict(BODY), frozenset({BODY.probe}))
    assert (judged.differences, judged.noted) == ((BODY,), ())


def test_a_name_is_lost_that_only_the_fat_images_answer_has():
    tree = tree_of("/srv/themes/dark.css", "/srv/themes/light.css")
    kept = frozenset({image_path("/srv/themes"), image_path("/srv/themes/light.css")})
    fat, slim = output("themes: dark, light\n"), output("themes: light\n")
    listed = run(slim, accesses=(used("/srv/themes", Use.LIST),))
    assert names_lost(run(fat), listed, tree, kept) == {"probe"}
    assert not names_lost(run(fat), listed, tree, frozenset(tree))
    assert not names_lost(run(fat), run(slim), tree, kept)
    other = run(output("themes: 3, dark.css\n"), accesses=listed.trace.accesses)
    assert not names_lost(run(output("themes: 4, dark.css\n")), other, tree, kept)


def test_another_status_counts_whatever_was_looked_up():
    judged = judged_made_up(verdict(BODY, STATUS))
    assert (judged.differences, judged.noted, judged.agreed) == ((STATUS,), (replace(BODY, why=WHY),), 4)


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
    found = used_besides(fat, tree, frozenset({image_path("/kept"), image_path("/")}), (first,))
    assert [one.path for one in found] == ["/a", "/b"]
    assert found[0] is first
    assert found[1].detail == "used by /bin/app under deep.requests: GET /no in the fat image"


def test_nothing_comes_with_nothing():
    tree = tree_of("/a")
    assert used_besides(trace_of(used("/a")), tree, frozenset(), ()) == ()
