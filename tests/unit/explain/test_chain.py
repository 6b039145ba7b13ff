"""From a kept path to where it all began."""

import time

from slim.explain.chain import chain
from slim.plan import Reason


def seen(detail="opened by /bin/x under GET /"):
    return Reason("observed", detail)


def needs(source, rule="import"):
    return Reason(rule, f"{source} names it", source)


def paths(steps):
    return [step.path for step in steps]


def test_an_observation_of_the_path_itself_is_a_chain_of_one():
    (step,) = chain("/a", {"/a": (needs("/b"), seen()), "/b": (seen(),)})
    assert (step.path, step.rule, step.needed_by) == ("/a", "observed", None)


def test_the_shortest_chain_to_an_observation_is_told():
    kept = {
        "/a": (needs("/long"), needs("/short")),
        "/long": (needs("/longer"),),
        "/longer": (seen(),),
        "/short": (seen(),),
    }
    assert paths(chain("/a", kept)) == ["/short", "/a"]


def test_an_observation_far_away_is_told_before_a_rule_nearby():
    kept = {
        "/a": (Reason("application", "it is in the working folder"), needs("/b")),
        "/b": (needs("/c"),),
        "/c": (seen(),),
    }
    steps = chain("/a", kept)
    assert paths(steps) == ["/c", "/b", "/a"]
    assert [step.needed_by for step in steps] == [None, "/c", "/b"]


def test_where_nothing_was_observed_the_nearest_stated_rule_is_told():
    kept = {"/a": (needs("/b"),), "/b": (Reason("profile:time", "zones"),)}
    assert [step.rule for step in chain("/a", kept)] == ["profile:time", "import"]


def test_a_circle_does_no_harm():
    kept = {"/a": (needs("/b"),), "/b": (needs("/a"), needs("/b")), "/c": (needs("/a"),)}
    assert chain("/a", kept) == ()
    assert paths(chain("/c", kept | {"/b": (needs("/a"), seen())})) == ["/b", "/a", "/c"]


def test_a_source_that_is_not_kept_ends_the_chain():
    assert [step.rule for step in chain("/a", {"/a": (needs("/gone"),)})] == ["import"]


def test_a_chain_of_any_length_is_followed_quickly():
    count = 100_000
    kept = {f"/{number}": (needs(f"/{number + 1}"),) for number in range(count)} | {f"/{count}": (seen(),)}
    began = time.monotonic()
    assert len(chain("/0", kept)) == count + 1
    assert time.monotonic() - began < 2
