"""The engine, runs on it, and containers that are removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from exercised import Forwarder, Start

from slim.engine.connect import connect
from slim.engine.interface import Engine
from slim.engine.runs import Run, open_run


@pytest.fixture(scope="module")
def engine(engine_answers: str) -> Iterator[Engine]:
    opened = connect()
    yield opened
    opened.close()


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Iterator[Run]:
    with open_run(engine, temporary=tmp_path) as opened:
        yield opened


@pytest.fixture
def start(engine) -> Iterator[Start]:
    starter = Start(engine)
    yield starter
    for container in starter.containers:
        container.remove()


@pytest.fixture(scope="module")
def far_engine() -> Iterator[Engine]:
    """The same engine behind a TCP port: nothing of it can be seen from here but its API."""
    with Forwarder() as forwarder:
        opened = connect(forwarder.address)
        assert not opened.info.local
        yield opened
        opened.close()


@pytest.fixture
def start_far(far_engine) -> Iterator[Start]:
    starter = Start(far_engine)
    yield starter
    for container in starter.containers:
        container.remove()
