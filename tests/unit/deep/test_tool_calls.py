"""Which words of a command line are the program, and which its arguments."""

import pytest

from probes.deep.tools import before_arguments


@pytest.mark.parametrize(
    ("entrypoint", "command", "expected"),
    [
        (("tool",), ("in.txt",), ()),
        (("tool", "--quiet"), ("in.txt",), ()),
        ((), ("tool", "in.txt"), ("tool",)),
        ((), ("python3", "app.py", "x"), ("python3", "app.py")),
        ((), ("python3", "-u", "-m", "shop", "x"), ("python3", "-u", "-m", "shop")),
        (("python3",), ("app.py", "x"), ("app.py",)),
        (("/usr/bin/tini", "--"), ("tool", "x"), ("tool",)),
        (("tini", "--", "tool"), ("x",), ()),
        (("node",), ("server.js",), ("server.js",)),
    ],
)
def test_arguments_begin_after_the_program(entrypoint, command, expected):
    assert before_arguments(entrypoint, command) == expected


@pytest.mark.parametrize(
    ("entrypoint", "command"),
    [
        ((), ()),
        ((), ("sh", "-c", "make all")),
        ((), ("bash", "-ec", "x")),
        (("node",), ("-e", "1")),
        (("python3",), ()),
    ],
)
def test_code_on_the_command_line_takes_no_arguments(entrypoint, command):
    assert before_arguments(entrypoint, command) is None
