"""What would go, were some reasons not there."""

from slim.explain.going import Reasons
from slim.plan import MAX_REASONS, Plan, Reason


def gone(kept, rule="profile:x"):
    def takes(_path, reason):
        return reason.rule == rule

    suspects = {path for path, reasons in kept.items() if any(takes(path, one) for one in reasons)}
    return sorted(Reasons(Plan("sha256:1", kept, {})).gone(takes, suspects))


ASKED = Reason("profile:x", "asked for")


def needs(source):
    return Reason("import", "it names it", source)


def test_what_only_the_profile_asks_for_goes_with_what_it_needs():
    kept = {"/a": (ASKED,), "/b": (needs("/a"),), "/c": (Reason("observed", "seen"),)}
    assert gone(kept) == ["/a", "/b"]


def test_what_something_else_needs_stays_with_what_it_needs():
    kept = {"/a": (ASKED, needs("/c")), "/b": (needs("/a"),), "/c": (Reason("observed", "seen"),)}
    assert gone(kept) == []


def test_files_that_need_each_other_do_not_keep_each_other():
    kept = {"/a": (ASKED, needs("/b")), "/b": (needs("/a"),)}
    assert gone(kept) == ["/a", "/b"]


def test_a_path_with_as_many_reasons_as_are_noted_may_have_more():
    many = tuple(Reason("import", str(number), "/a") for number in range(MAX_REASONS))
    assert gone({"/a": (ASKED,), "/b": many}) == ["/a"]
