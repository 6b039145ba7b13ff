"""Fixtures of the tests that exercise containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from exercised import Forwarder, Start

from slim.engine.connect import connect
from slim.engine.interface import Engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = connect()
    yield opened
    opened.close()


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
