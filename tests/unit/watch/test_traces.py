"""Traces merge, and survive as files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from probes.watch.trace import Access, Trace, Use, merge
from probes.watch.traces_file import load_trace, save_trace
from slim.errors import HostError, UsageError

ONE = Access("/a\udcff", Use.OPEN, "", "/bin/x", 1, "GET /", 0.5, 2)
OTHER = Access("/b", Use.LOOKUP, "ENOENT", "", 7, "start", 0.0, 1)
TRACE = Trace("sha256:1", True, (), (ONE, OTHER), 12, ("a note",))


def test_accesses_of_several_traces_become_one_sorted_set_with_counts_added() -> None:
    later = Trace("sha256:1", True, (), (replace(OTHER, path="/0"), replace(ONE, count=3, process=9)), 5)
    merged = merge((TRACE, later))
    assert [(access.path, access.count, access.process) for access in merged.accesses] == [
        ("/0", 1, 7),
        ("/a\udcff", 5, 1),
        ("/b", 1, 7),
    ]
    assert (merged.complete, merged.events, merged.notes) == (True, 17, ("a note",))


def test_a_merged_trace_is_complete_only_when_all_are() -> None:
    merged = merge((TRACE, replace(TRACE, complete=False, reasons=("lost",))))
    assert (merged.complete, merged.reasons) == (False, ("lost",))


def test_traces_of_different_images_are_refused_by_both_ids() -> None:
    with pytest.raises(UsageError) as raised:
        merge((TRACE, replace(TRACE, image="sha256:2")))
    assert raised.value.cause == "one is of sha256:1, another of sha256:2"


def test_no_trace_at_all_is_refused() -> None:
    with pytest.raises(UsageError):
        merge(())


def test_a_saved_trace_comes_back_as_it_was(tmp_path: Path) -> None:
    save_trace(TRACE, tmp_path / "trace.json")
    assert load_trace(tmp_path / "trace.json") == TRACE
    assert json.loads((tmp_path / "trace.json").read_text())["version"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"version": 2}', "key version"),
        ('{"version": 1, "complete": true}', "image"),
        ('{"version": 1, "image": "x", "complete": "yes"}', "$.complete"),
        ('{"version": 1, "image": "x", "complete": true, "accesses": [{"path": 3}]}', "$.accesses[0]"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_key(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "trace.json"
    file.write_text(content)
    with pytest.raises(UsageError) as raised:
        load_trace(file)
    assert str(file) in raised.value.message
    assert said in raised.value.cause


def test_a_missing_file_is_refused_and_an_unwritable_one_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_trace(tmp_path / "none")
    with pytest.raises(HostError):
        save_trace(TRACE, tmp_path / "no/such/folder")
