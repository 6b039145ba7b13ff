import subprocess
import sys
from pathlib import Path

import pytest

from probes.exercise.target import Target


@pytest.fixture(scope="session")
def tricky():
    """The target of a running server that serves the tricky site."""
    script = Path(__file__).with_name("tricky_site.py")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        yield Target("127.0.0.1", port, port)
        process.kill()
