"""What differs in a run that nobody asked for."""

from slim.oci.path import image_path
from slim.verify.made_up import judged_made_up
from slim.verify.model import Difference, LookupDifference, Verdict

BODY = Difference("GET / in German", "body", "Jan. 14", "14. Januar")
STATUS = Difference("GET /no", "status", "404", "500")


def verdict(*differences, lookups=(), on_purpose=()):
    return Verdict(5, 5 - len(differences), differences, lookups, (), on_purpose)


def missing(path):
    return LookupDifference(image_path(path), path, "/bin/app", "GET /", "ENOENT")


def test_another_text_is_chance_where_no_look_up_differs():
    judged = judged_made_up(verdict(BODY))
    assert (judged.differences, judged.noted, judged.agreed) == ((), (BODY,), 5)
    assert judged.verified


def test_another_text_counts_where_something_is_missing():
    broken = verdict(BODY, lookups=(missing("/srv/de.mo"),))
    assert judged_made_up(broken) == broken
    dropped = verdict(BODY, on_purpose=(missing("/srv/de.mo"),))
    assert judged_made_up(dropped) == dropped


def test_byte_code_is_nothing_that_a_text_depends_on():
    judged = judged_made_up(verdict(BODY, on_purpose=(missing("/srv/__pycache__/a.cpython-311.pyc"),)))
    assert judged.verified


def test_another_status_counts_whatever_was_looked_up():
    judged = judged_made_up(verdict(BODY, STATUS))
    assert (judged.differences, judged.noted, judged.agreed) == ((STATUS,), (BODY,), 4)
