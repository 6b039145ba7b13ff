"""Plans as JSON."""

import json

import pytest

from slim.closure.plan_file import plan_text, read_plan
from slim.errors import UsageError
from slim.plan import Plan, Reason, Unresolved

PLAN = Plan(
    image="sha256:1",
    kept={"/": (Reason("parent", "the root"),), "/caf\udce9": (Reason("link", "ü", "/"), Reason("elf", "x"))},
    dropped={"/b\nc": "not accessed"},
    unresolved=(Unresolved("elf", "/caf\udce9", "libx", "gone"),),
    warnings=("careful",),
)


def test_what_is_written_is_read_back():
    text = plan_text(PLAN)
    assert read_plan(text, "plan.json") == PLAN
    assert text.isascii()
    assert plan_text(read_plan(text, "plan.json")) == text
    assert json.loads(text)["version"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a plan"),
        ("[]", "version"),
        ('{"version": 2}', "version 1"),
        ('{"version": 1}', "is wrong"),
        (plan_text(PLAN).replace('"rule"', '"role"'), "is wrong"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_file_and_the_remedy(text, words):
    with pytest.raises(UsageError) as caught:
        read_plan(text, "plan.json")
    assert "plan.json" in caught.value.message
    assert words in str(caught.value)
    assert caught.value.remedy
