"""What is big, and what could still be dropped."""

import pytest
from explained import saved
from small_image import SmallImage

from slim.explain.top import top

PROFILE = """
name = "extras"
summary = "Extras."
[[keep]]
paths = ["/usr/share/extras/**"]
reason = "they may be asked for"
"""


@pytest.fixture
def image(tmp_path):
    made = SmallImage(tmp_path / "image")
    made.program("/usr/bin/run", "x" * 100).executed("/usr/bin/run").starts("/usr/bin/run", WorkingDir="/srv")
    made.file("/srv/app/doc/manual.md", "y" * 50).file("/srv/app/used", "z" * 10).used("/srv/app/used")
    return made


def by_id(account):
    return {one.id: one for one in account.chances}


def test_every_byte_is_counted_once_in_each_table(image):
    image.hard("/usr/bin/run", "/usr/bin/also").executed("/usr/bin/also")
    account = top(saved(image))
    assert account.size == 160
    for shares in (account.rules, account.packages, account.folders):
        assert sum(one.size for one in shares) == 160


def test_what_no_run_used_is_a_chance_with_an_option_that_drops_it(image):
    found = by_id(top(saved(image)))["documentation"]
    (option,) = found.options
    assert (found.size, option.words) == (50, ("--exclude", "/srv/app/doc/**"))
    assert "/srv/app/doc/manual.md" in image.plan(exclude=("/srv/app/doc/**",)).dropped
    assert found.risk


def test_what_was_used_is_no_chance(image):
    image.used("/srv/app/doc/manual.md")
    assert by_id(top(saved(image))) == {}


def test_what_was_asked_for_is_a_chance_to_leave_that_out(image):
    image.file("/opt/extra", "e" * 7)
    found = by_id(top(saved(image, include=("/opt/extra",))))["included"]
    assert (found.size, found.options[0].words, found.options[0].leave_out) == (
        7,
        ("--include", "/opt/extra"),
        True,
    )


def test_keep_traced_is_told_with_all_that_it_drops(image):
    account = top(saved(image))
    expected = account.size - top(saved(image, keep="traced")).size
    assert by_id(account)["traced-only"].size == expected == 50
