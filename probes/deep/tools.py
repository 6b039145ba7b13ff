"""Invocations of a command-line tool that the user did not write.

Pure: of what a container starts, the part that is the program, and what else to call it with.
"""

from __future__ import annotations

import re

Call = tuple[str, tuple[str, ...]]
"""The name of a run, and what takes the place of the user's arguments."""
HELP: Call = ("help", ("--help",))
ARGUMENTS: tuple[Call, ...] = (
    HELP,
    ("short-help", ("-h",)),
    ("version", ("--version",)),
    ("unknown-option", ("--slim-no-such-option",)),
    ("missing-file", ("/slim/no-such-file",)),
    ("no-arguments", ()),
)
_INTERPRETERS = re.compile(r"(python|pypy|node|nodejs|ruby|perl|php|sh|bash|dash|ash|lua)[0-9.]*")
_LAUNCHERS = frozenset({"tini", "dumb-init", "catatonit"})
"""What starts the program that comes after it and its options."""
_CHOICES = re.compile(r"\{([a-z][\w-]*(?:,[a-z][\w-]*)+)\}")
"""How Python's argparse tells of subcommands."""
_HEADING = re.compile(r"\s*[\w ]*\bcommands\b[\w ]*:\s*", re.IGNORECASE)
"""What stands above them in the help of click, cobra, clap, commander and many others."""
_LISTED = re.compile(r"\s+([a-z][a-z0-9_-]*)(?:,.*|\s{2,}.*|\s*)")
_SUBCOMMANDS = 6
"""Of one tool that are asked for their help."""
_CODE = frozenset({"-c", "-e", "-r", "-E", "--eval"})
"""Options whose argument is the program itself: arguments mean nothing to it."""


def before_arguments(entrypoint: tuple[str, ...], command: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words of `command` that still belong to the program, none where the entrypoint is the program;
    None where there is none whose arguments could be others."""
    if entrypoint and _program(entrypoint) is not None:
        return ()
    program = _program((*entrypoint, *command))
    return None if program is None else program[len(entrypoint) :]


def subcommands(told: str) -> tuple[str, ...]:
    """The subcommands of which a tool's help tells, in its order, as many as are asked for their own."""
    found: dict[str, None] = {}
    for choices in _CHOICES.findall(told):
        found.update(dict.fromkeys(choices.split(",")))
    listing = False
    for line in told.splitlines():
        if _HEADING.fullmatch(line):
            listing = True
        elif listing and (named := _LISTED.fullmatch(line)):
            found[named[1]] = None
        elif listing and line.strip() and not line.startswith("  "):
            listing = False
    found.pop("help", None)
    return tuple(found)[:_SUBCOMMANDS]


def _program(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """`argv` up to the program's name, of an interpreter up to its script or module."""
    start = 0
    if argv and _base(argv[0]) in _LAUNCHERS:
        start = next((at for at, word in enumerate(argv) if at and not word.startswith("-")), len(argv))
    if start >= len(argv):
        return None
    if not _INTERPRETERS.fullmatch(_base(argv[start])):
        return argv[: start + 1]
    for at, word in enumerate(argv[start + 1 :], start + 1):
        if word in _CODE or (word.startswith("-") and not word.startswith("--") and word.endswith("c")):
            return None
        if word == "-m":
            return argv[: at + 2] if len(argv) > at + 1 else None
        if not word.startswith("-"):
            return argv[: at + 1]
    return None


def _base(word: str) -> str:
    return word.rpartition("/")[2]
