"""strace and fanotify hold each other to account on every fat image of the tests."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path

import pytest
from images.build import build, names, recipe

from probes.exercise.model import Probe
from probes.life import Life
from probes.observe import Setting, observe
from probes.watch.trace import Access, Trace, Use
from slim.commands.options import spec_from
from slim.commands.options_probes import probes_from
from slim.commands.run import run as run_command
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.read import read_image
from slim.engine.runs import open_run
from slim.oci.entry import Kind
from slim.oci.lookup import Outcome
from slim.oci.tree import Tree

pytestmark = pytest.mark.engine

_OPENS = (Use.OPEN, Use.EXEC, Use.LIST, Use.WRITE)
_RUNTIMES_OWN = frozenset({"/", "/etc/group", "/etc/passwd"})
"""What the runtime opens in the container before it becomes the command of `docker exec`."""
_ELF_INTERPRETER = re.compile(rb"(/[^\0]*/ld[^/\0]*\.so[^/\0]*)\0")


def asked_for(image: str, arguments: tuple[str, ...]) -> tuple[tuple[Probe, ...], ContainerSpec]:
    """Probes and container of a recipe, as `slim run IMAGE` takes them."""
    given = run_command.make_context("run", [image, *arguments]).params
    return probes_from(given), spec_from(given, {})


def opened(trace: Trace, tracer: str, tree: Tree) -> set[str]:
    """What one tracer saw opened of the image, by its final path. For writing too: strace tells
    that apart, fanotify does not."""
    reached = (
        tree.resolve(access.path)
        for access in trace.accesses
        if access.tracer == tracer and access.use in _OPENS and not access.error
    )
    return {resolution.path for resolution in reached if resolution.outcome is Outcome.FOUND}


def interpreters(programs: set[str], tree: Tree) -> set[str]:
    """What the kernel opens by itself to execute these programs: a script's interpreter
    (execve(2)) and a program's ELF interpreter (elf(5), PT_INTERP), and theirs."""
    found: set[str] = set()
    pending = sorted(programs)
    while pending:
        path = pending.pop()
        resolution = tree.resolve(path)
        entry = tree.get(resolution.path)
        if resolution.outcome is not Outcome.FOUND or entry is None or entry.kind is not Kind.FILE:
            continue
        for named in named_by(tree.read(resolution.path, 4096)):
            reached = tree.resolve(named)
            if reached.outcome is Outcome.FOUND and reached.path not in found:
                found.add(reached.path)
                pending.append(reached.path)
    return found


def named_by(head: bytes) -> list[str]:
    """The interpreters that a file's beginning names."""
    if head.startswith(b"#!"):
        return [head[2:].split(b"\n")[0].split()[0].decode()]
    match = _ELF_INTERPRETER.search(head) if head.startswith(b"\x7fELF") else None
    return [match[1].decode()] if match else []


def entered_with(trace: Trace, tree: Tree) -> set[str]:
    """What the processes that the engine started became first, by way of scripts too: strace saw nobody
    execute it."""
    started = {a.path for a in trace.accesses if _is_strace_exec(a) and not a.executable}
    reached = (tree.resolve(path) for path in started | interpreters(started, tree))
    return {found.path for found in reached if found.outcome is Outcome.FOUND}


def _is_strace_exec(access: Access) -> bool:
    return (access.tracer, access.use, access.error) == ("strace", Use.EXEC, "")


def by_runtime(trace: Trace, entered: set[str]) -> set[str]:
    """What the runtime opened before it became the command of `docker exec`: its own three paths, before
    anything else that its process opened. That process is asked a moment later what it runs: it has ended by
    then, or on a busy machine is already the command, one of those that were `entered`."""
    seen = [access for access in trace.accesses if access.tracer == "fanotify"]
    began: dict[int, float] = {}
    for access in seen:
        if access.path not in _RUNTIMES_OWN:
            began[access.process] = min(access.seconds, began.get(access.process, inf))
    return {
        access.path
        for access in seen
        if access.path in _RUNTIMES_OWN
        and access.executable in {"", *entered}
        and access.seconds < began.get(access.process, inf)
    }


@pytest.mark.parametrize("name", names())
def test_what_fanotify_saw_opened_strace_saw_too_or_the_kernel_opened_it(
    name: str, engine: Engine, tmp_path: Path
) -> None:
    with open_run(engine, temporary=tmp_path) as run:
        image = read_image(engine, build(name), run.folder)
        probes, spec = asked_for(image.id, recipe(name).probe_arguments)
        trace = observe(Setting(engine, run.labels, run.id, watch="both"), image, Life(spec, probes)).trace
        assert (trace.complete, trace.reasons) == (True, ())
        by_strace = opened(trace, "strace", image.tree)
        by_fanotify = opened(trace, "fanotify", image.tree)
        executed = {a.path for a in trace.accesses if a.use is Use.EXEC and not a.error}
        by_kernel = interpreters(executed, image.tree)
        runtimes = by_runtime(trace, entered_with(trace, image.tree))
    assert by_fanotify, "fanotify did not watch"
    assert sorted(by_fanotify - by_strace - by_kernel - runtimes) == []
    assert by_fanotify & by_strace


def test_the_kernels_own_opens_are_the_only_class_of_exceptions() -> None:
    assert named_by(b"#! /bin/sh -e\n") == ["/bin/sh"]
    assert named_by(b"\x7fELF\0\0/lib64/ld-linux-x86-64.so.2\0") == ["/lib64/ld-linux-x86-64.so.2"]
    assert named_by(b"text") == []


def test_the_runtimes_own_looks_come_before_all_else_of_their_process() -> None:
    def fanotify(path: str, seconds: float, executable: str = "/bin/cat", process: int = 7) -> Access:
        return Access(path, Use.OPEN, "", executable, process, "GET /", seconds, 1, "fanotify")

    def excused(*accesses: Access) -> set[str]:
        return by_runtime(Trace("sha256:0", True, accesses=accesses), {"/bin/cat"})

    own = fanotify("/etc/passwd", 1.0)
    assert excused(own, fanotify("/x", 2.0)) == {"/etc/passwd"}
    assert excused(own, fanotify("/bin/cat", 0.5)) == set(), "it was the command already"
    assert excused(own, fanotify("/x", 0.5, process=8)) == {"/etc/passwd"}, "another process"
    assert excused(fanotify("/etc/passwd", 1.0, "/bin/id")) == set(), "no command of slim's"
    assert excused(fanotify("/etc/shadow", 1.0)) == set(), "not what a runtime opens"
