"""What all tests share: the fat images, and a report of the time that each part took.

pytest puts this folder on the module path, so tests import `images.build` and `images.started`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from images.build import build
from images.started import Image, docker

TESTS = Path(__file__).resolve().parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background by a shell: what tests start and interrupt would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def engine_answers() -> str:
    """The version of the engine; without one, tests that need it fail and say how to start one."""
    told = docker("version", "--format", "{{.Server.Version}}", check=False)
    if told.exit_code:
        pytest.fail(f"no engine answers (tests/setup/machine.sh starts one): {told.stderr.strip()}")
    return told.stdout.strip()


@pytest.fixture(autouse=True)
def _engine_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("engine"):
        request.getfixturevalue("engine_answers")


@pytest.fixture(autouse=True)
def _side_by_side(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests with an engine run side by side (pytest -n); one that is marked `alone` has it for itself,
    where another's `slim run` would remove the leftovers that it looks for."""
    if not request.node.get_closest_marker("engine"):
        yield
        return
    alone = request.node.get_closest_marker("alone") is not None
    with (Path(tempfile.gettempdir()) / f"slim-tests.{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@pytest.fixture(scope="session")
def fat_image(engine_answers: str) -> type[FatImage]:
    """`fat_image.of("nginx")`: the recipe's image, built when it is first asked for."""
    return FatImage


class FatImage:
    """The way from a recipe's name to its image."""

    @staticmethod
    def of(name: str) -> Image:
        return Image(build(name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests first: they are fast, and what they find explains what integration tests find."""
    items.sort(key=lambda item: _part(item.path) != "unit")


def _part(path: Path) -> str:
    return path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds by part, and what tests/all found wrong before the tests, above the closing line."""
    spent: dict[str, float] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                part = "/".join(report.nodeid.split("/")[:2])
                spent[part] = spent.get(part, 0.0) + report.duration
    for part, seconds in sorted(spent.items()):
        terminalreporter.write_line(f"{part}: {seconds:.1f} s")
    failed = os.environ.get("SLIM_FAILED_BEFORE_TESTS", "")
    if failed:
        terminalreporter.write_line(f"FAILED before the tests: {failed}", red=True)
