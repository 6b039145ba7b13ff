"""What unit tests of several folders share: sites of their own."""

import contextlib
import subprocess
import sys

import pytest

from probes.exercise.target import Target


@pytest.fixture(scope="session")
def site_of():
    """`site_of(script)`: the target of a server, a script that prints its port; it runs to the last test."""
    with contextlib.ExitStack() as stack:

        def start(script):
            process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            port = int(process.stdout.readline())
            return Target("127.0.0.1", port, port)

        yield start
