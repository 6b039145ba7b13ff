"""Two traces of one run, and a real file system to resolve their paths in: this process's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.watch.container_view import ContainerView
from probes.watch.together import Difference, compare
from probes.watch.trace import Access, Trace, Use


@pytest.fixture
def view() -> Iterator[ContainerView]:
    opened = ContainerView("none", os.getpid())
    yield opened
    opened.close()


def trace(*uses: tuple[Path, Use, str]) -> Trace:
    accesses = tuple(Access(str(path), use, error, "/p", 1, "start", 0.0, 1) for path, use, error in uses)
    return Trace("sha256:0", complete=True, accesses=accesses)


def test_links_are_followed_before_paths_are_compared(tmp_path: Path, view: ContainerView) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "absolute").symlink_to(tmp_path / "link/file")
    inside = trace((tmp_path / "link/file", Use.OPEN, ""), (tmp_path / "link/../absolute", Use.OPEN, ""))
    outside = trace((tmp_path / "real/file", Use.OPEN, ""))
    assert compare(inside, outside, view) == Difference((), (), 1)


def test_each_side_tells_what_it_alone_saw(tmp_path: Path, view: ContainerView) -> None:
    (tmp_path / "seen").touch()
    inside = trace(
        (tmp_path / "seen", Use.OPEN, ""),
        (tmp_path / "missing", Use.OPEN, "ENOENT"),
        (tmp_path / "stat", Use.LOOKUP, ""),
        (tmp_path / "written", Use.WRITE, ""),
        (tmp_path / "gone", Use.OPEN, ""),
        (Path("/proc/self/stat"), Use.OPEN, ""),
    )
    outside = trace((tmp_path / "loader", Use.EXEC, ""), (tmp_path / "written", Use.OPEN, ""))
    assert compare(inside, outside, view) == Difference((f"{tmp_path}/loader",), (f"{tmp_path}/seen",), 0)


def test_a_loop_of_links_leads_nowhere(tmp_path: Path, view: ContainerView) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert view.resolve(f"{tmp_path}/a/file") is None
    assert view.resolve(f"{tmp_path}/none/file") is None
    assert view.resolve("/..") == "/"
