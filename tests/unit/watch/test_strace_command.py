"""The command that a container runs under strace, and what strace may do."""

from __future__ import annotations

import io
import tarfile

import pytest

from probes.watch.strace_command import own_capabilities, traced
from probes.watch.toolkit import build_toolkit


def test_the_program_comes_last_and_its_options_are_its_own() -> None:
    command = traced(["-odd", "-o", "x"], 3)
    assert command[:4] == ("/.slim/ld.so", "--library-path", "/.slim", "/.slim/strace")
    assert command[-6:] == ("-o", "/.slim/out/3", "--", "-odd", "-o", "x")


def test_the_program_starts_without_what_strace_was_given() -> None:
    command = traced(["/p"], 0, dropped=("SETPCAP", "SYS_PTRACE"))
    at = command.index("/.slim/setpriv")
    without = "-setpcap,-sys_ptrace"
    assert command[at + 1 :] == ("--bounding-set", without, "--inh-caps", without, "--", "/p")


@pytest.mark.parametrize(
    ("user", "added", "dropped", "own"),
    [
        ("", (), (), ("SYS_PTRACE",)),
        ("0:7", (), (), ("SYS_PTRACE",)),
        ("root", ("CAP_SYS_PTRACE",), (), ()),
        ("1000", (), (), ()),
        ("app", (), ("ALL",), ()),
        ("", (), ("ALL",), ("SETPCAP", "SYS_PTRACE")),
        ("", ("SETPCAP",), ("all",), ("SYS_PTRACE",)),
        ("", ("ALL",), (), ()),
    ],
)
def test_only_roots_strace_gets_capabilities_and_only_those_that_are_not_there(
    user: str, added: tuple[str, ...], dropped: tuple[str, ...], own: tuple[str, ...]
) -> None:
    assert own_capabilities(user, added, dropped) == own


def test_the_toolkit_holds_its_tools_with_their_loader_and_a_folder_that_anyone_may_write() -> None:
    toolkit = build_toolkit()
    assert toolkit is build_toolkit()
    with tarfile.open(fileobj=io.BytesIO(toolkit.archive)) as archive:
        members = {member.name: member for member in archive}
    assert {"ld.so", "strace", "sh", "tail", "cat", "setpriv", "libc.so.6", "out"} <= set(members)
    assert members["out"].mode == 0o1777
    assert all(member.mode == 0o755 for name, member in members.items() if name != "out")
