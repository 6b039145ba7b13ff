"""Answers that say the same in another order."""

import pytest
from runs import output, run

from slim.verify.order import reordered


@pytest.mark.parametrize(
    ("fat", "slim", "same"),
    [
        ("a\nb\n", "b\na\n", True),
        ('["alpha", "beta"]\n', '["beta", "alpha"]\n', True),
        ("a\nb\n", "a\nb\n", False),
        ("a\nb\n", "a\nc\n", False),
        ("a\nb\n", "a\n", False),
        ("abc", "cba", False),
    ],
)
def test_only_the_order_may_differ(fat, slim, same):
    found = reordered(run(output(fat)).transcript, run(output(slim)).transcript)
    assert found == (frozenset({"probe"}) if same else frozenset())
