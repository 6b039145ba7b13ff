import subprocess
import sys
from pathlib import Path

import pytest

from probes.exercise.target import Target


@pytest.fixture(scope="session")
def server():
    """The target of a running server that misbehaves by path."""
    script = Path(__file__).with_name("misbehaving_server.py")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline())
        yield Target("127.0.0.1", port, port)
        process.kill()
