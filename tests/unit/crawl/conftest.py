from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tricky(site_of):
    """The target of a running server that serves the tricky site."""
    return site_of(Path(__file__).with_name("tricky_site.py"))
