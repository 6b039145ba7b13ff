"""Which words of a command line are the program, and which its arguments."""

import pytest

from probes.deep.tools import before_arguments, subcommands


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


ARGPARSE = """usage: textkit [-h] {count,sort-lines} ...

positional arguments:
  {count,sort-lines}
"""
CLICK = """Usage: shop [OPTIONS] COMMAND [ARGS]...

Options:
  --help  Show this message and exit.

Commands:
  migrate     Bring the
              database up to date.
  serve, run  Answer.
"""
COBRA = """Available Commands:
  completion  Generate the autocompletion script
  help        Help about any command
  push        Push

Flags:
  -h, --help   help
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ARGPARSE, ("count", "sort-lines")),
        (CLICK, ("migrate", "serve")),
        (COBRA, ("completion", "push")),
        ("usage: tool FILE\n\nReads FILE.\n", ()),
        ("{" + ",".join(f"c{number}" for number in range(50)) + "}", ("c0", "c1", "c2", "c3", "c4", "c5")),
    ],
)
def test_a_tools_help_tells_of_its_subcommands(told, expected):
    assert subcommands(told) == expected
