"""What the first slim image lacks is found, named and added; where nothing is wrong, nothing is added."""

import pytest
from golden import CASES, LABEL, slimmed
from images.started import docker

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case):
    with slimmed(case) as (report, tag):
        added = [one for each in report.repairs for one in each.paths]
        assert {one.path for one in added if one.rule == "repair"} == case.repaired, report
        assert case.needed <= {one.path for one in added if one.rule != "repair"}
        assert all(one.detail for one in added)
        assert next((each.layers for each in report.repairs if each.layers), "") == case.layers
        assert any("not one (--layers single)" in note for note in report.notes) is bool(case.layers)
        assert report.verified is case.verified, report
        assert report.exit_code == (0 if case.verified else 1)
        assert bool(tag) is case.verified
        assert any(case.next_step in step for step in report.next_steps) or not case.next_step, report
        told_apart = {one.path for one in report.on_purpose if not one.purpose.startswith("byte code")}
        assert told_apart == case.on_purpose
        if not case.differs:
            assert (report.repairs, report.lookups, report.differences) == ((), (), ())
        assert len(_images(case)) == 1 + case.verified  # of earlier rounds none is left
    assert _images(case) == set()


def _images(case) -> set[str]:
    """All that were made of the case's image; each carries its configuration."""
    told = docker("images", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={case.name}")
    return set(told.stdout.split())
