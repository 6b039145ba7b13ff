"""What the stage of `--verify deep` says it did, in one line."""

from slim.commands.deep import summary_of


def test_the_runs_are_named():
    assert summary_of(["deep.requests", "deep.read-only"], 85) == (
        "2 more runs, 85 more probes: requests, read-only"
    )
    assert summary_of(["web.deep.signals"], 1) == "1 more run, 1 more probe: web.signals"
    assert summary_of([], 0) == "0 more runs, 0 more probes"


def test_more_than_a_line_holds_is_cut():
    told = summary_of(
        [f"deep.{name}" for name in ("help", "short-help", "version", "unknown-option")] * 3, 12
    )
    assert told == "12 more runs, 12 more probes: help, short-help, version, …"
    assert summary_of([f"deep.without({'A' * 80})"], 1) == "1 more run, 1 more probe"
