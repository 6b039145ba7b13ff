"""Runs of one image compared path by path."""

from probes.watch.stability import Stability, Unsteady, stability
from probes.watch.trace import Access, Trace, Use


def trace(*uses: tuple[str, Use, str], probe: str = "start", executable: str = "/p") -> Trace:
    accesses = tuple(Access(path, use, error, executable, 1, probe, 0.0, 1) for path, use, error in uses)
    return Trace("sha256:0", complete=True, accesses=accesses)


def test_runs_that_use_the_same_paths_are_stable():
    one = trace(("/a", Use.OPEN, ""), ("/b", Use.LOOKUP, ""))
    found = stability((one, one, one))
    assert found == Stability(3, 2, ())
    assert found.holds


def test_a_path_of_one_run_is_named_with_its_uses_and_programs():
    found = stability(
        (
            trace(("/a", Use.OPEN, "")),
            trace(("/a", Use.OPEN, ""), ("/r", Use.OPEN, ""), ("/r", Use.LOOKUP, ""), probe="GET /"),
            trace(("/a", Use.OPEN, ""), ("/r", Use.OPEN, ""), executable="/q"),
        )
    )
    assert found.unsteady == (Unsteady("/r", (2, 3), ("look-up", "open"), ("/p", "/q"), ("GET /", "start")),)
    assert found.steady == 1
    assert not found.holds


def test_look_ups_that_found_nothing_do_not_count():
    assert stability((trace(("/x", Use.OPEN, "ENOENT")), trace())) == Stability(2, 0, ())


def test_how_often_and_how_a_path_was_used_does_not_matter():
    assert stability((trace(("/a", Use.OPEN, "")), trace(("/a", Use.LOOKUP, "")))).holds


def test_an_unknown_program_is_left_out():
    (one,) = stability((trace(("/a", Use.OPEN, ""), executable=""), trace())).unsteady
    assert one.executables == ()
