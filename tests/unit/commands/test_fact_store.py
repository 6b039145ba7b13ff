"""Facts remembered between runs: whatever happens to their file, slim goes on."""

import sqlite3
import subprocess
import sys

import msgspec
import pytest

from slim.closure.facts import Parser
from slim.commands.fact_store import SqliteFacts, facts_path, remembered_facts


class Length(msgspec.Struct, frozen=True):
    length: int


def parser(read):
    return Parser("length-1", read, Length)


def test_what_one_run_parsed_the_next_one_knows(tmp_path):
    asked = []

    def read(content):
        asked.append(content)
        return Length(len(content))

    for _ in range(2):
        with remembered_facts(tmp_path / "new" / "facts.sqlite") as store:
            assert parser(read).facts(b"abc", store) == Length(3)
            assert parser(read).facts(b"abc", store) == Length(3)
            assert store.trouble == ""
    assert asked == [b"abc"]
    with remembered_facts(tmp_path / "new" / "facts.sqlite") as store:
        assert store.get("length-2", b"") is None


def test_nothing_is_written_when_the_run_is_interrupted(tmp_path):
    path = tmp_path / "facts.sqlite"
    with pytest.raises(KeyboardInterrupt), remembered_facts(path) as store:
        store.put("k", b"d", b"f")
        raise KeyboardInterrupt
    with remembered_facts(path) as store:
        assert store.get("k", b"d") is None


@pytest.mark.parametrize("content", [b"this is no database " * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_told_and_replaced(tmp_path, content):
    path = tmp_path / "facts.sqlite"
    path.write_bytes(content)
    with remembered_facts(path) as store:
        store.put("k", b"d", b"f")
        assert str(path) in store.trouble
        assert store.get("k", b"d") == b"f"
    with remembered_facts(path) as store:
        store.put("k", b"d", b"f")
    with remembered_facts(path) as store:
        assert (store.trouble, store.get("k", b"d")) == ("", b"f")


def test_a_file_that_is_damaged_further_in_is_survived(tmp_path):
    path = tmp_path / "facts.sqlite"
    with remembered_facts(path) as store:
        for number in range(500):
            store.put("k", number.to_bytes(4, "big"), b"x" * 1000)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with remembered_facts(path) as store:
        for number in range(500):
            store.get("k", number.to_bytes(4, "big"))
            store.put("k", number.to_bytes(4, "big"), b"y")
    assert store.trouble


def test_what_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "facts.sqlite", tmp_path):
        with remembered_facts(path) as store:
            store.put("k", b"d", b"f")
            assert store.trouble
    assert (tmp_path / "file").read_text() == ""


def test_a_file_of_another_version_is_left_alone(tmp_path):
    path = tmp_path / "facts.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with remembered_facts(path) as store:
        store.put("k", b"d", b"f")
        assert "another version" in store.trouble
    assert path.read_bytes() == before


def test_the_file_stays_within_its_limit_and_the_oldest_use_goes(tmp_path):
    path = tmp_path / "facts.sqlite"
    for number in range(40):
        store = SqliteFacts(path, limit=1 << 20)
        store._now = 1_000_000 + number * 100_000
        store.get("k", b"0")
        for part in range(10):
            store.put("k", b"0" if number == part == 0 else bytes([number, part]), b"x" * 10_000)
        store.save()
        store.close()
    assert path.stat().st_size < 2 << 20
    with remembered_facts(path) as store:
        assert store.get("k", b"0")
        assert store.get("k", bytes([39, 9]))
        assert store.get("k", bytes([1, 1])) is None


WRITE = """
import sys
from pathlib import Path
from slim.commands.fact_store import remembered_facts
for turn in range(20):
    with remembered_facts(Path(sys.argv[1])) as store:
        store.put("k", f"{sys.argv[2]}-{turn}".encode(), b"x" * 5000)
        assert not store.trouble, store.trouble
"""


def test_runs_at_the_same_time_share_the_file(tmp_path):
    path = tmp_path / "facts.sqlite"
    running = [subprocess.Popen([sys.executable, "-c", WRITE, str(path), str(n)]) for n in range(3)]
    assert [one.wait() for one in running] == [0, 0, 0]
    with remembered_facts(path) as store:
        assert all(store.get("k", f"{n}-{turn}".encode()) for n in range(3) for turn in range(20))


def test_where_the_file_is():
    assert str(facts_path({"XDG_CACHE_HOME": "/x", "HOME": "/h"})) == "/x/slim/facts.sqlite"
    assert str(facts_path({"XDG_CACHE_HOME": "x", "HOME": "/h"})) == "/h/.cache/slim/facts.sqlite"
    assert facts_path({}) is None
