"""What the engine itself looks up to start a process, before anything can be traced.

A user or a program that is not there is refused; a working folder that is not there is made by Docker, as
root's, and refused by Podman; a user's number without passwd(5) gets another group. OCI image specification,
config.md: User, WorkingDir, Entrypoint; docker run(1), --user and --workdir.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slim.closure.launch import Launch
from slim.closure.passwd import account_files
from slim.oci.entry import Kind
from slim.oci.tree import Outcome, Tree
from slim.verify.executed import interpreters
from slim.verify.model import LookupDifference
from slim.verify.oracle import Held

ENGINE = "the engine"


def missed_by_the_engine(
    launch: Launch, refused: Iterable[Sequence[str]], held: Held, probe: str
) -> tuple[LookupDifference, ...]:
    """What it misses of the fat image on slim, each path once. `launch` says as whom, where and with which
    PATH processes start, `refused` are the argument lists that did not; `probe` is what it is told of.
    Raises ImageError where a file of the fat image cannot be read."""
    lost = {path: asked for asked in _asked(launch, refused, held.fat) if (path := held.lost(asked))}
    return tuple(
        LookupDifference(path, asked, ENGINE, probe, "ENOENT", held.purpose(path))
        for path, asked in lost.items()
    )


def _asked(launch: Launch, refused: Iterable[Sequence[str]], fat: Tree) -> Iterator[str]:
    yield from account_files(launch.user, fat)
    yield launch.workdir
    for command in refused:
        program = _program(launch, command[0], fat) if command else ""
        if program:
            yield program
            yield from interpreters(program, fat)


def _program(launch: Launch, name: str, fat: Tree) -> str:
    """Where the fat image has the program, as it is looked up; empty where it has none."""
    for candidate in launch.command_candidates(name):
        asked = candidate if candidate.startswith("/") else f"{launch.workdir}/{candidate}"
        found = fat.resolve(asked)
        if found.outcome is Outcome.FOUND and fat[found.path].kind is Kind.FILE:
            return asked
    return ""
