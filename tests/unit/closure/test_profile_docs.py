"""docs/profiles.md says what the code does."""

import re
from pathlib import Path

from slim.closure.profile.load import parse_profile
from slim.closure.profile.model import PARTS, Condition, Drop, Keep, Profile
from slim.closure.rule import Part

TEXT = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text(encoding="utf-8")


def test_every_example_is_a_valid_profile():
    examples = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert [parse_profile(example, "docs").name for example in examples] == [
        "reports",
        "task-queue",
        "django-locale",
    ]


def test_every_condition_is_in_the_table_and_no_other():
    table = TEXT.partition("### Conditions")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(Condition.__struct_fields__)


def test_every_key_and_kind_of_whole_is_documented():
    for field in Profile.__struct_fields__:
        assert f"`{field}`" in TEXT or f"`[{field}]`" in TEXT or f"`[[{field}]]`" in TEXT
    for entry in (Keep, Drop):
        for field in entry.__struct_encode_fields__:
            assert re.search(rf"`{field}( = true)?`", TEXT)
    assert tuple(part.value for part in Part) == PARTS
    for part in PARTS:
        assert f"`{part}`" in TEXT
